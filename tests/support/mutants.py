"""Plant mutants in every room of the checker, and see whether its tests notice: `tox -e mutants`.

Usage: python mutants.py FOLDER [--room NAME]...

cosmic-ray makes the mutants, in a copy of the checkout. From each room as many are drawn, with a
fixed seed: places in the source, and for each one of the mutants that can stand there. Tests of the
room run on each mutant until one fails. FOLDER keeps the results: another run goes on where the
last one was interrupted, and tries its survivors again. `docs/evidence/mutants.md` has the tally,
and explains every survivor.
"""

import os
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Sequence
from compileall import compile_dir
from contextlib import chdir
from pathlib import Path
from py_compile import PycInvalidationMode
from random import Random

import click
from checkout import ROOT
from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome

SEED = 12
MUTANTS = 30  # in each room
MIN_KILLED = 0.95
TIMEOUT = 1800.0  # seconds; a mutant whose tests take longer counts as killed
NOT_COPIED = (".*", "__pycache__")
# Not drawn: what stands in types, and fails at import; whether equal constants are identical, which
# is up to the interpreter; and guards, without which nothing changes that is right.
NOT_DRAWN = re.compile("core/ReplaceBinaryOperator_BitOr_.*|core/ReplaceComparison.*q_Is(Not)?")
GUARD = re.compile(r"(strict|frozen|slots|repr)=|__tracebackhide__|PLR0124")

# A room, and what of tests/ runs on its mutants: first what is quick, then, on what survives, more.
QUICK = {
    "text": "text",
    "network": """network/test_float_formats.py network/test_inputs.py network/test_quantities.py
        truth/test_rounding_rules.py""",
    "truth": """truth/test_rounding_rules.py truth/test_trajectory.py truth/test_model_limits.py
        vectors/test_vector_files.py""",
    "vectors": "vectors/test_vector_files.py vectors/test_broken_vector_files.py",
    "judging": """judging/test_deviations.py judging/test_one_backend.py
        judging/test_known_failures.py judging/test_known_failures_file.py
        judging/test_first_wrong_number.py judging/test_varying_backends.py""",
    "ports": """ports/test_wire.py ports/test_response_problems.py ports/test_contract.py
        ports/test_loading.py ports/test_launching.py ports/test_in_process_driver.py""",
    "diagnosis": "diagnosis/test_clue_thresholds.py diagnosis/test_search.py",
    "worked_examples": """worked_examples/test_worked_example_files.py
        worked_examples/test_hand_calculations.py""",
    "reports": """reports/test_check_table.py reports/test_check_failures.py
        reports/test_json_report.py""",
    "command_line": """command_line/test_vectors_command.py command_line/test_explain_command.py
        command_line/test_diagnose_command.py""",
    "testing.py": "project/test_testing.py",
}
MORE = {
    "text": """judging/test_known_failures_file.py ports/test_response_problems.py
        worked_examples/test_worked_example_files.py vectors""",
    "network": """network/test_catalogue.py reports/test_explanation.py truth/test_certified.py
        diagnosis/test_in_the_wild.py""",
    "truth": "truth",
    "vectors": """vectors project/test_one_file.py command_line/test_vectors_command.py
        command_line/test_check_vectors.py""",
    "judging": "judging command_line/test_known_failures_command.py",
    "ports": "ports",
    "diagnosis": "diagnosis",
    "worked_examples": "worked_examples",
    "reports": """reports command_line/test_vectors_command.py
        command_line/test_diagnose_command.py""",
    "command_line": "command_line judging/test_fuzzing.py",
    "testing.py": "project/test_pytest_plugin.py command_line/test_known_failures_command.py",
}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--room", "rooms", type=click.Choice([*QUICK]), multiple=True, default=[*QUICK])
def main(folder: Path, rooms: Sequence[str]) -> None:
    """Print the tally and the survivors; exit with 1 if these are too many."""
    results = folder.resolve()
    copy = results / "checkout"
    shutil.rmtree(copy, ignore_errors=True)  # an interrupted run leaves a mutant in it
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
    compile_dir(copy / "src", quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    os.environ["PYTHONPATH"] = str(copy / "src")
    killed = 0
    drawn = 0
    with chdir(copy):
        for room in rooms:
            with use_db(str(results / f"{room}.sqlite")) as mutants:
                if not mutants.num_work_items:
                    draw(room, mutants)
                run(room, mutants)
                outcomes = [result for _, result in mutants.completed_work_items]
            survived = [result for result in outcomes if not result.is_killed]
            click.echo(f"{room}: {len(outcomes) - len(survived)} of {len(outcomes)} killed")
            for result in survived:
                click.echo(result.diff)
            drawn += len(outcomes)
            killed += len(outcomes) - len(survived)
    click.echo(f"all rooms: {killed} of {drawn} killed")
    sys.exit(killed < MIN_KILLED * drawn)


def draw(room: str, mutants: WorkDB) -> None:
    """Draw places in the source of a room, and one mutant of each."""
    source = Path("src/backproof", room)
    modules = sorted(source.rglob("*.py")) if source.is_dir() else [source]
    init([module for module in modules if "templates" not in module.parts], mutants, {})
    by_place = defaultdict(list)
    for item in mutants.work_items:
        (mutation,) = item.mutations
        if not NOT_DRAWN.fullmatch(mutation.operator_name):
            by_place[mutation.module_path, mutation.start_pos].append(item)
    mutants.clear()
    lots = Random(f"{SEED} {room}")  # noqa: S311  # no secret
    places = sorted(by_place)
    lots.shuffle(places)
    for place in places:
        items = sorted(by_place[place], key=lambda item: _name(item.mutations[0]))
        item = lots.choice(items)
        if mutants.num_work_items < MUTANTS and _says_something(item.mutations[0]):
            mutants.add_work_item(item)


def run(room: str, mutants: WorkDB) -> None:
    """Run the tests of a room on those of its mutants that are not known to be killed."""
    for tests in (QUICK[room], MORE[room]):
        alive = [item for item, result in mutants.completed_work_items if not result.is_killed]
        alive += mutants.pending_work_items
        paths = " ".join(f"tests/{name}" for name in tests.split())
        command = f"{sys.executable} -m pytest -q -x --assert=plain -p no:cacheprovider {paths}"
        if alive:
            outcome, output = run_tests(command, TIMEOUT)
            if outcome is not TestOutcome.SURVIVED:
                sys.exit(f"{room}: the tests fail without a mutant:\n{output}")
        for item in alive:
            mutants.set_result(item.job_id, mutate_and_test(item.mutations, command, TIMEOUT))


def _name(mutation: MutationSpec) -> tuple[str, int]:
    return mutation.operator_name, mutation.occurrence


def _says_something(mutation: MutationSpec) -> bool:
    """Whether a mutant can be compiled, and changes more than a guard."""
    operator = get_operator(mutation.operator_name)(**mutation.operator_args)
    source = mutation.module_path.read_text(encoding="utf-8")
    if GUARD.search(source.splitlines()[mutation.start_pos[0] - 1]):
        return False
    try:
        compile(mutate_code(source, operator, mutation.occurrence), "mutant", "exec")
    except SyntaxError:
        return False
    return True


if __name__ == "__main__":
    main()
