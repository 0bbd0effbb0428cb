"""Evaluated worked examples, in the terminal and as a Markdown page."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from rich.console import Console
from rich.table import Table

from backproof.network.exercises import symbol
from backproof.network.mistakes import CATALOGUE
from backproof.network.notation import PARAMS_PREFIX
from backproof.reports.explanation_sheet import escape_markdown
from backproof.text.english import join_words
from backproof.worked_examples.example import Example, Line
from backproof.worked_examples.verdicts import (
    HARMLESS_KINDS,
    Cause,
    EvaluatedExample,
    Verdict,
    VerdictKind,
)

STYLES = {
    VerdictKind.RIGHT: "green",
    VerdictKind.TRUNCATED: "yellow",
    VerdictKind.PADDED: "yellow",
    VerdictKind.ROUNDED: "yellow",
    VerdictKind.FLOAT32: "yellow",
}
SHOWN = 5  # names listed in a sentence
TYPED_TRANSPOSED = {
    "hidden-weights-transposed": "W1 may be typed transposed; it has a row for each hidden unit",
    "output-weights-transposed": "W2 may be typed transposed; it has a row for each output",
}
GROUPS = {
    "right": (VerdictKind.RIGHT,),
    "last digits": tuple(HARMLESS_KINDS - {VerdictKind.RIGHT}),
    "mistake": (VerdictKind.MISTAKE,),
    "typo": (
        VerdictKind.SLIP,
        VerdictKind.COPIED,
        VerdictKind.TYPO,
        VerdictKind.OTHER_UPDATE,
        VerdictKind.OTHER_RATE,
    ),
    "propagated": (VerdictKind.PROPAGATED,),
    "unexplained": (VerdictKind.UNEXPLAINED,),
}
INTRODUCTION = """\
# Published worked examples, evaluated

These worked examples of 2-2-2 and 2-2-1 networks come from tutorials, course material, notebooks
and tests.
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
- **last digits**: truncated, rounded to fewer decimals, or computed correctly from rounded numbers
  or in float32.
- **mistake**: reproduced, to the last published digit, by mistakes from
  [the catalogue](kill-matrix.md).
- **typo**: reproduced by one change to one formula or to the digits, or published for another
  quantity, another update or another learning rate.
- **propagated**: computed correctly from an earlier wrong number.
- **unexplained**: reproduced by nothing that `diagnose` knows.
"""


def print_judgement(out: Console, judgement: EvaluatedExample) -> None:
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
        right = verdict.kind is VerdictKind.RIGHT
        table.add_row(
            _name(verdict.line),
            typeset_minus(verdict.line.digits.text),
            "" if right else typeset_minus(verdict.correct_digits),
            _said(verdict),
            style=STYLES.get(verdict.kind, "red"),
        )
    out.print(table)
    for line in summarize_example(judgement):
        out.print(line, soft_wrap=True)


def summarize_example(judgement: EvaluatedExample) -> Iterator[str]:
    """Yield how many numbers are right, and what explains the others."""
    total, wrong = len(judgement.verdicts), judgement.mistaken
    yield f"{total - len(judgement.wrong)} of {total} published numbers are right to every digit."
    in_float32 = [v for v in judgement.wrong if v.kind is VerdictKind.FLOAT32]
    if in_float32:
        yield (
            f"{len(in_float32)} more {'is' if len(in_float32) == 1 else 'are'} right in float32: "
            "the digits are those of float32 numbers, within the error bound of a calculation in "
            "float32."
        )
    if last_digits := len(judgement.wrong) - len(in_float32) - len(wrong):
        yield (
            f"{last_digits} more {'is' if last_digits == 1 else 'are'} right except for the last "
            "digits, from rounding or truncation."
        )
    yield from judgement.notes  # on the whole source, so before those on some of its numbers
    for cause in judgement.causes:
        yield from _of_cause(cause, len(wrong))
    if not wrong:
        return
    unexplained = [v for v in wrong if v.kind is VerdictKind.UNEXPLAINED]
    if unexplained:
        yield (
            f"{len(unexplained)} of {len(wrong)} wrong numbers "
            f"{'is' if len(unexplained) == 1 else 'are'} unexplained: no known mistake or typo "
            f"reproduces the digits of {_listed(v.line for v in unexplained)}."
        )
    else:
        yield "Every wrong number is explained, to the last published digit."
    following = len(wrong) - len(judgement.to_mend)
    if following and not judgement.notes:  # with a note, the file may be what is to be mended
        yield (
            f"To mend the source, correct {_listed(judgement.to_mend)}; the other "
            f"{'wrong number follows' if following == 1 else f'{following} wrong numbers follow'}."
        )


def examples_page(judgements: Sequence[EvaluatedExample]) -> str:
    """Return a Markdown page: a table of all sources, then the wrong numbers of each."""
    return "\n".join([INTRODUCTION, overview(judgements), *map(example_section, judgements)])


def overview(judgements: Sequence[EvaluatedExample]) -> str:
    """Return the table of all sources, with their numbers counted by verdict."""
    return "\n".join(_overview(judgements)) + "\n"


def example_section(judgement: EvaluatedExample) -> str:
    """Return the section on one source."""
    return "\n".join(_section(judgement)) + "\n"


def typeset_minus(digits: str) -> str:
    """Return a number with a minus sign instead of a hyphen."""
    return digits.replace("-", "−")


def _overview(judgements: Sequence[EvaluatedExample]) -> Iterator[str]:
    yield f"| source | numbers | {' | '.join(GROUPS)} |"
    yield "|---|--:|" + "--:|" * len(GROUPS)
    sums: Counter[str] = Counter()
    for judgement in judgements:
        counts = _counts(judgement)
        sums += counts
        sums["numbers"] += len(judgement.verdicts)
        cells = [str(counts[name] or "·") for name in GROUPS]
        title = f"[{escape_markdown(judgement.example.title)}](#{judgement.example.path.stem})"
        yield f"| {title} | {len(judgement.verdicts)} | {' | '.join(cells)} |"
    totals = [str(sums[name] or "·") for name in GROUPS]
    yield f"| **{len(judgements)} sources** | {sums['numbers']} | {' | '.join(totals)} |"


def _counts(judgement: EvaluatedExample) -> Counter[str]:
    kinds = Counter(verdict.kind for verdict in judgement.verdicts)
    return Counter({name: sum(kinds[kind] for kind in of) for name, of in GROUPS.items()})


def _section(judgement: EvaluatedExample) -> Iterator[str]:
    example = judgement.example
    yield f'<a id="{example.path.stem}"></a>'
    yield ""
    yield f"## {escape_markdown(example.title)}"
    yield ""
    if example.source:
        yield _source(example)
        yield ""
    if example.note:
        yield escape_markdown(example.note)
        yield ""
    if judgement.wrong:
        yield "| number | published | should be | verdict |"
        yield "|---|--:|--:|---|"
        for v in judgement.wrong:
            digits = f"{typeset_minus(v.line.digits.text)} | {typeset_minus(v.correct_digits)}"
            yield f"| {escape_markdown(_name(v.line))} | {digits} | {escape_markdown(_said(v))} |"
        yield ""
    for line in summarize_example(judgement):
        yield f"{'  - ' if line.startswith(' ') else '- '}{escape_markdown(line.strip())}"


def _source(example: Example) -> str:
    source = example.source
    return (
        f"<{source}>"
        if source.startswith("https://") and " " not in source
        else escape_markdown(source)
    )


def _of_cause(cause: Cause, wrong: int) -> Iterator[str]:
    these = "these mistakes together" if len(cause.mistakes) > 1 else "this mistake"
    are = "is" if len(cause.explains) == 1 else "are"
    yield f"{len(cause.explains)} of {wrong} wrong numbers {are} reproduced by {these}:"
    for name in cause.mistakes:
        yield f"  {name}: {CATALOGUE[name].description()}"
    for names in cause.alternatives:
        sentences = " ".join(CATALOGUE[name].description() for name in names)
        yield f"  Also possible: {' and '.join(names)}: {sentences}"
    for name in dict.fromkeys(chain(cause.mistakes, *cause.alternatives)):
        if name in TYPED_TRANSPOSED:
            yield f"  Or the file is wrong: {TYPED_TRANSPOSED[name]}."
    if cause.contradicted_by:
        yield (
            f"  The source mixes two calculations: {_listed(cause.contradicted_by)} "
            f"{'is' if len(cause.contradicted_by) == 1 else 'are'} right, but would be wrong with "
            f"{'these mistakes' if len(cause.mistakes) > 1 else 'this mistake'}."
        )


def _said(verdict: Verdict) -> str:
    if verdict.kind is VerdictKind.MISTAKE:
        return " and ".join(verdict.mistakes)
    words = f"{verdict.kind.value}: {verdict.why}" if verdict.why else verdict.kind.value
    return f"{words} ({' and '.join(verdict.mistakes)})" if verdict.mistakes else words


def _name(line: Line) -> str:
    """Return the tutorial's name of a number, and the update after which it is published."""
    name, n = symbol(line.place), line.place.updates
    if not n or line.place.quantity.startswith(PARAMS_PREFIX):
        return name
    return f"{name}, after {n:,} update{'' if n == 1 else 's'}"


def _listed(lines: Iterable[Line]) -> str:
    names = list(dict.fromkeys(_name(line).replace(", after", " after") for line in lines))
    more = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    return join_words([*names[:SHOWN], *more])
