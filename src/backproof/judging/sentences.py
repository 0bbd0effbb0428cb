"""Wrong numbers in words, and what explains them."""

from collections.abc import Iterable

from backproof.judging.deviations import Deviation
from backproof.judging.results import Explanation, Result, Run
from backproof.network.inputs import Op
from backproof.network.quantities import tutorial_name
from backproof.text.english import count_noun, join_words


def describe_wrong_numbers(result: Result) -> list[str]:
    """Describe the first wrong number of a response, and name the others."""
    if not result.wrong_deviations:
        return []
    first, *others = result.wrong_deviations
    named = [f"also wrong: {', '.join(d.quantity for d in others)}"] if others else []
    return [describe_deviation(first, result.vector.op), *named]


def describe_deviation(deviation: Deviation, op: Op) -> str:
    """Describe a wrong number that `op` returned: name, what is wrong, expected, actual, error."""
    unit = "ulp" if deviation.unit == "ulp" else "u·max(|w|, 1)"
    printed = f" (published {deviation.published})" if deviation.published else ""
    epoch = deviation.epoch
    after = f"after epoch {epoch}, started from its state after {epoch - 1}, " if epoch else ""
    distance = f", error {deviation.error:.4g} {unit}, bound {deviation.bound:.4g} {unit}"
    if deviation.error <= deviation.bound:  # then it is not what is wrong
        distance = ""
    return (
        f"{after}{deviation.quantity} ({tutorial_name(deviation.quantity, op)}) "
        f"{deviation.problem}: expected {deviation.expected.value:.20g}{printed}, "
        f"got {deviation.actual!r}{distance}"
    )


def describe_diagnosis(run: Run) -> list[str]:
    """Name the mistakes that reproduce the wrong numbers, or else list the clues, in lines."""
    if run.diagnosis is None:
        return []
    if not run.diagnosis:
        none = "Diagnosis: no mistake in the catalogue reproduces these numbers."
        return [f"{none} Clues:" if run.clues else none, *(f"  {clue}" for clue in run.clues)]
    best = run.diagnosis[0]
    reproduce = (
        "these mistakes together reproduce" if len(best.mistakes) > 1 else "this mistake reproduces"
    )
    wrong = count_noun(best.of, "wrong response")
    apart = f" apart from {join_words(best.apart_from)}" if best.apart_from else ""
    return [
        f"Diagnosis: {reproduce} {best.explains:,} of {wrong}, number by number{apart}:",
        *_named(best),
        *_other_candidates(run.diagnosis[1:]),
        *_unexplained(run),
    ]


def _named(explanation: Explanation) -> list[str]:
    named = zip(explanation.mistakes, explanation.descriptions, strict=True)
    return [f"  {name}: {description}" for name, description in named]


def _unexplained(run: Run) -> list[str]:
    """Say what the diagnosis does not reproduce, and give the clues about it."""
    if not run.unexplained:
        return []
    wrong = count_noun(len(run.unexplained), "wrong response")
    rest = f"Not explained by this: {wrong}, first in {run.unexplained[0]}."
    return [f"{rest} Clues:" if run.clues else rest, *(f"  {clue}" for clue in run.clues)]


def _other_candidates(others: Iterable[Explanation]) -> list[str]:
    names = [" and ".join(other.mistakes) for other in others]
    return [f"  Other candidates: {'; '.join(names)}"] if names else []
