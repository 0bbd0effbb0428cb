"""The truth, derived a second time: in mpmath, by difference quotients, without the chain rule.

Nothing here comes from backproof. One function, `_evaluate`, states the network's definition for
one row, and can move any one of its numbers a little. Everything else asks it:

- values are its answers;
- derivatives are central differences of its answers, (Q(+δ) − Q(−δ)) / 2δ;
- training takes its gradients from dual numbers, a parameter moved by an ε with ε² = 0. They lose
  no digits, so that a step needs neither a second evaluation nor a higher precision, and they are
  checked: `dual_gradients` gives them alone, to be compared with `derive("gradients", …)`, which
  knows no rule of differentiation at all.

Where NaN or an infinity is put in, there is no derivative to find, and what must come out is what
the specification's formulas make of it. `by_formulas` works these through, one after the other, in
mpmath's numbers, which obey IEEE 754 there: 0·∞ is NaN, ∞ − ∞ is NaN, exp(−∞) is 0.

Why the digits are right: with p decimal digits and δ = 10^(−p/3), a difference is off by about
10^(−2p/3), from the Taylor remainder δ² Q‴/6 and from the rounding 10^(−p) Q/δ alike. So p grows
by half until two results in succession agree to `digits` digits, and are so large that 10^(−p/2)
does not show in them. The first takes nothing for granted about the size of Q‴ or cancellation;
the second is for what agreement cannot see, a term lost in rounding both times (1 − σ(1800) beside
σ(−1800)), and leaves p/6 digits to spare for nets that are not of order 1. The first p is
3/2 · (digits + 40), so that the first two results agree on any derivative above 1e-40 or so.
Zero never settles: it is the answer once 10^(−p/2) is below `SMALLEST`, and no derivative is that
small by saturation alone while the pre-activations stay within ±1800.

The numbers returned keep their digits, but arithmetic on them rounds to mpmath's working
precision: compare them inside `mp.workdps`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from mpmath import mp, mpf  # type: ignore[import-untyped]  # mpmath has no annotations

Number: TypeAlias = Any  # an mpf; a Dual, if it depends on something moved by ε
Row: TypeAlias = tuple[Sequence[Fraction], Sequence[Fraction]]  # inputs (2,); targets (2,) or (0,)

SMALLEST = mpf("1e-2400")

FORWARD = [f"{name}[{n}]" for name in ("h", "out_h", "y", "out_y") for n in range(2)]
LOSS = ["per_output[0]", "per_output[1]", "total"]

# Of a row: what is differentiated, and by what.
INTERMEDIATES = {
    **{f"dE_dout_y[{k}]": ("total", f"out_y[{k}]") for k in range(2)},
    **{f"dout_dy[{k}]": (f"out_y[{k}]", f"y[{k}]") for k in range(2)},
    **{f"delta_y[{k}]": ("total", f"y[{k}]") for k in range(2)},
    **{
        f"dE_k_dout_h[{k}][{i}]": (f"per_output[{k}]", f"out_h[{i}]")
        for k in range(2)
        for i in range(2)
    },
    **{f"dE_dout_h[{i}]": ("total", f"out_h[{i}]") for i in range(2)},
    **{f"dout_dh[{i}]": (f"out_h[{i}]", f"h[{i}]") for i in range(2)},
    **{f"delta_h[{i}]": ("total", f"h[{i}]") for i in range(2)},
}


@dataclass(frozen=True)
class Dual:
    """a + a′ε with ε² = 0: a number, and its derivative by whatever is moved by ε."""

    value: mpf
    slope: mpf

    def __add__(self, other: Number) -> "Dual":
        other = _dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Number) -> "Dual":
        other = _dual(other)
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def __rtruediv__(self, numerator: mpf) -> "Dual":
        quotient = numerator / self.value
        return Dual(quotient, -quotient * self.slope / self.value)

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.slope)

    def __sub__(self, other: Number) -> "Dual":
        return self + -_dual(other)

    def exp(self) -> "Dual":
        power = mp.exp(self.value)
        return Dual(power, power * self.slope)

    __radd__ = __add__
    __rmul__ = __mul__


def derive(op: str, inputs: Mapping[str, Any], digits: int = 45) -> dict[str, mpf]:
    """Return what a backend answers to `op`, by path, for inputs that are ints and Fractions.

    Every number has `digits` significant digits, or is 0 because it is below `SMALLEST`; only the
    parameters after "train" are right to 10^(−digits) · max(|w|, 1) instead.
    """
    params = _by_path(inputs["params"])
    match op:
        case "forward":
            rows: list[Row] = [(x, ()) for x in inputs["X"]]
            return _values(FORWARD, params, rows, digits)
        case "loss":
            return _values(LOSS, params, _rows(inputs), digits)
        case "gradients":
            return {
                path: _settled(digits, _difference, params, _rows(inputs), "total", path)
                for path in params
            }
        case "train":
            return _trained(inputs, digits)
    raise ValueError(op)


def intermediates(inputs: Mapping[str, Any], digits: int = 45) -> dict[str, mpf]:
    """Return the derivatives on the way back that a calculation by hand prints, by path.

    `dE_k_dout_h[r][k][i]` is the part of `dE_dout_h[r][i]` that comes through output k.
    """
    params = _by_path(inputs["params"])
    return {
        _in_row(r, path): _settled(digits, _difference, params, [row], of, by)
        for r, row in enumerate(_rows(inputs))
        for path, (of, by) in INTERMEDIATES.items()
    }


def dual_gradients(inputs: Mapping[str, Any], digits: int = 45) -> dict[str, mpf]:
    """Return what `derive("gradients", …)` returns, from the dual numbers that training uses."""
    params = _by_path(inputs["params"])
    return {path: _settled(digits, _slope, params, _rows(inputs), path) for path in params}


def by_formulas(op: str, inputs: Mapping[str, Any], digits: int = 45) -> dict[str, mpf]:
    """Return what a backend answers to `op`, by path, for inputs that may be NaN or infinite.

    They are ints, Fractions and floats. Every finite number has `digits` significant digits, or is
    0 because it is below `SMALLEST`.
    """
    return {path: _settled(digits, _worked_out, op, inputs, path) for path in _worked(op, inputs)}


def _worked_out(op: str, inputs: Mapping[str, Any], path: str) -> mpf:
    return _worked(op, inputs)[path]


def _worked(op: str, inputs: Mapping[str, Any]) -> dict[str, mpf]:
    """Work an op through at the working precision."""
    params = {path: mp.convert(p) for path, p in _by_path(inputs["params"]).items()}
    match op:
        case "forward":
            return _by_row([_worked_row(params, (x, ())) for x in inputs["X"]], FORWARD)
        case "loss":
            return _by_row([_worked_row(params, row) for row in _rows(inputs)], LOSS)
        case "gradients":
            return _worked_gradients(params, _rows(inputs))
        case "train":
            rate, moving = mp.convert(inputs["learning_rate"]), _moving(inputs)
            for batch in _batches(inputs):
                gradients = _worked_gradients(params, batch)
                params |= {p: params[p] - rate * gradients[p] for p in moving}
            return params
    raise ValueError(op)


def _worked_row(params: Mapping[str, mpf], row: Row) -> dict[str, mpf]:
    """Work one row through, forwards and, if it has targets, back."""
    found = _evaluate(params, row, "", 0)
    x, t = ([mp.convert(number) for number in numbers] for numbers in row)
    if not t:
        return found
    slope = {n: found[n] * (1 - found[n]) for n in ("out_h[0]", "out_h[1]", "out_y[0]", "out_y[1]")}
    delta_y = [(found[f"out_y[{k}]"] - t[k]) * slope[f"out_y[{k}]"] for k in range(2)]
    for k in range(2):
        for i in range(2):
            found[f"d W2[{k}][{i}]"] = delta_y[k] * found[f"out_h[{i}]"]
    found["d b2"] = delta_y[0] + delta_y[1]
    sent_back = [
        params[f"W2[0][{i}]"] * delta_y[0] + params[f"W2[1][{i}]"] * delta_y[1] for i in range(2)
    ]
    delta_h = [sent_back[i] * slope[f"out_h[{i}]"] for i in range(2)]
    for i in range(2):
        for j in range(2):
            found[f"d W1[{i}][{j}]"] = delta_h[i] * x[j]
    found["d b1"] = delta_h[0] + delta_h[1]
    return found


def _worked_gradients(params: Mapping[str, mpf], rows: list[Row]) -> dict[str, mpf]:
    worked = [_worked_row(params, row) for row in rows]
    return {path: mp.fsum(found[f"d {path}"] for found in worked) for path in params}


def _by_row(worked: list[dict[str, mpf]], quantities: list[str]) -> dict[str, mpf]:
    return {_in_row(r, q): found[q] for r, found in enumerate(worked) for q in quantities}


def _trained(inputs: Mapping[str, Any], digits: int) -> dict[str, mpf]:
    """Return the parameters after the last step."""
    with mp.workdps(digits + 30):
        params = {path: mp.convert(p) for path, p in _by_path(inputs["params"]).items()}
        rate, moving = mp.convert(inputs["learning_rate"]), _moving(inputs)
        for batch in _batches(inputs):
            slopes = {path: _slope(params, batch, path) for path in moving}
            params |= {path: params[path] - rate * slope for path, slope in slopes.items()}
    return params


def _batches(inputs: Mapping[str, Any]) -> Iterator[list[Row]]:
    """Yield the rows of each step."""
    rows, size = _rows(inputs), inputs["batch_size"]
    for _ in range(inputs["epochs"]):
        for start in range(0, len(rows), size):
            yield rows[start : start + size]


def _moving(inputs: Mapping[str, Any]) -> list[str]:
    """Name the parameters that training moves."""
    paths = _by_path(inputs["params"])
    return [path for path in paths if path[0] == "W" or inputs["train_biases"]]


def _values(
    quantities: list[str], params: Mapping[str, Number], rows: list[Row], digits: int
) -> dict[str, mpf]:
    """Return these quantities of each row."""
    return {
        _in_row(r, quantity): _settled(digits, _sum, params, [row], quantity)
        for r, row in enumerate(rows)
        for quantity in quantities
    }


def _settled(digits: int, compute: Callable[..., mpf], *arguments: Any) -> mpf:
    """Compute with ever more digits, until as many of them as asked for stay the same."""
    precision, earlier = 3 * (digits + 40) // 2, mp.inf
    while True:
        with mp.workdps(precision):
            found, error = compute(*arguments), mpf(10) ** (-precision // 2)
            if not mp.isfinite(found):
                return found
            if max(error, abs(found - earlier)) < abs(found) / 10**digits:
                return found
            if max(error, abs(found)) < SMALLEST:
                return mp.zero
        precision, earlier = precision * 3 // 2, found


def _difference(params: Mapping[str, Number], rows: list[Row], of: str, by: str) -> mpf:
    """Return the central difference of one number, summed over the rows, by another."""
    delta = mpf(10) ** (-mp.dps // 3)
    there, back = (_sum(params, rows, of, by, shift) for shift in (delta, -delta))
    return (there - back) / (2 * delta)


def _slope(params: Mapping[str, Number], rows: list[Row], by: str) -> mpf:
    """Return the derivative of the error, summed over the rows, by a parameter."""
    return _sum(params, rows, "total", by, Dual(mp.zero, mp.one)).slope


def _sum(
    params: Mapping[str, Number], rows: list[Row], of: str, moved: str = "", shift: Number = 0
) -> Number:
    """Evaluate one number, summed over the rows, with another moved."""
    return sum(_evaluate(params, row, moved, shift)[of] for row in rows)


def _evaluate(
    params: Mapping[str, Number], row: Row, moved: str, shift: Number
) -> dict[str, Number]:
    """Evaluate the network for one row, at the working precision, with one number moved."""
    found: dict[str, Number] = {}

    def define(name: str, value: Number) -> None:
        found[name] = value + shift if name == moved else value

    x, t = ([mp.convert(number) for number in numbers] for numbers in row)
    for name, value in params.items():
        define(name, mp.convert(value))
    for i in range(2):
        define(f"h[{i}]", found[f"W1[{i}][0]"] * x[0] + found[f"W1[{i}][1]"] * x[1] + found["b1"])
        define(f"out_h[{i}]", _sigmoid(found[f"h[{i}]"]))
    for k in range(2):
        weighted = [found[f"W2[{k}][{i}]"] * found[f"out_h[{i}]"] for i in range(2)]
        define(f"y[{k}]", weighted[0] + weighted[1] + found["b2"])
        define(f"out_y[{k}]", _sigmoid(found[f"y[{k}]"]))
    for k, target in enumerate(t):
        error = found[f"out_y[{k}]"] - target
        define(f"per_output[{k}]", 0.5 * error * error)
    if t:
        define("total", found["per_output[0]"] + found["per_output[1]"])
    return found


def _sigmoid(z: Number) -> Number:
    return 1 / (1 + _exp(-z))


def _exp(z: Number) -> Number:
    return z.exp() if isinstance(z, Dual) else mp.exp(z)


def _dual(number: Number) -> Dual:
    return number if isinstance(number, Dual) else Dual(number, mp.zero)


def _rows(inputs: Mapping[str, Any]) -> list[Row]:
    return list(zip(inputs["X"], inputs["T"], strict=True))


def _by_path(params: Mapping[str, Any]) -> dict[str, Fraction]:
    """Name every parameter by its path."""
    return {
        **{f"W1[{i}][{j}]": params["W1"][i][j] for i in range(2) for j in range(2)},
        "b1": params["b1"],
        **{f"W2[{k}][{i}]": params["W2"][k][i] for k in range(2) for i in range(2)},
        "b2": params["b2"],
    }


def _in_row(r: int, quantity: str) -> str:
    """Put the row before the other indices: `h[1]` of row 3 is `h[3][1]`."""
    name, bracket, indices = quantity.partition("[")
    return f"{name}[{r}]{bracket}{indices}"
