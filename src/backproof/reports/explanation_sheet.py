"""An explanation laid out for the terminal or in Markdown.

Formulas are plain text for a fixed-width font, so they look the same in a terminal, in rendered
Markdown and on paper. Both renderers walk the same sections and share the layout of formulas.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from io import StringIO
from itertools import groupby
from textwrap import wrap
from typing import NamedTuple

from rich.console import Console

from backproof.reports.console import PlainTextConsole
from backproof.reports.explanation import WorkedCalculation
from backproof.reports.stage_writer import Section, WorkedFormula
from backproof.vectors.vectors import PublishedNumber

PAGE = 80  # columns of a printed page
WIDEST = 100  # columns; longer lines are tiring to read
FIXED_POINT = range(-6, 15)  # orders of magnitude written without an exponent
UNDERLINES = {1: "═", 2: "─", 3: "╌", 4: "·"}  # by level of the heading
STYLES = {"result": "bold", "right": "green", "wrong": "bold red"}


class StyledLine(NamedTuple):
    """A line of a formula, and its role."""

    text: str
    role: str = ""  # "result", "right" or "wrong" are styled


def format_number(x: Decimal, digits: int) -> str:
    """Format a number with at most `digits` significant digits."""
    rounded = Context(prec=digits).plus(x)
    fixed = x.is_zero() or rounded.adjusted() in FIXED_POINT
    return f"{rounded:{'f' if fixed else 'e'}}".replace("-", "−")


def render_markdown(explanation: WorkedCalculation, digits: int) -> str:
    """Return the sheet in GitHub-flavored Markdown, with formulas in code blocks."""
    parts = [f"# {escape_markdown(explanation.title)}"]
    parts += [escape_markdown(paragraph) for paragraph in explanation.about]
    parts.append(_reading(explanation, digits))
    for section in explanation.sections:
        parts.append(f"{'#' * section.level} {section.title}")
        for _, group in groupby(_contents(section, digits, PAGE), type):
            together = list(group)
            parts += [content for content in together if isinstance(content, str)]
            blocks = [_text(content) for content in together if not isinstance(content, str)]
            if blocks:
                parts.append("```text\n" + "\n\n".join(blocks) + "\n```")
    return "\n\n".join([*parts, *_verdict(explanation)]) + "\n"


def plain_text(explanation: WorkedCalculation, digits: int) -> str:
    """Return the sheet as plain text, as wide as a printed page."""
    page = StringIO()
    console = PlainTextConsole(file=page, force_terminal=False)
    print_sheet(console, explanation, digits)
    return page.getvalue()


def print_sheet(out: Console, explanation: WorkedCalculation, digits: int) -> None:
    """Print the sheet, as wide as the terminal allows."""
    width = min(out.width, WIDEST) if out.is_terminal else PAGE

    def heading(level: int, title: str) -> None:
        out.print(f"{title}\n{UNDERLINES[level] * len(title)}", style="bold", soft_wrap=True)

    def paragraph(text: str) -> None:
        out.print("\n".join(wrap(text, width)), end="\n\n", soft_wrap=True)

    heading(1, explanation.title)
    for text in (*explanation.about, _reading(explanation, digits)):
        paragraph(text)
    for section in explanation.sections:
        heading(section.level, section.title)
        contents = list(_contents(section, digits, width))
        for content in contents:
            if isinstance(content, str):
                paragraph(content)
            else:
                for line in content:
                    out.print(line.text, style=STYLES.get(line.role), soft_wrap=True)
                out.print()
        if not contents:
            out.print()
    for text in _verdict(explanation):
        paragraph(text)


def _reading(explanation: WorkedCalculation, digits: int) -> str:
    beside = (
        " Below a result are the published numbers for it." if explanation.published_numbers else ""
    )
    return (
        "Each formula is shown in symbols, then with numbers, then with its result. All "
        f"calculations are exact; only what is shown is rounded, to {digits} significant digits."
        f"{beside}"
    )


def _verdict(explanation: WorkedCalculation) -> list[str]:
    """Return a sentence that counts the correct published numbers and names the wrong ones."""
    published = explanation.published_numbers
    wrong = [f"{w.formula.symbol} is not {_digits(p)}" for w, p in published if not p.is_correct]
    if not published:
        return []
    if not wrong:
        return [f"All {len(published)} published numbers are right to every digit."]
    right = len(published) - len(wrong)
    return [f"{right} of {len(published)} published numbers are right; {', '.join(wrong)}."]


def _text(block: Sequence[StyledLine]) -> str:
    return "\n".join(line.text for line in block)


def _contents(section: Section, digits: int, width: int) -> Iterator[str | list[StyledLine]]:
    """Yield the contents of a section: paragraphs and blocks of formulas."""
    if section.text:
        yield section.text
    if section.factors:
        yield _table(section.factors, width)
    if section.remark:
        yield section.remark
    if section.given:
        numbers = [
            [(letter, format_number(x, digits)) for letter, x in line] for line in section.given
        ]
        yield _table(numbers, width)
    symbols = max((len(worked.formula.symbol) for worked in section.worked), default=0)
    results = max(
        (len(format_number(worked.value, digits)) for worked in section.worked), default=0
    )
    for worked in section.worked:
        yield list(_lines(worked, digits, width, symbols, results))


def _table(equations: Sequence[Sequence[tuple[str, str]]], width: int) -> list[StyledLine]:
    """Align short equations in columns; put each on its own line if they are too wide."""
    letters = max(len(letter) for line in equations for letter, _ in line)
    cells = [[f"{letter:{letters}} = {right}" for letter, right in line] for line in equations]
    column = max(len(cell) for line in cells for cell in line) + 3
    if max(map(len, cells)) * column - 3 > width:
        cells = [[cell] for line in cells for cell in line]
    return [StyledLine("".join(cell.ljust(column) for cell in line).rstrip()) for line in cells]


def _lines(
    worked: WorkedFormula, digits: int, width: int, symbols: int, results: int
) -> Iterator[StyledLine]:
    """Yield the lines of one formula.

    `symbols` and `results` are the widest symbol and result in the section, for alignment.
    """
    formula = worked.formula
    sides = [StyledLine(side) for side in formula.right_hand_sides()]
    if worked.operands:
        numbers = formula.substitute(lambda name: format_number(worked.operands[name], digits))
        sides.append(StyledLine(numbers))
    sides.append(StyledLine(format_number(worked.value, digits), "result"))
    margin = " " * (symbols + 3)
    for i, (text, role) in enumerate(sides):
        start = f"{formula.symbol if i == 0 else '':{symbols}} = "
        for j, part in enumerate(_broken(text, width - len(margin))):
            yield StyledLine((margin if j else start) + part, role)
    for published in worked.published:
        digits_published = _digits(published).ljust(results)
        if published.is_correct:
            yield StyledLine(f"{margin}{digits_published}  published: right", "right")
        else:
            wanted = _should_be(published)
            yield StyledLine(
                f"{margin}{digits_published}  published: WRONG, should be {wanted}", "wrong"
            )


def _broken(formula: str, width: int) -> Iterator[str]:
    """Break a long formula into lines of at most `width` columns, before operators."""
    line = ""
    for term in re.split(r"(?= [+−·] )", formula):
        if line and len(line) + len(term) > width:
            yield line
            line = " " + term
        else:
            line += term
    yield line


def _digits(published: PublishedNumber) -> str:
    return published.digits.replace("-", "−")


def _should_be(published: PublishedNumber) -> str:
    """Return the exact value, rounded to as many decimals as the published number has."""
    last_place = Decimal((0, (1,), int(Decimal(published.digits).as_tuple().exponent)))
    return f"{published.value.quantize(last_place, context=Context(prec=400)):f}".replace("-", "−")


def escape_markdown(text: str) -> str:
    """Escape Markdown syntax in text from a file."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", text)
