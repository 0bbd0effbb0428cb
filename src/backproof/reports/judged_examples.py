"""Evaluated worked examples, in the terminal and as a Markdown page."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table

from backproof.network.mistakes import CATALOGUE
from backproof.reports.sheet import escaped
from backproof.worked_examples.example import Example, Line
from backproof.worked_examples.names import symbol
from backproof.worked_examples.verdicts import Cause, Judgement, Kind, Verdict

STYLES = {Kind.RIGHT: "green", Kind.CUT_OFF: "yellow", Kind.ROUNDED: "yellow"}
SHOWN = 5  # names listed in a sentence
GROUPS = {
    "right": (Kind.RIGHT,),
    "last digits": (Kind.CUT_OFF, Kind.ROUNDED),
    "mistake": (Kind.MISTAKE,),
    "typo": (Kind.SLIP, Kind.COPIED, Kind.MISPRINT, Kind.OTHER_UPDATE),
    "propagated": (Kind.CARRIED,),
    "unexplained": (Kind.UNEXPLAINED,),
}
INTRODUCTION = """\
# Published worked examples, evaluated

These worked examples of a 2-2-2 network come from tutorials, course material, notebooks and tests.
`backproof diagnose` compared every published number with its reference value and with the earlier
lines of the same source. The files in [fixtures/published](../../fixtures/published) hold the
inputs, the published digits and the address of each source. This command generates the page:

```sh
backproof diagnose fixtures/published --markdown -o docs/evidence/published.md
```

A wrong digit says little about a text. Most of them explain the method well, many of the numbers
depend on each other, and some differences only show up with 40 digits. The columns count these
verdicts:

- **right**: correct to every published digit. A number with 15 digits or more is right if it is
  within its error bound for float64.
- **last digits**: truncated instead of rounded, or computed correctly from rounded numbers.
- **mistake**: reproduced, to the last published digit, by mistakes from
  [the catalogue](kill-matrix.md).
- **typo**: reproduced by one change to one formula or to the digits, or published for another
  quantity or another update.
- **propagated**: computed correctly from an earlier wrong number.
- **unexplained**: reproduced by nothing that `diagnose` knows.
"""


def print_judgement(out: Console, judgement: Judgement) -> None:
    """Print the verdict on every number of an example."""
    example = judgement.example
    out.print(example.title, style="bold", soft_wrap=True)
    for text in (example.source, example.note):
        if text:
            out.print(text, soft_wrap=True)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("number", "published", "should be", "verdict"):
        table.add_column(heading, overflow="fold")
    for verdict in judgement.verdicts:
        right = verdict.kind is Kind.RIGHT
        table.add_row(
            _name(verdict.line),
            signed(verdict.line.digits.text),
            "" if right else signed(verdict.should_be),
            _said(verdict),
            style=STYLES.get(verdict.kind, "red"),
        )
    out.print(table)
    for line in summary(judgement):
        out.print(line, soft_wrap=True)


def summary(judgement: Judgement) -> Iterator[str]:
    """Yield how many numbers are right, and what explains the others."""
    total, wrong = len(judgement.verdicts), judgement.wrong
    yield f"{total - len(wrong)} of {total} published numbers are right to every digit."
    for cause in judgement.causes:
        yield from _of_cause(cause, len(wrong))
    if not wrong:
        return
    unexplained = [v for v in wrong if v.kind is Kind.UNEXPLAINED]
    if unexplained:
        yield (
            f"{len(unexplained)} of {len(wrong)} wrong numbers "
            f"{'is' if len(unexplained) == 1 else 'are'} unexplained: no known mistake or typo "
            f"reproduces the digits of {_listed(v.line for v in unexplained)}."
        )
    else:
        yield "Every wrong number is explained, to the last published digit."


def page(judgements: Sequence[Judgement]) -> str:
    """Return a Markdown page: a table of all sources, then the wrong numbers of each."""
    return "\n".join([INTRODUCTION, overview(judgements), *map(section, judgements)])


def overview(judgements: Sequence[Judgement]) -> str:
    """Return the table of all sources, with their numbers counted by verdict."""
    return "\n".join(_overview(judgements)) + "\n"


def section(judgement: Judgement) -> str:
    """Return the section on one source."""
    return "\n".join(_section(judgement)) + "\n"


def signed(digits: str) -> str:
    """Return a number with a minus sign instead of a hyphen."""
    return digits.replace("-", "−")


def _overview(judgements: Sequence[Judgement]) -> Iterator[str]:
    yield f"| source | numbers | {' | '.join(GROUPS)} |"
    yield "|---|--:|" + "--:|" * len(GROUPS)
    sums: Counter[str] = Counter()
    for judgement in judgements:
        counts = _counts(judgement)
        sums += counts
        sums["numbers"] += len(judgement.verdicts)
        cells = [str(counts[name] or "·") for name in GROUPS]
        title = f"[{escaped(judgement.example.title)}](#{judgement.example.path.stem})"
        yield f"| {title} | {len(judgement.verdicts)} | {' | '.join(cells)} |"
    totals = [str(sums[name] or "·") for name in GROUPS]
    yield f"| **{len(judgements)} sources** | {sums['numbers']} | {' | '.join(totals)} |"


def _counts(judgement: Judgement) -> Counter[str]:
    kinds = Counter(verdict.kind for verdict in judgement.verdicts)
    return Counter({name: sum(kinds[kind] for kind in of) for name, of in GROUPS.items()})


def _section(judgement: Judgement) -> Iterator[str]:
    example = judgement.example
    yield f'<a id="{example.path.stem}"></a>'
    yield ""
    yield f"## {escaped(example.title)}"
    yield ""
    if example.source:
        yield _source(example)
        yield ""
    if example.note:
        yield escaped(example.note)
        yield ""
    if judgement.wrong:
        yield "| number | published | should be | verdict |"
        yield "|---|--:|--:|---|"
        for v in judgement.wrong:
            digits = f"{signed(v.line.digits.text)} | {signed(v.should_be)}"
            yield f"| {escaped(_name(v.line))} | {digits} | {escaped(_said(v))} |"
        yield ""
    for line in summary(judgement):
        yield f"{'  - ' if line.startswith(' ') else '- '}{escaped(line.strip())}"


def _source(example: Example) -> str:
    source = example.source
    return f"<{source}>" if source.startswith("https://") and " " not in source else escaped(source)


def _of_cause(cause: Cause, wrong: int) -> Iterator[str]:
    these = "these mistakes together" if len(cause.mistakes) > 1 else "this mistake"
    are = "is" if len(cause.explains) == 1 else "are"
    yield f"{len(cause.explains)} of {wrong} wrong numbers {are} reproduced by {these}:"
    for name in cause.mistakes:
        yield f"  {name}: {CATALOGUE[name].statement()}"
    if cause.alternatives:
        yield f"  Also possible: {'; '.join(' and '.join(names) for names in cause.alternatives)}."
    if cause.against:
        yield (
            f"  The source mixes two calculations: {_listed(cause.against)} "
            f"{'is' if len(cause.against) == 1 else 'are'} right, but would be wrong with "
            f"{'these mistakes' if len(cause.mistakes) > 1 else 'this mistake'}."
        )


def _said(verdict: Verdict) -> str:
    if verdict.kind is Kind.MISTAKE:
        return " and ".join(verdict.mistakes)
    words = f"{verdict.kind.value}: {verdict.why}" if verdict.why else verdict.kind.value
    return f"{words} ({' and '.join(verdict.mistakes)})" if verdict.mistakes else words


def _name(line: Line) -> str:
    """Return the tutorial's name of a number, and the update after which it is published."""
    name, n = symbol(line.place), line.place.updates
    if not n or line.place.quantity.startswith("params."):
        return name
    return f"{name}, after {n:,} update{'' if n == 1 else 's'}"


def _listed(lines: Iterable[Line]) -> str:
    names = list(dict.fromkeys(_name(line) for line in lines))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
