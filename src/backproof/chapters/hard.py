"""Hard vectors: what the tutorial's own numbers cannot show, each with what a failure means.

The tutorial's pre-activations are small and positive, its targets add up to 1 and its rows are
alike. Each class below has tripped up a real implementation of these formulas.
"""

from collections.abc import Iterator
from typing import Any

SOURCE = (
    "Chosen by hand: places where floating-point arithmetic, a formula or a habit breaks, though "
    "the tutorial's numbers come out right."
)

NOTES = {
    "saturation": (
        "A unit is close to 0 or 1. If these fail, the sigmoid loses its small results (as "
        "½(1 + tanh(z/2)) does), is clipped, or is replaced by an approximation."
    ),
    "overflow": (
        "e^(−z) overflows, or nearly. If these fail, the sigmoid raises or answers NaN there, or "
        "its derivative was obtained by differentiating 1/(1 + e^(−z)) term by term."
    ),
    "subnormal": (
        "A result is subnormal: both it and zero are accepted. If these fail, something else came "
        "out."
    ),
    "cancellation": (
        "Terms nearly cancel. If these fail, a number of a narrower dtype, a rounded one or an "
        "added epsilon shows through."
    ),
    "signs": (
        "Numbers are negative or zero. If these fail, a sign is lost, or a branch for negative "
        "arguments is wrong."
    ),
    "targets": (
        "Targets do not add up to 1, lie outside 0 to 1, or are met exactly. If these fail, the "
        "second target is derived from the first, or targets are clipped."
    ),
    "decades": (
        "Every weight is of another size. If these fail, two weights are swapped or a matrix is "
        "transposed."
    ),
    "exact": (
        "Nothing may move, to the bit. If these fail, weights are changed by a step of size 0, or "
        "go through another dtype on their way."
    ),
    "state": (
        "A row is shown twice. If these fail, something of one step is kept for the next: stale "
        "activations, accumulated gradients, momentum."
    ),
    "batches": (
        "Rows are cut into batches of another size. If only these fail, rows are lost, doubled or "
        "reordered at the edges of batches, or gradients are averaged."
    ),
    "updates": (
        "An update is lost in rounding, or carries a weight across zero. If these fail, the "
        "weights are kept in another dtype than the one claimed."
    ),
    "non-finite": (
        "Something put in is NaN or infinite. If these fail, NaN spreads to numbers that do not "
        "depend on it, or is hidden where they do."
    ),
}

# |z| from the middle of the sigmoid to where float16, float32 and float64 saturate, and beyond.
SATURATION = ["0.01", "1", "5", "6.5", "8", "8.5", "16.6", "17.4", "31", "36.7", "37", "40"]
# Just inside and outside of where e^|z| overflows in float16, float32 and bfloat16, and float64;
# and where it is the square of e^|z|, or only the result, that leaves the normal range.
OVERFLOW = ["11", "11.1", "88.72", "88.73", "355", "700", "709.78", "709.79", "720", "900", "1800"]

# |z| from the middle of the sigmoid to where σ(−|z|) is small in float16, float32 and float64.
ALONE = [
    *("0.3", "1", "2.5", "3.5", "5", "8", "12", "17"),
    *("30", "45", "60", "75", "84.5", "300", "700"),
]

ROW = [["0.6", "-0.8"]]
TARGET = [["0.3", "0.9"]]
PARAMS = {
    "W1": [["0.5", "-0.4"], ["-0.3", "0.7"]],
    "b1": "0.1",
    "W2": [["-0.6", "0.2"], ["0.8", "-0.9"]],
    "b2": "-0.2",
}


def vectors() -> Iterator[dict[str, Any]]:
    """Yield every hard vector as a vector file holds it, but for what is expected."""
    yield from _one_sigmoid("saturation", SATURATION)
    yield from _one_sigmoid("overflow", OVERFLOW)
    yield from _sigmoid_alone()
    yield from _near_zero()
    yield from _cancellation()
    yield from _signs()
    yield from _targets()
    yield from _decades()
    yield from _exact()
    yield from _many_rows()
    yield from _updates()
    yield from _non_finite()


def _one_sigmoid(flag: str, sizes: list[str]) -> Iterator[dict[str, Any]]:
    """Hold one layer's pre-activations at z and −z (hidden), or both at ±z (output)."""
    for z in sizes:
        at = z.replace(".", "-")
        hidden = {
            "W1": [[z, "0"], [f"-{z}", "0"]],
            "b1": "0",
            "W2": PARAMS["W2"],
            "b2": PARAMS["b2"],
        }
        yield from _every_op(
            f"hard/{flag}/hidden-at-{at}",
            f"The hidden pre-activations are {z} and −{z}",
            [flag],
            {"params": hidden, "X": [["1", "1"]], "T": TARGET},
        )
        for sign, word in (("", "plus"), ("-", "minus")):
            output = PARAMS | {"W2": [["0.001", "-0.001"], ["-0.002", "0.002"]], "b2": f"{sign}{z}"}
            yield from _every_op(
                f"hard/{flag}/output-at-{word}-{at}",
                f"The output pre-activations are about {'−' if sign else ''}{z}",
                [flag],
                {"params": output, "X": ROW, "T": TARGET},
            )


def _sigmoid_alone() -> Iterator[dict[str, Any]]:
    """Hand the sigmoid exact numbers, so that no rounding before it widens its bound."""
    for z in ALONE:
        params = {"W1": [["0", "0"], ["0", "0"]], "b1": f"-{z}", "W2": [["0", "0"], ["0", "0"]]}
        yield {
            "id": f"hard/saturation/sigmoid-alone-at-{z.replace('.', '-')}",
            "description": f"All weights are 0: the activations are σ(−{z}) and σ({z}) themselves.",
            "op": "forward",
            "flags": ["saturation"],
            "inputs": {"params": params | {"b2": z}, "X": ROW},
        }


def _near_zero() -> Iterator[dict[str, Any]]:
    zero = {"W1": [["0", "0"], ["0", "0"]], "b1": "0", "W2": [["0", "0"], ["0", "0"]], "b2": "0"}
    yield from _every_op(
        "hard/signs/all-zero",
        "Every parameter is 0, so every activation is ½",
        ["signs"],
        {"params": zero, "X": ROW, "T": TARGET},
    )
    minus_zero = {"b1": "-0", "b2": "-0"} | dict.fromkeys(("W1", "W2"), [["-0", "-0"]] * 2)
    yield from _every_op(
        "hard/signs/all-minus-zero",
        "Every parameter is −0, and so is every pre-activation, while every activation is ½",
        ["signs"],
        {"params": minus_zero, "X": [["0.6", "0.8"]], "T": TARGET},
    )
    for name, size in (
        ("float64", "5e-324"),
        ("float32", "1.5e-45"),
        ("bfloat16", "1e-40"),
        ("float16", "6e-8"),
    ):
        yield from _every_op(
            f"hard/subnormal/smallest-{name}",
            f"The hidden weights are about the smallest numbers of {name}",
            ["subnormal"],
            {
                "params": zero | {"W1": [[size, f"-{size}"], [f"-{size}", size]]},
                "X": [["1", "0"]],
                "T": TARGET,
            },
        )
    for name, x, w in (
        ("float64", "1e-160", "1e-150"),
        ("float32", "1e-20", "1e-20"),
        ("float16", "0.001", "0.002"),
    ):
        yield from _every_op(
            f"hard/subnormal/products-{name}",
            f"Products of inputs and weights are subnormal in {name}",
            ["subnormal"],
            {
                "params": zero | {"W1": [[w, f"-{w}"], [f"-{w}", w]]},
                "X": [[x, "0"]],
                "T": TARGET,
            },
        )


def _cancellation() -> Iterator[dict[str, Any]]:
    yield from _every_op(
        "hard/cancellation/pre-activations",
        "The terms of every pre-activation nearly cancel",
        ["cancellation"],
        {
            "params": {
                "W1": [["3.7", "-1.9"], ["-5.3", "2.9"]],
                "b1": "0.03",
                "W2": [["7.1", "-7.2"], ["-6.9", "6.8"]],
                "b2": "0.05",
            },
            "X": [["0.51", "1.01"], ["0.55", "1"]],
            "T": [["0.5", "0.25"], ["0.75", "0.5"]],
        },
    )
    # Each hidden unit's two weights are in the ratio 1 to 3, and the second target makes the
    # deltas of the outputs 3 to −1.
    yield from _every_op(
        "hard/cancellation/hidden-deltas",
        "What the two outputs send back to a hidden unit nearly cancels",
        ["cancellation"],
        {
            "params": {
                "W1": [["0.4", "-0.7"], ["0.9", "0.2"]],
                "b1": "-0.1",
                "W2": [["0.25", "-0.5"], ["0.75", "-1.5"]],
                "b2": "0.4",
            },
            "X": ROW,
            "T": [["0.1", "0.6654082020997916"]],
        },
    )


def _signs() -> Iterator[dict[str, Any]]:
    yield from _every_op(
        "hard/signs/negative-inputs",
        "All inputs and all hidden weights are negative",
        ["signs"],
        {
            "params": PARAMS | {"W1": [["-0.5", "-0.4"], ["-0.3", "-0.7"]], "b1": "-0.1"},
            "X": [["-0.6", "-0.8"]],
            "T": TARGET,
        },
    )
    yield from _every_op(
        "hard/signs/zero-inputs",
        "The inputs are 0, so that the hidden weights have no gradient",
        ["signs"],
        {"params": PARAMS, "X": [["0", "0"]], "T": TARGET},
    )
    yield from _every_op(
        "hard/signs/one-zero-input",
        "The first input is 0, so that w1 and w3 have no gradient",
        ["signs"],
        {"params": PARAMS, "X": [["0", "0.7"]], "T": TARGET},
    )
    for name, b1, b2 in (("only-b1", "0.8", "0"), ("only-b2", "0", "-0.8"), ("both", "-2", "3")):
        yield from _every_op(
            f"hard/signs/biases-{name}",
            f"The biases are {b1} and {b2}".replace("-", "−"),
            ["signs"],
            {"params": PARAMS | {"b1": b1, "b2": b2}, "X": ROW, "T": TARGET},
        )
    for z in ("0.01", "1", "6"):
        at = z.replace(".", "-")
        yield from _every_op(
            f"hard/signs/all-at-minus-{at}",
            f"All four pre-activations are −{z}",
            ["signs"],
            {
                "params": {
                    "W1": [[f"-{z}", "0"], ["0", f"-{z}"]],
                    "b1": "0",
                    "W2": [["0", "0"], ["0", "0"]],
                    "b2": f"-{z}",
                },
                "X": [["1", "1"]],
                "T": TARGET,
            },
        )


def _targets() -> Iterator[dict[str, Any]]:
    for name, fact, target in (
        ("both-high", "Both targets are high", ["0.9", "0.8"]),
        ("both-low", "Both targets are low", ["0.1", "0.2"]),
        ("outside", "The targets lie outside 0 to 1, and gradients exceed 1", ["9", "-7"]),
        ("limits", "The targets are 0 and 1 themselves", ["0", "1"]),
    ):
        yield from _every_op(
            f"hard/targets/{name}", fact, ["targets"], {"params": PARAMS, "X": ROW, "T": [target]}
        )
    yield from _every_op(
        "hard/targets/met-exactly",
        "Both outputs are exactly ½, as the targets are: no error, no gradient, no step",
        ["targets", "exact"],
        {
            "params": PARAMS | {"W2": [["0", "0"], ["0", "0"]], "b2": "0"},
            "X": ROW,
            "T": [["0.5", "0.5"]],
        },
    )
    yield from _every_op(
        "hard/targets/met-nearly",
        "One target is within rounding of its output",
        ["targets", "cancellation"],
        {
            "params": PARAMS | {"W2": [["0", "0"], ["0", "0"]], "b2": "1"},
            "X": ROW,
            "T": [["0.7310585786300049", "0.2"]],
        },
    )


def _decades() -> Iterator[dict[str, Any]]:
    yield from _every_op(
        "hard/decades/weights",
        "The weights of a layer differ by decades",
        ["decades"],
        {
            "params": {
                "W1": [["0.002", "0.05"], ["-7", "0.3"]],
                "b1": "0.01",
                "W2": [["6", "0.04"], ["-0.2", "0.003"]],
                "b2": "-0.5",
            },
            "X": [["0.02", "3"], ["-1", "0.4"], ["0.5", "-0.06"]],
            "T": [["0.9", "0.3"], ["0.04", "0.7"], ["0.5", "0.99"]],
        },
    )


def _exact() -> Iterator[dict[str, Any]]:
    for epochs in (0, 3):
        rate = "0" if epochs else "0.3"
        why = "The learning rate is 0" if epochs else "There are no epochs"
        yield {
            "id": f"hard/exact/{'learning-rate-0' if epochs else 'no-epochs'}",
            "description": f"{why}, so that every parameter keeps every bit.",
            "op": "train",
            "flags": ["exact"],
            "inputs": {"params": PARAMS, "X": ROW, "T": TARGET}
            | _schedule(rate, epochs=epochs, batch_size=1),
        }


def _many_rows() -> Iterator[dict[str, Any]]:
    rows = [["0.6", "-0.8"], ["0.6", "-0.8"], ["-0.3", "0.9"]]
    targets = [["0.3", "0.9"], ["0.3", "0.9"], ["0.8", "0.1"]]
    yield from _every_op(
        "hard/state/row-shown-twice",
        "The first row is shown twice, then another",
        ["state"],
        {"params": PARAMS, "X": rows, "T": targets},
        batch_size=1,
    )
    for count, batch_size in ((2, 2), (7, 7), (7, 2), (9, 9), (9, 4), (33, 33), (33, 8), (7, 50)):
        yield {
            "id": f"hard/batches/{count}-rows-by-{batch_size}",
            "description": f"{count} rows are trained in batches of at most {batch_size}.",
            "op": "train",
            "flags": ["batches"],
            "inputs": {"params": PARAMS}
            | _rows(count)
            | _schedule("0.1", epochs=1, batch_size=batch_size),
        }
    yield {
        "id": "hard/batches/33-rows-gradients",
        "description": "The gradients of 33 rows are summed.",
        "op": "gradients",
        "flags": ["batches"],
        "inputs": {"params": PARAMS} | _rows(33),
    }


def _rows(count: int) -> dict[str, Any]:
    """Return rows and targets in which no two neighbours are alike."""
    tenths = [
        ((3 * r % 11) - 5, (7 * r % 13) - 6, 5 * r % 9 + 1, 4 * r % 7 + 1) for r in range(count)
    ]
    return {
        "X": [[str(a / 10), str(b / 10)] for a, b, _, _ in tenths],
        "T": [[str(c / 10), str(d / 10)] for _, _, c, d in tenths],
    }


def _updates() -> Iterator[dict[str, Any]]:
    for name, fact, rate in (
        ("below-half-ulp", "The updates are too small to move a weight", "1e-20"),
        ("about-half-ulp", "Some updates are above half an ulp of bfloat16, some below", "0.02"),
        ("across-zero", "The step is so long that weights cross zero", "30"),
        ("of-1", "The learning rate is 1", "1"),
    ):
        yield {
            "id": f"hard/updates/{name}",
            "description": f"{fact}.",
            "op": "train",
            "flags": ["updates"],
            "inputs": {"params": PARAMS, "X": ROW, "T": TARGET}
            | _schedule(rate, epochs=1, batch_size=1),
        }


def _non_finite() -> Iterator[dict[str, Any]]:
    for name, fact, x, t in (
        ("nan-target", "One target is NaN: only what depends on it is", ROW, [["0.3", "NaN"]]),
        (
            "nan-input",
            "An input of the first row is NaN: what sums over the rows is, the second row is not",
            [["NaN", "0.5"], ["0.6", "-0.8"]],
            [["0.3", "0.9"], ["0.3", "0.9"]],
        ),
        (
            "infinite-input",
            "An input is infinite, so that the hidden units are 0 or 1",
            [["Infinity", "0.5"]],
            TARGET,
        ),
        ("minus-infinite-input", "An input is minus infinity", [["-Infinity", "0.5"]], TARGET),
        ("infinite-target", "A target is infinite", ROW, [["Infinity", "0.9"]]),
    ):
        case = {"params": PARAMS, "X": x, "T": t}
        yield from _every_op(f"hard/non-finite/{name}", fact, ["non-finite"], case)
    damages: list[tuple[str, str, dict[str, Any]]] = [
        (
            "nan-weight",
            "One weight, w5, is NaN: the second output and its weights know nothing of it",
            {"W2": [["NaN", "0.2"], ["0.8", "-0.9"]]},
        ),
        (
            "infinite-weight",
            "One weight, w1, is infinite, so that the first hidden unit is 1 and has no slope",
            {"W1": [["Infinity", "-0.4"], ["-0.3", "0.7"]]},
        ),
        (
            "nan-bias",
            "One bias, b2, is NaN: the hidden layer runs forward without it",
            {"b2": "NaN"},
        ),
        (
            "infinite-bias",
            "One bias, b1, is minus infinity, so that both hidden units are 0",
            {"b1": "-Infinity"},
        ),
    ]
    for name, fact, damage in damages:
        case = {"params": PARAMS | damage, "X": ROW, "T": TARGET}
        yield from _every_op(f"hard/non-finite/{name}", fact, ["non-finite"], case)


def _every_op(
    name: str, fact: str, flags: list[str], case: dict[str, Any], batch_size: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield a vector for each op; the training is one epoch with trained biases."""
    without_targets = {"params": case["params"], "X": case["X"]}
    schedule = _schedule("0.3", epochs=1, batch_size=batch_size or len(case["X"]))
    for op, inputs in (
        ("forward", without_targets),
        ("loss", case),
        ("gradients", case),
        ("train", case | schedule),
    ):
        yield {
            "id": f"{name}/{op}",
            "description": f"{fact} ({op}).",
            "op": op,
            "flags": flags,
            "inputs": inputs,
        }


def _schedule(rate: str, *, epochs: int, batch_size: int) -> dict[str, Any]:
    return {
        "learning_rate": rate,
        "epochs": epochs,
        "batch_size": batch_size,
        "train_biases": True,
    }
