"""The catalogue of mistakes: complete in words, and each as a backend that fails."""

from fractions import Fraction
from typing import cast

import pytest

from backproof.diagnosis import broken
from backproof.network.float_formats import FORMATS
from backproof.network.mistakes import CATALOGUE, LEVELS, Mistake, combine_mistakes
from backproof.network.network import Network
from backproof.ports.loading import load
from backproof.truth.predictions import simulate
from backproof.vectors.vectors import Vector

EVERY_MISTAKE = pytest.mark.parametrize("mistake", CATALOGUE.values(), ids=CATALOGUE)


def test_the_catalogue_holds_mistakes_of_every_level() -> None:
    assert {mistake.level() for mistake in CATALOGUE.values()} == set(LEVELS)
    assert len(CATALOGUE) >= 60


@EVERY_MISTAKE
def test_a_mistake_is_told_in_words(mistake: type[Mistake]) -> None:
    assert mistake.description().endswith(".")
    assert "\n" not in mistake.description()
    assert mistake.origin.endswith(".")
    assert all(link.startswith("https://") for link in mistake.citations)


def test_no_two_mistakes_are_told_in_the_same_words() -> None:
    statements = [mistake.description() for mistake in CATALOGUE.values()]
    assert len(set(statements)) == len(statements)


@EVERY_MISTAKE
def test_a_mistake_is_loaded_as_a_backend_by_its_class(mistake: type[Mistake]) -> None:
    backend = load(f"{broken.__name__}:{mistake.__name__}")
    assert backend.name == mistake.id()
    assert backend.dtypes == tuple(FORMATS)


@EVERY_MISTAKE
def test_a_mistake_shows_only_where_its_level_says(
    mistake: type[Mistake], tutorials: dict[str, Vector]
) -> None:
    fmt = FORMATS["float64"]
    for vector in tutorials.values():
        schedule = vector.inputs.schedule
        if mistake.affects(vector.op) or (schedule and schedule.epochs > 1):
            continue
        inputs = vector.inputs.rounded(fmt)
        assert simulate(mistake, vector.op, inputs, fmt) == simulate(
            Network, vector.op, inputs, fmt
        )


def test_mistakes_of_two_levels_are_made_together(tutorials: dict[str, Vector]) -> None:
    """The hidden bias of `HiddenBiasMissing` is missing, too, where gradients are negated."""
    both = combine_mistakes((CATALOGUE["hidden-bias-missing"], CATALOGUE["gradient-negated"]))
    fmt, vector = FORMATS["float64"], tutorials["tutorial/row-1/gradients"]
    inputs = vector.inputs.rounded(fmt)
    one = simulate(CATALOGUE["hidden-bias-missing"], "gradients", inputs, fmt)
    assert simulate(both, "gradients", inputs, fmt) == {q: -x for q, x in one.items()}


FAMILIES = {name: mistake for name, mistake in CATALOGUE.items() if mistake.is_family()}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_mistake_keeps_its_constant_in_any_company(family: type[Mistake]) -> None:
    mine = family.with_constant(Fraction(3, 7))
    for other in FAMILIES.values():
        if not (issubclass(other, family) or issubclass(family, other)):
            for both in ((mine, other), (other, mine)):
                combined = cast("type[Mistake]", combine_mistakes(both))
                assert combined.constant_of(family) == Fraction(3, 7)


def test_no_two_mistakes_give_different_methods_the_same_name() -> None:
    """Combined, one would call the method of the other."""
    defined: dict[str, set[type]] = {}
    for mistake in CATALOGUE.values():
        for name in vars(mistake):
            if not name.startswith("__") and callable(getattr(mistake, name)):
                first = [base for base in mistake.__mro__ if name in vars(base)][-1]
                defined.setdefault(name, set()).add(first)
    assert {name: classes for name, classes in defined.items() if len(classes) > 1} == {}


def test_an_unknown_mistake_is_no_backend() -> None:
    with pytest.raises(AttributeError, match="the catalogue has no mistake 'Unheard'"):
        broken.Unheard  # noqa: B018
