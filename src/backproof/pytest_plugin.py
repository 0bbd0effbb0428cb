"""End a pytest run in which `backproof.testing` found wrong numbers with a diagnosis of them.

pytest loads this module wherever backproof is installed, so it imports nothing else by itself.
"""

import sys
from collections.abc import Collection, Generator

import pytest

FINISHED = pytest.StashKey[list[object]]()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fail a test that passes although it has not called its check."""
    result = yield
    if "backproof.testing" in sys.modules:
        sys.modules["backproof.testing"].require_called(_parameters(pyfuncitem))
    return result


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Keep the checks of `parametrize_with_vectors` that have run."""
    if "backproof.testing" in sys.modules and isinstance(item, pytest.Function):
        item.config.stash.setdefault(FINISHED, []).extend(_parameters(item))


def pytest_terminal_summary(
    terminalreporter: "pytest.TerminalReporter",  # which pytest 8.2 does not export
    config: pytest.Config,
) -> None:
    """Print the diagnosis of each backend and dtype that failed."""
    if checks := config.stash.get(FINISHED, []):
        for heading, lines in sys.modules["backproof.testing"].diagnose_checks(checks):
            terminalreporter.section(heading)
            for line in lines:
                terminalreporter.write_line(line)


def _parameters(function: pytest.Function) -> Collection[object]:
    """Return the values that a test was parametrized with."""
    return function.callspec.params.values() if hasattr(function, "callspec") else ()
