"""What a sheet says, read back from its text."""

import re
from collections.abc import Iterator

NUMBER = re.compile(r"−?\d+(?:\.\d+)?(?:e[+−]\d+)?")
RESULT = re.compile(rf" = ({NUMBER.pattern})$")
PRINTED = re.compile(rf"^ +({NUMBER.pattern}) +published: (.+)$")


def blocks(sheet: str) -> Iterator[list[str]]:
    """Yield the lines of every formula of a sheet in Markdown, in order."""
    for fenced in re.findall(r"```text\n(.*?)\n```", sheet, re.DOTALL):
        for block in fenced.split("\n\n"):
            lines = block.splitlines()
            if not all(line.count(" = ") >= 1 and line[0] != " " for line in lines):
                yield lines


def results(sheet: str) -> list[tuple[str, str]]:
    """Return the symbol and the result of every formula of a sheet in Markdown."""
    found = []
    for lines in blocks(sheet):
        *_, result = [match[1] for line in lines if (match := RESULT.search(line))]
        found.append((lines[0].partition(" = ")[0].strip(), result))
    return found
