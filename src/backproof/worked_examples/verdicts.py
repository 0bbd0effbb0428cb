"""What is said of each number that a worked example prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from backproof.worked_examples.example import Example, Line


class Kind(Enum):
    """What a printed number is, compared with the truth and with the source's own lines."""

    RIGHT = "right"
    CUT_OFF = "cut off instead of rounded"
    ROUNDED = "rounding carried through"
    CARRIED = "carried on"
    MISTAKE = "mistake"
    OTHER_UPDATE = "another update's number"
    COPIED = "another number's digits"
    SLIP = "slip in the formula"
    MISPRINT = "misprint"
    UNEXPLAINED = "unexplained"


# Its digits are not those of the truth, but nothing was calculated wrongly.
ONLY_DIGITS = {Kind.RIGHT, Kind.CUT_OFF, Kind.ROUNDED}


@dataclass(frozen=True)
class Verdict:
    """What is said of one number."""

    line: Line
    kind: Kind
    should_be: str  # the truth, with as many decimals as are printed
    why: str = ""  # a clause, without a full stop
    mistakes: tuple[str, ...] = ()  # ids in the catalogue that together reproduce it


@dataclass(frozen=True)
class Cause:
    """Mistakes that reproduce several numbers."""

    mistakes: tuple[str, ...]
    explains: Sequence[Line]
    against: Sequence[Line]  # right numbers that would be others with these mistakes
    alternatives: Sequence[tuple[str, ...]]  # which reproduce the same numbers


@dataclass(frozen=True)
class Judgement:
    """A worked example, judged."""

    example: Example
    verdicts: Sequence[Verdict]  # in the order of the source
    causes: Sequence[Cause]

    @property
    def wrong(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.kind is not Kind.RIGHT]

    @property
    def explained(self) -> list[Verdict]:
        return [verdict for verdict in self.wrong if verdict.kind is not Kind.UNEXPLAINED]
