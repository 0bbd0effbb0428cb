"""Long texts, shortened so that their beginning and their end can be read."""


def shorten(text: str, most: int) -> str:
    """Leave out the middle of a text of more than `most` characters, and say how long it was."""
    if len(text) <= most:
        return text
    gap = f" … ({len(text):,} characters) … "
    kept = most - len(gap)
    return text[: kept - kept // 2] + gap + text[len(text) - kept // 2 :]
