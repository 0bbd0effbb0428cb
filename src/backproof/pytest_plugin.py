"""End a pytest run in which `backproof.testing` found wrong numbers with a diagnosis of them.

pytest loads this module wherever backproof is installed, so it imports nothing else by itself.
"""

import sys

import pytest

FINISHED = pytest.StashKey[list[object]]()


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Keep the checks of `parametrize_with_vectors` that have run."""
    if "backproof.testing" in sys.modules and isinstance(item, pytest.Function):
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        item.config.stash.setdefault(FINISHED, []).extend(parameters.values())


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
