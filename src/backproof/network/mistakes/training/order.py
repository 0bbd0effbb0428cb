"""Mistakes in the loops of training: which rows each step uses, and how many steps there are."""

from collections.abc import Iterator
from itertools import islice

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.network import Parameters, Plan


class EpochTooMany(Mistake):
    """Training runs one epoch too many."""

    origin = "`range(epochs + 1)`, or `while epoch <= epochs`."

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        return super().epochs(rows, epochs + 1, batch_size)


class EpochTooFew(Mistake):
    """Training runs one epoch too few."""

    origin = "`range(1, epochs)`."

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        return super().epochs(rows, epochs - 1, batch_size)


class LastStepLost(Mistake):
    """The parameters returned are those before the last step."""

    origin = "They are recorded at the start of each iteration, and the last record is returned."

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        schedule: Plan[N],
    ) -> Iterator[Parameters[N]]:
        passed = [*super().trajectory(a, params, X, T, schedule)]
        return iter(passed[:-1] or passed)


class EpochsCountSteps(Mistake):
    """`epochs` is taken as the number of steps instead of passes over all rows."""

    origin = "An epoch is one step with a full batch, but only then."

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        schedule: Plan[N],
    ) -> Iterator[Parameters[N]]:
        return islice(super().trajectory(a, params, X, T, schedule), schedule.epochs + 1)


class LoopsSwapped(Mistake):
    """Each batch is trained for all epochs before the next batch."""

    origin = "The loop over the epochs is inside the loop over the rows."

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        return [[batch] * epochs for batch in self.epoch(rows, batch_size)]


class BatchSizeIgnored(Mistake):
    """Every row is a step of its own, whatever the batch size."""

    origin = "The loop is that of the worked example, and the option has no effect."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, 1)


class AlwaysFullBatch(Mistake):
    """All rows form a single step, whatever the batch size."""

    origin = "It is easier to compute with the whole matrix."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, max(rows, 1))


class ShortBatchDropped(Mistake):
    """The last batch of an epoch is dropped if it is short."""

    origin = "`drop_last=True`, or `len(X) // batch_size` batches."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, batch_size)[: rows // batch_size]


class ShortBatchFilledUp(Mistake):
    """A short last batch is filled up with the rows before it."""

    origin = "`X[-batch_size:]`, so that every batch has the same shape."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        last = max(rows - batch_size, 0)
        batches = super().epoch(rows, batch_size)
        return [slice(min(b.start, last), b.stop) for b in batches]


class BatchesInReverse(Mistake):
    """The batches of an epoch are processed from last to first."""

    origin = "A list of batches is emptied with `pop()`."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, batch_size)[::-1]


class RowsInReverse(Mistake):
    """The rows are reversed before they are split into batches."""

    origin = "The rows are in a different order, as after a shuffle."

    def order_rows(self, rows: list[list[N]]) -> list[list[N]]:
        return super().order_rows(rows)[::-1]


class FirstRowSkipped(Mistake):
    """The first row is never trained on."""

    origin = "It is mistaken for a header, or `range(1, n)` starts at 1."

    def order_rows(self, rows: list[list[N]]) -> list[list[N]]:
        return super().order_rows(rows)[1:]


class LastRowSkipped(Mistake):
    """The last row is never trained on."""

    origin = "`range(len(X) - 1)`."

    def order_rows(self, rows: list[list[N]]) -> list[list[N]]:
        return super().order_rows(rows)[:-1]


class OnlyFirstRowTrained(Mistake):
    """Only the first row is trained on."""

    origin = "An index is left over from working through the first row."

    def order_rows(self, rows: list[list[N]]) -> list[list[N]]:
        return super().order_rows(rows)[:1]
