"""Which mistakes of the catalogue an example can make."""

from backproof.network.mistakes import CATALOGUE, Mistake
from backproof.worked_examples.conventions import Conventions

# Their formulas hold the factor ½ of the loss, so with another loss they are other mistakes.
OF_HALF_SUM = {
    "loss-without-half", "loss-halved-twice", "loss-negated", "loss-not-squared",
    "loss-is-mean-over-outputs", "loss-is-mean-of-squares", "loss-squares-the-sum",
}  # fmt: skip
DERIVATIVES_OF_HALF_SUM = {"gradient-negated", "gradient-without-half", "gradient-halved"}
# They need a second output.
OF_TWO_OUTPUTS = {
    "outputs-swapped", "outputs-share-weights", "output-weights-transposed", "softmax-output",
    "loss-is-mean-over-outputs", "loss-is-mean-of-squares", "loss-squares-the-sum",
    "loss-of-first-output-only", "loss-of-last-output-only", "loss-with-targets-swapped",
    "gradient-takes-targets-swapped", "hidden-delta-is-mean-over-outputs",
    "hidden-delta-uses-transposed-weights", "hidden-delta-through-first-output",
    "hidden-delta-through-last-output", "output-gradient-transposed",
    "second-output-moved-by-first-error", "second-output-moved-by-first-delta",
}  # fmt: skip


def candidate_mistakes(conventions: Conventions) -> list[type[Mistake]]:
    """List the mistakes that change exact results and fit the conventions.

    Mistakes that only lose precision do not change exact results, and another learning rate is a
    verdict of its own.
    """
    excluded = {"learning-rate-scaled"}
    if conventions.loss != "half-sum":
        excluded |= OF_HALF_SUM
    if conventions.loss == "sum":
        excluded |= DERIVATIVES_OF_HALF_SUM
    if conventions.one_output:
        excluded |= OF_TWO_OUTPUTS
    return [
        mistake
        for name, mistake in CATALOGUE.items()
        if mistake.precision is None and name not in excluded
    ]
