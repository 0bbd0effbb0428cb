"""Evaluate the numbers of a worked example, against exact values and the source's earlier lines.

Every number is first compared with its exact value. A wrong one is recomputed with the right
formula from the source's own earlier lines; this separates rounding and propagated errors from new
ones. The remaining lines are matched with the catalogue of mistakes, then with human errors such as
typos. Every explanation gives the published digits exactly, except for a typo that only other lines
reveal.
"""

from collections.abc import Callable

from flint import ctx

from backproof.worked_examples.by_hand import another_update, copied, misprinted, one_thing_wrong
from backproof.worked_examples.causes import Watch, find_causes
from backproof.worked_examples.earlier_lines import BINARY, computed_again
from backproof.worked_examples.example import Example
from backproof.worked_examples.verdicts import Judgement, Kind
from backproof.worked_examples.working import Working

PRECISION = 256  # bits; more than 200 are still certain after 10,000 updates


def judge(example: Example, watch: Watch = tuple) -> Judgement:
    """Evaluate every published number of a worked example.

    `watch` wraps the mistakes of the catalogue to try, to show progress.
    """
    with ctx.workprec(PRECISION):
        w = Working(example)
        for i in range(len(w.lines)):
            _compare(w, i)
        _search(w, another_update)
        find_causes(w, watch, lambda: _search(w, another_update))
        for search in (copied, one_thing_wrong, misprinted):
            _search(w, search)
        for i in w.open():
            w.say(i, Kind.UNEXPLAINED)
        return w.judgement()


def _compare(w: Working, i: int) -> None:
    """Compare a line with its exact value, and with the value that follows from earlier lines."""
    line = w.lines[i]
    true = w.true[line.place]
    if line.digits.rounds(true):
        w.say(i, Kind.RIGHT)
    elif line.digits.rounds(w.as_computed(line, true)):
        w.say(i, Kind.RIGHT, "to the precision of float64")
    elif line.digits.cuts(true):
        w.say(i, Kind.CUT_OFF)
    elif line.digits.cuts_binary(true):
        w.say(i, Kind.CUT_OFF, BINARY)
    elif found := computed_again(w, i):
        w.say(i, Kind.CARRIED if found.wrong else Kind.ROUNDED, found.words)


def _search(w: Working, search: Callable[[Working, int], None]) -> None:
    """Run a search on every line that has no verdict yet."""
    for i in w.open():
        if i not in w.verdicts:  # a search may also settle other lines
            search(w, i)
