"""Drawn test vectors: the seed decides about every number, and about nothing else."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, files

from backproof.network.float_formats import FORMATS
from backproof.network.inputs import OPS
from backproof.vectors.drawn import DRAWN_OPS, SEEDS, draw_content, draw_file, new_seed
from backproof.vectors.vectors import Vector, VectorFile, load_file, select

SEED = 12


@pytest.fixture(scope="module")
def drawn() -> VectorFile:
    return draw_file(SEED)


def shape_of(nested: Any) -> Any:
    """Return what is left of inputs without their numbers."""
    if isinstance(nested, dict):
        return {key: shape_of(item) for key, item in nested.items()}
    return [shape_of(item) for item in nested] if isinstance(nested, list) else type(nested)


def test_a_seed_draws_the_same_again_and_another_draws_other_numbers() -> None:
    mine, others = draw_content(SEED)["vectors"], draw_content(SEED + 1)["vectors"]
    assert mine == draw_content(SEED)["vectors"]
    for one, other in zip(mine, others, strict=True):
        assert one["id"] == other["id"]
        assert shape_of(one["inputs"]) == shape_of(other["inputs"])
        for name in ("X", "T", "params", "learning_rate"):
            assert one["inputs"][name] != other["inputs"][name]


def test_no_two_networks_of_a_seed_are_alike() -> None:
    networks = [entry["inputs"]["params"] for entry in draw_content(SEED)["vectors"]]
    assert not [one for i, one in enumerate(networks) if one in networks[:i]]


def test_seeds_are_new_each_time() -> None:
    seeds = {new_seed() for _ in range(20)}
    assert len(seeds) == 20
    assert all(0 <= seed < SEEDS for seed in seeds)


@pytest.mark.parametrize("dtype", FORMATS)
def test_at_least_a_tenth_of_a_check_is_drawn(drawn: VectorFile, dtype: str) -> None:
    asked = [v for v in select([*files(), drawn]).vectors if dtype in v.expected]
    assert sum(v.is_drawn for v in asked) >= 0.1 * len(asked)


def test_each_has_a_bound_in_every_dtype(drawn: VectorFile) -> None:
    assert {v.id for v in drawn.vectors} == DRAWN_OPS.keys()
    assert all(v.expected.keys() == FORMATS.keys() for v in drawn.vectors)


def trainings(drawn: VectorFile) -> list[Vector]:
    return [vector for vector in drawn.vectors if vector.op == "train"]


def test_they_cover_what_may_go_wrong(drawn: VectorFile) -> None:
    assert set(Counter(v.op for v in drawn.vectors).values()) == {len(drawn.vectors) / len(OPS)}
    inputs = [(v.inputs, v.inputs.schedule) for v in trainings(drawn) if v.inputs.schedule]
    parameters = [[float(p) for p in given.params.flatten()] for given, _ in inputs]
    assert any(min(p) > 0 and max(p) < 1 for p in parameters)  # as in the tutorial
    assert any(min(p) < 0 for p in parameters)
    assert any(max(map(abs, p)) > 20 for p in parameters)
    assert {len(given.X) for given, _ in inputs} >= {1, 3, 5}
    assert any(len(given.X) % schedule.batch_size for given, schedule in inputs)
    assert any(schedule.epochs > 1 for _, schedule in inputs)
    assert {schedule.train_biases for _, schedule in inputs} == {False, True}


def test_learning_rates_span_decades_and_both_signs() -> None:
    rates = [
        float(entry["inputs"]["learning_rate"])
        for seed in range(20)
        for entry in draw_content(seed)["vectors"]
    ]
    assert min(map(abs, rates)) < 1e-3
    assert max(rates) > 10
    assert 0.1 < sum(rate < 0 for rate in rates) / len(rates) < 0.4


def test_the_file_that_is_written_holds_what_a_check_draws(
    backproof: Command, tmp_path: Path, drawn: VectorFile
) -> None:
    path = tmp_path / "mine.json"
    assert backproof("vectors", "draw", "--seed", SEED, "-o", path).status == 0
    assert backproof("vectors", "validate", path).out == f"{path}: valid, 80 test vectors\n"
    assert load_file(path).vectors == drawn.vectors
    exported = backproof("vectors", "export", path, "--format", "tsv", "--dtype", "float64").out
    assert "drawn/signed-1/forward" in exported


def test_a_seed_that_is_none_is_refused(backproof: Command) -> None:
    assert backproof("vectors", "draw").status == 2
    assert backproof("vectors", "draw", "--seed", SEEDS).status == 2
    assert backproof("vectors", "draw", "--seed", -1).status == 2
