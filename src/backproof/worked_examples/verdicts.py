"""The verdict on each published number of a worked example."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from backproof.worked_examples.example import Example, Line


class VerdictKind(Enum):
    """What a published number is, compared with its exact value and the source's own lines."""

    RIGHT = "right"
    TRUNCATED = "truncated instead of rounded"
    PADDED = "rounded to fewer decimals"
    ROUNDED = "computed from rounded numbers"
    FLOAT32 = "right in float32"
    PROPAGATED = "propagated error"
    MISTAKE = "mistake"
    OTHER_UPDATE = "number of another update"
    OTHER_RATE = "another learning rate"
    COPIED = "digits of another number"
    SLIP = "wrong formula"
    TYPO = "typo"
    UNEXPLAINED = "unexplained"


# Nothing was calculated wrongly, although the last digits may be wrong.
HARMLESS_KINDS = {
    VerdictKind.RIGHT,
    VerdictKind.TRUNCATED,
    VerdictKind.PADDED,
    VerdictKind.ROUNDED,
    VerdictKind.FLOAT32,
}


@dataclass(frozen=True)
class Verdict:
    """The verdict on one number."""

    line: Line
    kind: VerdictKind
    correct_digits: str  # the exact value, with as many decimals as published
    why: str = ""  # a clause without a period
    mistakes: tuple[str, ...] = ()  # ids of the mistakes that together reproduce it


@dataclass(frozen=True)
class Cause:
    """Mistakes that reproduce several numbers."""

    mistakes: tuple[str, ...]
    explains: Sequence[Line]
    contradicted_by: Sequence[Line]  # right numbers that these mistakes would change
    alternatives: Sequence[tuple[str, ...]]  # other mistakes that reproduce the same numbers


@dataclass(frozen=True)
class EvaluatedExample:
    """A worked example with its verdicts."""

    example: Example
    verdicts: Sequence[Verdict]  # in the order of the source
    causes: Sequence[Cause]
    notes: Sequence[str] = ()  # sentences about the whole source
    to_mend: Sequence[Line] = ()  # wrong numbers that do not follow from other wrong ones

    @property
    def wrong(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.kind is not VerdictKind.RIGHT]

    @property
    def mistaken(self) -> list[Verdict]:
        """The numbers that are wrong by more than the last digits."""
        return [verdict for verdict in self.verdicts if verdict.kind not in HARMLESS_KINDS]

    @property
    def explained(self) -> list[Verdict]:
        return [verdict for verdict in self.wrong if verdict.kind is not VerdictKind.UNEXPLAINED]
