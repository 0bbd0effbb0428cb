"""A wrong number in words."""

from backproof.judging.deviations import Deviation
from backproof.judging.results import Result
from backproof.network.inputs import Op
from backproof.network.quantities import tutorial_name


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
