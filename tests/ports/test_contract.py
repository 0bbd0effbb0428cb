"""The backend interface: reference implementations satisfy it, and each violation is reported."""

from typing import Any

import pytest

from backproof import Backend, Params
from backproof.interface import Matrix
from backproof.ports.contract import violations


def test_a_reference_implementation_keeps_the_contract(backend: type[Backend]) -> None:
    assert violations(backend) == []


def test_a_subclass_may_leave_out_what_it_lacks() -> None:
    class Partial(Backend):
        name = "partial"
        dtypes = ("float64",)

    assert violations(Partial) == []


def test_a_class_of_the_same_shape_needs_no_base() -> None:
    class Shaped:
        name = "shaped"
        dtypes = ("float32", "float16")

        def __init__(self, dtype: str = "float64", device: str = "cpu") -> None: ...

        def forward(self, params: Any, X: Any) -> Any: ...

        def loss(self, params: Any, X: Any, T: Any) -> Any: ...

        def gradients(self, params: Any, X: Any, T: Any) -> Any: ...

        def train(
            self,
            params: Any,
            X: Any,
            T: Any,
            *,
            learning_rate: float,
            epochs: int,
            batch_size: int = 1,
            train_biases: bool = False,
            verbose: bool = False,
        ) -> Any:
            """Has an extra optional parameter, which is allowed."""

    assert violations(Shaped) == []


def test_what_can_be_called_as_the_contract_calls_it_may_collect_its_arguments() -> None:
    class Collecting:
        name = "collecting"
        dtypes = ("float64",)

        def __init__(self, **options: Any) -> None: ...

        def forward(*arguments: Any) -> Any: ...  # includes `self`

        def loss(self, *arguments: Any) -> Any: ...

        def gradients(self, params: Any, *X_and_T: Any) -> Any: ...

        def train(self, params: Any, X: Any, T: Any, *, epochs: int, **options: Any) -> Any: ...

    assert violations(Collecting) == []


A_TUPLE = "it must be a tuple of one or more of float64, float32, bfloat16, float16"


class Whole(Backend):
    """Satisfies the interface; each class below violates it in one place."""

    name = "whole"
    dtypes: tuple[str, ...] = ("float64",)


class WithoutName(Backend):
    dtypes = ("float64",)


class WithoutDtypes(Backend):
    name = "broken"


class WithUnknownDtype(Whole):
    dtypes = ("float64", "posit8")


class WithDtypesInAList(Whole):
    dtypes = ["float64"]  # type: ignore[assignment]  # noqa: RUF012  # the mistake


class WithNoDtypes(Whole):
    dtypes = ()


class WithANumberForAVersion(Whole):
    version = 2.0  # type: ignore[assignment]  # the mistake


class WithoutDevice(Whole):
    def __init__(self, dtype: str = "float64") -> None: ...


class WithoutTargets(Whole):
    def gradients(self, params: Params, X: Matrix) -> Params:  # type: ignore[override]  # the mistake
        raise NotImplementedError


class WithItsOwnNames(Whole):
    def forward(self, weights: Params, X: Matrix) -> Any:
        raise NotImplementedError


class WithPositionalOptions(Whole):
    def train(
        self,
        params: Params,
        X: Matrix,
        T: Matrix,
        learning_rate: float,
        epochs: int,
        batch_size: int = 1,
        train_biases: bool = False,
    ) -> Params:
        raise NotImplementedError


class WithAnotherDefault(Whole):
    def train(
        self,
        params: Params,
        X: Matrix,
        T: Matrix,
        *,
        learning_rate: float,
        epochs: int,
        batch_size: int = 32,
        train_biases: bool = False,
    ) -> Params:
        raise NotImplementedError


class WithOneMoreArgument(Whole):
    def loss(self, params: Params, X: Matrix, T: Matrix, weight: Any) -> Any:  # type: ignore[override]
        raise NotImplementedError


class WithoutKeywords(Whole):
    def train(self, *arguments: Any) -> Any:  # type: ignore[override]  # the mistake
        raise NotImplementedError


class WithoutPlaces(Whole):
    def forward(self, **options: Any) -> Any:  # type: ignore[override]  # the mistake
        raise NotImplementedError


class WithAnotherInItsPlace(Whole):
    def forward(self, X: Any, *others: Any) -> Any:  # type: ignore[override]  # the mistake
        raise NotImplementedError


class WithoutBase:
    name = "broken"
    dtypes = ("float64",)

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None: ...


class WithANumberForAMethod(Whole):
    forward = 3  # type: ignore[assignment]  # the mistake


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (WithoutName, '`name` is missing: give the class a name, such as name = "numpy"'),
        (
            WithoutDtypes,
            f"`dtypes` is None: {A_TUPLE}",
        ),
        (
            WithUnknownDtype,
            f"`dtypes` is ('float64', 'posit8'): {A_TUPLE}",
        ),
        (
            WithDtypesInAList,
            f"`dtypes` is ['float64']: {A_TUPLE}",
        ),
        (
            WithNoDtypes,
            f"`dtypes` is (): {A_TUPLE}",
        ),
        (WithANumberForAVersion, "`version` is not a string"),
        (WithoutDevice, "`__init__` lacks the parameter `device`"),
        (WithoutTargets, "`gradients` lacks the parameter `T`"),
        (WithItsOwnNames, "`forward` lacks the parameter `params`"),
        (
            WithPositionalOptions,
            "`train` takes `epochs` as positional or keyword, not as keyword-only",
        ),
        (
            WithAnotherDefault,
            "`train` must declare `batch_size: int = 1`, not `batch_size: int = 32`",
        ),
        (WithOneMoreArgument, "`loss` requires `weight`, which is never passed"),
        (WithoutKeywords, "`train` lacks the parameter `epochs`"),
        (WithoutPlaces, "`forward` lacks the parameter `params`"),
        (WithAnotherInItsPlace, "`forward` lacks the parameter `params`"),
        (WithoutBase, "`train` is missing: define it, or inherit it from backproof.Backend"),
        (WithANumberForAMethod, "`forward` is not a method"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_each_breach_is_named(broken: type, sentence: str) -> None:
    assert sentence in violations(broken)


def test_every_breach_is_listed_at_once() -> None:
    class Nothing:
        pass

    listed = violations(Nothing)
    assert [sentence.split("`")[1] for sentence in listed] == [
        "name",
        "dtypes",
        "__init__",  # lacks `dtype` …
        "__init__",  # … and `device`
        "forward",
        "loss",
        "gradients",
        "train",
    ]
