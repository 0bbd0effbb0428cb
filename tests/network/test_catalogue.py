"""The catalogue of mistakes: complete in words, and each as a backend that fails."""

from fractions import Fraction
from typing import cast

import pytest
from conftest import files

from backproof.diagnosis import broken
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import OPS, Op
from backproof.network.mistakes import CATALOGUE, LEVELS, Mistake, combine_mistakes
from backproof.network.network import Network
from backproof.ports.loading import load
from backproof.truth.predictions import simulate
from backproof.vectors.vectors import SLOW, Vector

MOST_STEPS = 20  # of a test vector in which nothing is to change
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


# The ops that a mistake of each level leaves as they are.
UNAFFECTED: dict[str, set[Op]] = {
    "forward": set(),
    "loss": {"forward", "gradients", "train"},
    "gradients": {"forward", "loss"},
    "training": {"forward", "loss", "gradients"},
    "numerics": set(),
}


@EVERY_MISTAKE
def test_a_mistake_shows_where_its_level_says_and_nowhere_else(
    mistake: type[Mistake], tutorials: dict[str, Vector]
) -> None:
    fmt = FORMATS["float64"]

    def shows(vector: Vector) -> bool:
        inputs = vector.inputs.rounded(fmt)
        right, wrong = (simulate(n, vector.op, inputs, fmt) for n in (Network, mistake))
        return list(map(repr, right.values())) != list(map(repr, wrong.values()))

    unaffected = UNAFFECTED[mistake.level()]
    assert {op for op in OPS if not mistake.affects(op)} == unaffected
    others = [v for v in tutorials.values() if v.op in unaffected and v.inputs.steps <= MOST_STEPS]
    assert {v.op for v in others} == unaffected
    assert [v.id for v in others if shows(v)] == []
    every = (v for file in files() for v in file.vectors if SLOW not in v.flags)
    assert any(shows(v) for v in every if v.op not in unaffected and "float64" in v.expected)


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
