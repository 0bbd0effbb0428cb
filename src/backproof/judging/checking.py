"""Run test vectors on backends, and excuse known failures.

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
from backproof.network.float_formats import FORMATS
from backproof.ports.specs import known_names
from backproof.vectors.drawn import names_left_out
from backproof.vectors.vectors import Selection, VectorFile, built_in_files, select

NONE_KNOWN = KnownFailures()


@dataclass(frozen=True)
class CheckResult:
    """The result of a check.

    It conforms if every backend does that could be run, and all could be that were named.
    """

    files: Sequence[VectorFile]  # with the vectors that were run
    runs: Sequence[Run]
    stale: Sequence[Stale] = ()

    @property
    def seed(self) -> int | None:
        """The seed that some of the test vectors were drawn with; None if all are in files."""
        return next((file.seed for file in self.files if file.seed is not None), None)

    @property
    def evaluated(self) -> list[Run]:
        """The runs of all backends but those that are unavailable and were not named."""
        return [run for run in self.runs if run.outcome != "unavailable" or run.refusal]

    @property
    def passing_count(self) -> int:
        """How many runs pass every test vector."""
        return sum(run.outcome == "pass" for run in self.evaluated)

    @property
    def excused_count(self) -> int:
        """How many more conform except for known failures."""
        return sum(run.conforms for run in self.evaluated) - self.passing_count

    @property
    def partial_count(self) -> int:
        """How many conform in what they support, but do not support everything."""
        return sum(run.conforms_where_supported for run in self.evaluated)

    @property
    def expected_count(self) -> int:
        """How many results there should be: one for each test vector, backend and dtype."""
        return sum(run.expected_count for run in self.runs)

    @property
    def ran_count(self) -> int:
        """How many of them there are."""
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
    """Run test vectors on backends, each in a process of its own, and evaluate the responses.

    Args:
        specs: The backends (see `backproof.load`); if empty, all that are installed.
        selection: The test vectors; by default the built-in ones, without those that take minutes
            and without any that are drawn: `select([*built_in_files(), draw_file(seed)])` has both.
        dtypes: The dtypes to run in; if empty, all that a backend supports.
        device: The device that each backend runs on.
        timeout: Seconds that a backend may take to start, and for each response.
        known_failures: Failures to excuse.
        day: The day on which entries are evaluated; by default today, in UTC.
        on_vector_done: Called after each test vector.
        on_run_done: Applied to each run when it ends, such as `diagnosis.search.add_diagnosis`.

    Raises:
        SpecError: Some of `specs` name nothing, or none of them can be loaded.
        Unavailable: None of the backends in `specs` is installed.
        BackproofError: None of the backends in `specs` supports any of the dtypes.
    """
    selection = select(built_in_files()) if selection is None else selection
    task = CheckOptions(selection.vectors, dtypes, device, timeout, on_vector_done, on_run_done)
    runs = run_all(specs or known_names(), task, explicit=bool(specs))
    excluded = Excluded(
        backends=set(known_names()) - {run.backend for run in runs} if specs else (),
        dtypes=set(FORMATS).difference(dtypes) if dtypes else (),
        vectors=names_left_out(selection),
    )
    applied = known_failures.apply(runs, day or today(), excluded)
    return CheckResult(selection.files, applied.runs, applied.stale)


def list_backends(timeout: float = 60.0) -> list[Run]:
    """Start every backend that has a name; return a run without results for each of its dtypes.

    One that cannot be checked has a single run without a dtype, whose message says why. `timeout`
    is in seconds.
    """
    return run_all(known_names(), CheckOptions([], (), "cpu", timeout), explicit=False)
