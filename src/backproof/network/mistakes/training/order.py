"""Mistakes in the loops: which rows make up which step, and how often."""

from collections.abc import Iterator
from itertools import islice

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.network import Parameters, Plan


class EpochTooMany(Mistake):
    """There is one epoch more than asked for."""

    how = "`range(epochs + 1)`, or `while epoch <= epochs`."

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        return super().epochs(rows, epochs + 1, batch_size)


class EpochTooFew(Mistake):
    """There is one epoch less than asked for."""

    how = "`range(1, epochs)`."

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        return super().epochs(rows, epochs - 1, batch_size)


class LastStepLost(Mistake):
    """The parameters are those before the last step."""

    how = "They are recorded at the head of the loop, and the last record is returned."

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        plan: Plan[N],
    ) -> Iterator[Parameters[N]]:
        passed = [*super().trajectory(a, params, X, T, plan)]
        return iter(passed[:-1] or passed)


class EpochsCountSteps(Mistake):
    """`epochs` is the number of steps, not of passes over all rows."""

    how = "Iterations and epochs are the same with a full batch, and only there."

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        plan: Plan[N],
    ) -> Iterator[Parameters[N]]:
        return islice(super().trajectory(a, params, X, T, plan), plan.epochs + 1)


class LoopsSwapped(Mistake):
    """A row is trained for all epochs before the next row is looked at."""

    how = "The loop over epochs stands inside the loop over rows."

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        return [[batch] * epochs for batch in self.epoch(rows, batch_size)]


class BatchSizeIgnored(Mistake):
    """Every row has a step of its own, whatever the batch size."""

    how = "The loop is that of the example worked by hand, and the option does nothing."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, 1)


class AlwaysFullBatch(Mistake):
    """All rows make up one step, whatever the batch size."""

    how = "The whole matrix is calculated with, because that is easy."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, max(rows, 1))


class ShortBatchDropped(Mistake):
    """The last batch is dropped where it is short."""

    how = "`drop_last=True`, or `len(X) // batch_size` batches."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, batch_size)[: rows // batch_size]


class ShortBatchFilledUp(Mistake):
    """The last batch, where it is short, is filled up with rows before it."""

    how = "`X[-batch_size:]`, so that every batch has the same shape."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        last = max(rows - batch_size, 0)
        batches = super().epoch(rows, batch_size)
        return [slice(min(b.start, last), b.stop) for b in batches]


class BatchesInReverse(Mistake):
    """The batches of an epoch are gone through from the last to the first."""

    how = "A list of batches is emptied with `pop()`."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, batch_size)[::-1]


class RowsInReverse(Mistake):
    """The rows are put into reverse before they are cut into batches."""

    how = "Any other order than that of the rows, as a shuffle gives."

    def ordered(self, rows: list[list[N]]) -> list[list[N]]:
        return super().ordered(rows)[::-1]


class FirstRowSkipped(Mistake):
    """The first row is never trained."""

    how = "It is taken for a heading, or `range(1, n)` counts from 1."

    def ordered(self, rows: list[list[N]]) -> list[list[N]]:
        return super().ordered(rows)[1:]


class LastRowSkipped(Mistake):
    """The last row is never trained."""

    how = "`range(len(X) - 1)`."

    def ordered(self, rows: list[list[N]]) -> list[list[N]]:
        return super().ordered(rows)[:-1]


class OnlyFirstRowTrained(Mistake):
    """No row is trained but the first."""

    how = "An index that was left from working through the first row."

    def ordered(self, rows: list[list[N]]) -> list[list[N]]:
        return super().ordered(rows)[:1]
