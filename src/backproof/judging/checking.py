"""A whole check: backends, test vectors and known failures go in; runs and stale entries come out.

from backproof.judging.checking import check

result = check(["numpy", "my_backend.py"])
assert result.conforms
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from backproof.judging.all_backends import CheckOptions, run_all
from backproof.judging.known_failures import Excluded, KnownFailures, Stale, today
from backproof.judging.results import Run
from backproof.network.formats import FORMATS
from backproof.ports.specs import known_names
from backproof.vectors.vectors import Selection, VectorFile, built_in_files, select

NONE_KNOWN = KnownFailures()


@dataclass(frozen=True)
class CheckResult:
    """What came of a check. It conforms if every backend does that could be run."""

    files: Sequence[VectorFile]  # with the vectors that were run
    runs: Sequence[Run]
    stale: Sequence[Stale] = ()

    @property
    def evaluated(self) -> list[Run]:
        """The runs of all backends but those that are unavailable."""
        return [run for run in self.runs if run.outcome != "unavailable"]

    @property
    def passing_count(self) -> int:
        """How many runs pass every test vector."""
        return sum(run.outcome == "pass" for run in self.evaluated)

    @property
    def excused_count(self) -> int:
        """How many more conform, but for known failures."""
        return sum(run.conforms for run in self.evaluated) - self.passing_count

    @property
    def expected_count(self) -> int:
        """How many checks there are: test vectors, for each backend and dtype."""
        return sum(run.expected_count for run in self.runs)

    @property
    def ran_count(self) -> int:
        """How many of them were run."""
        return sum(run.ran_count for run in self.runs)

    @property
    def conforms(self) -> bool:
        """Whether some backend was evaluated, all that were conform, and no entry is stale."""
        runs = self.evaluated
        return bool(runs) and all(run.conforms for run in runs) and not self.stale


def check(
    specs: Sequence[str] = (),
    selection: Selection | None = None,
    *,
    dtypes: Sequence[str] = (),
    device: str = "cpu",
    timeout: float = 60.0,
    known_failures: KnownFailures = NONE_KNOWN,
    day: date | None = None,
    on_vector_done: Callable[[], None] = lambda: None,
    on_run_done: Callable[[Run], Run] = lambda run: run,
) -> CheckResult:
    """Run test vectors on backends, each in a process of its own, and evaluate the answers.

    Args:
        specs: What names the backends (see `backproof.load`); all that are installed if empty.
        selection: The test vectors; without it, the built-in ones but those that take minutes.
        dtypes: Those to run in; without any, all that a backend supports.
        device: The device that each backend runs on.
        timeout: Seconds that a backend may take to start, and for each answer.
        known_failures: Failures that are excused.
        day: The day by which their entries expire; today, in UTC, if not given.
        on_vector_done: Called after each test vector.
        on_run_done: Applied to each run in the end, such as `diagnosis.search.add_diagnosis`.

    Raises:
        SpecError: A backend that is named cannot be loaded; `Unavailable` if it is not installed.
        BackproofError: A backend that is named supports none of the dtypes.
    """
    selection = select(built_in_files()) if selection is None else selection
    task = CheckOptions(selection.vectors, dtypes, device, timeout, on_vector_done, on_run_done)
    runs = run_all(specs or known_names(), task, explicit=bool(specs))
    unasked = Excluded(
        backends=set(known_names()) - {run.backend for run in runs} if specs else (),
        dtypes=set(FORMATS).difference(dtypes) if dtypes else (),
        vectors=selection.left_out,
    )
    judgement = known_failures.apply(runs, day or today(), unasked)
    return CheckResult(selection.files, judgement.runs, judgement.stale)
