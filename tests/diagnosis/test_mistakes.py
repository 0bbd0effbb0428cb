"""What people get wrong is found, at the first number that it spoils, and nowhere else."""

from pathlib import Path

import pytest
from mistakes import MISTAKES, Mistake
from tampering import edited

from backproof import Backend, load
from backproof.judging.one_backend import check_backend
from backproof.judging.sentences import describe_deviation
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.specs import BUILT_IN
from backproof.text.resources import resource_folder
from backproof.vectors.vectors import VectorFile


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_found_where_it_first_shows(
    mistake: Mistake, reference: type[Backend], tutorial: VectorFile, tmp_path: Path
) -> None:
    source = resource_folder("implementations") / BUILT_IN[reference.name].file
    broken = load(str(edited(source, tmp_path / "broken.py", mistake.edits)))
    (run,) = check_backend(InProcessDriver(broken), tutorial.vectors, ["float64"])
    assert run.outcome == "fail"
    assert run.first_wrong is not None
    result, wrong = run.first_wrong
    assert (result.vector.id, wrong.quantity) == (mistake.vector, mistake.quantity)
    assert describe_deviation(wrong, result.vector.op).startswith(f"{mistake.quantity} (")
    failed = {result.vector.op for result in run.results if result.outcome != "pass"}
    assert failed == mistake.ops
