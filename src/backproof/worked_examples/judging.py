"""Judges the numbers of a worked example, each against the truth and against the lines before it.

First every number is compared with the truth. A wrong one is then computed once more by the right
formula from the source's own lines, as printed: that tells rounding, and errors that are merely
carried on, from those that are made here. For what is left, the catalogue of mistakes is tried,
then what a hand or an eye gets wrong. What is said gives the very digits printed, but for a
misprint that other lines tell.
"""

from collections.abc import Callable

from flint import ctx

from backproof.worked_examples.by_hand import another_update, copied, misprinted, one_thing_wrong
from backproof.worked_examples.causes import Watch, find_causes
from backproof.worked_examples.earlier_lines import BINARY, computed_again
from backproof.worked_examples.example import Example
from backproof.worked_examples.verdicts import Judgement, Kind
from backproof.worked_examples.working import Working

PRECISION = 256  # bits: after 10,000 updates, more than 200 of them are still sure


def judge(example: Example, watch: Watch = tuple) -> Judgement:
    """Judge every number that a worked example prints.

    The mistakes of the catalogue are tried in the order and at the pace of `watch`.
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
    """Compare a line with the truth, and with what follows from the lines before it."""
    line = w.lines[i]
    true = w.true[line.place]
    if line.digits.rounds(true):
        w.say(i, Kind.RIGHT)
    elif line.digits.rounds(w.as_computed(line, true)):
        w.say(i, Kind.RIGHT, "as far as float64 goes")
    elif line.digits.cuts(true):
        w.say(i, Kind.CUT_OFF)
    elif line.digits.cuts_binary(true):
        w.say(i, Kind.CUT_OFF, BINARY)
    elif found := computed_again(w, i):
        w.say(i, Kind.CARRIED if found.wrong else Kind.ROUNDED, found.words)


def _search(w: Working, search: Callable[[Working, int], None]) -> None:
    """Put every line that is still open to a search, which says what it finds."""
    for i in w.open():
        if i not in w.verdicts:  # by what was found for another line
            search(w, i)
