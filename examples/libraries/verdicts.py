"""Check the ports to libraries, and write what each is told into docs/evidence/libraries.md.

python examples/libraries/verdicts.py            prints it
python examples/libraries/verdicts.py --write    writes it into the page; needs every library
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from backproof.diagnosis.search import add_diagnosis
from backproof.errors import Unavailable
from backproof.judging.checking import check
from backproof.judging.first_wrong_number import locate_first_wrong
from backproof.judging.results import Result, Run

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/evidence/libraries.md"
PORTS = {  # by heading on the page
    "HIPS autograd": "autograd_port.py",
    "HIPS autograd, the sigmoid written out": "autograd_written_out_port.py",
    "micrograd": "micrograd_port.py",
    "scikit-learn": "scikit_learn_port.py",
    "tinygrad": "tinygrad_port.py",
    "Keras": "keras_port.py",
    "brain.js": "brain_js.toml",
    "synaptic": "synaptic.toml",
}
VARIES = "varies: some responses, when the request is repeated"
TABLE = (
    "| library | version | dtype | passed | failed | unsupported | outcome |",
    "|---|---|---|--:|--:|--:|---|",
)


def run_port(heading: str) -> Sequence[Run]:
    """Check a port on all test vectors, in each of its dtypes; the runs are diagnosed."""
    path = str(HERE / PORTS[heading])
    return check([path], timeout=300, on_run_done=add_diagnosis).runs


def rows(heading: str, runs: Iterable[Run]) -> list[str]:
    """Return a port's rows of the table."""
    anchor = re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
    return [
        f"| [{heading}](#{anchor}) | {run.version} | {run.dtype} | {' | '.join(counts(run))} |"
        for run in runs
    ]


def counts(run: Run) -> list[str]:
    """Return how many pass, fail and are unsupported, and the outcome.

    Which responses vary is a matter of chance: then no number is given of those that pass.
    """
    passed, varied, unsupported = (run.counts[o] for o in ("pass", "varies", "unsupported"))
    failed = len(run.results) - passed - varied - unsupported
    return ["varies" if varied else str(passed), str(failed), str(unsupported), run.outcome]


def told(run: Run) -> list[str]:
    """Return what a port is told about a dtype: diagnosis, first wrong value, messages."""
    failed = [r for r in run.results if not r.is_correct and r.outcome != "unsupported"]
    lines = [f"{run.dtype}: no response is wrong"] if not failed else [f"{run.dtype}:", *named(run)]
    if first := locate_first_wrong(run):
        lines.append(f"  {first.sentence}")
    return lines + [f"  {line}" for line in messages(run.results)]


def named(run: Run) -> Iterator[str]:
    """Yield the mistakes that reproduce numbers of a run, and clues about the others."""
    if run.diagnosis:
        best = run.diagnosis[0]
        yield f"  {best.explains} of {best.of} wrong responses are reproduced by:"
        named = zip(best.mistakes, best.descriptions, strict=True)
        yield from (f"    {name}: {description}" for name, description in named)
        if run.unexplained:
            yield f"  Not explained by this: {', '.join(run.unexplained)}"
    yield from (f"  {clue}" for clue in run.clues)


def messages(results: Iterable[Result]) -> list[str]:
    """Return each outcome that has a message, with how often it occurs unless that is chance."""
    seen: dict[str, int] = {}
    for result in results:
        if result.message:
            line = f"{result.outcome}: {result.message}"
            line = VARIES if result.outcome == "varies" else line
            seen[line] = seen.get(line, 0) + 1
    return [line if line == VARIES else f"{count} × {line}" for line, count in seen.items()]


def block(runs: Iterable[Run]) -> str:
    """Return what a port is told, as a block of text."""
    lines = [line for run in runs for line in told(run)]
    return "\n".join(["```text", *lines, "```"])


def between(name: str, text: str, page: str) -> str:
    """Put a text between the marks of this name on the page."""
    marked = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    page, replaced = marked.subn(lambda marks: f"{marks[1]}\n{text}\n\n{marks[2]}", page)
    assert replaced == 1, f"{PAGE} has {replaced} places marked <!-- {name} -->"
    return page


@click.command()
@click.option("--write", is_flag=True, help="Write the results into docs/evidence/libraries.md.")
def main(*, write: bool) -> None:
    """Print what the libraries are told, or write it into docs/evidence/libraries.md."""
    page = PAGE.read_text(encoding="utf-8")
    table = [*TABLE]
    for heading in PORTS:
        try:
            runs = run_port(heading)
        except Unavailable as missing:
            raise click.ClickException(f"{heading}: {missing}") from missing
        table += rows(heading, runs)
        page = between(heading, block(runs), page)
        click.echo(f"{heading}\n\n{block(runs)}\n")
    lines = "\n".join(table)
    click.echo(lines)
    if write:
        PAGE.write_text(between("table", lines, page), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
