"""A formula as a tree: parse it, evaluate it with any numbers, or alter it.

The formulas are those of `backproof.network.notation`, with operands in square brackets.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add, mul

from flint import arb

from backproof.network.exercises import NumberId, symbol
from backproof.truth.arithmetics import BallArithmetic
from backproof.worked_examples.digits import round_to_decimals

TOKEN = re.compile(r"\[(?P<operand>[^]]+)\]|(?P<sign>σ\(|½ \(|\)²|[()·+−]|1)|\s+")
ValueOf = Callable[[NumberId], arb]
EXACT = BallArithmetic()
OTHER_UNIT = 2  # the implausibility of the same quantity of another unit
OTHER_OPERAND = 3  # the implausibility of another operand, of which there are many


class Expression:
    """A node of the tree."""

    def compute(self, numbers: ValueOf) -> arb:
        raise NotImplementedError

    def parts(self) -> Sequence["Expression"]:
        return ()

    def with_parts(self, parts: Sequence["Expression"]) -> "Expression":  # noqa: ARG002
        return self

    def operands(self) -> list[NumberId]:
        """List the distinct operands, in order."""
        return list(dict.fromkeys(p for part in self.parts() for p in part.operands()))


@dataclass(frozen=True)
class Operand(Expression):
    place: NumberId

    def compute(self, numbers: ValueOf) -> arb:
        return numbers(self.place)

    def operands(self) -> list[NumberId]:
        return [self.place]


@dataclass(frozen=True)
class Constant(Expression):
    value: arb

    def compute(self, numbers: ValueOf) -> arb:  # noqa: ARG002
        return self.value


@dataclass(frozen=True)
class Negative(Expression):
    operand: Expression

    def compute(self, numbers: ValueOf) -> arb:
        return -self.operand.compute(numbers)

    def parts(self) -> Sequence[Expression]:
        return (self.operand,)

    def with_parts(self, parts: Sequence[Expression]) -> Expression:
        return Negative(*parts)


@dataclass(frozen=True)
class Sum(Expression):
    terms: tuple[Expression, ...]

    def compute(self, numbers: ValueOf) -> arb:
        return reduce(add, (term.compute(numbers) for term in self.terms))

    def parts(self) -> Sequence[Expression]:
        return self.terms

    def with_parts(self, parts: Sequence[Expression]) -> Expression:
        return Sum(tuple(parts))


@dataclass(frozen=True)
class Product(Expression):
    factors: tuple[Expression, ...]

    def compute(self, numbers: ValueOf) -> arb:
        return reduce(mul, (factor.compute(numbers) for factor in self.factors))

    def parts(self) -> Sequence[Expression]:
        return self.factors

    def with_parts(self, parts: Sequence[Expression]) -> Expression:
        return Product(tuple(parts))


@dataclass(frozen=True)
class Quotient(Expression):
    numerator: Expression
    denominator: Expression

    def compute(self, numbers: ValueOf) -> arb:
        return self.numerator.compute(numbers) / self.denominator.compute(numbers)

    def parts(self) -> Sequence[Expression]:
        return (self.numerator, self.denominator)

    def with_parts(self, parts: Sequence[Expression]) -> Expression:
        return Quotient(*parts)


@dataclass(frozen=True)
class Sigmoid(Expression):
    of: Expression

    def compute(self, numbers: ValueOf) -> arb:
        return EXACT.sigmoid(self.of.compute(numbers))

    def parts(self) -> Sequence[Expression]:
        return (self.of,)

    def with_parts(self, parts: Sequence[Expression]) -> Expression:
        return Sigmoid(*parts)


@dataclass(frozen=True)
class HalfSquare(Expression):
    of: Expression

    def compute(self, numbers: ValueOf) -> arb:
        return EXACT.half_square(self.of.compute(numbers))

    def parts(self) -> Sequence[Expression]:
        return (self.of,)

    def with_parts(self, parts: Sequence[Expression]) -> Expression:
        return HalfSquare(*parts)


def compute_rounding_steps(expression: Expression, numbers: ValueOf, decimals: int) -> arb:
    """Evaluate with every intermediate result, but not the last one, rounded to `decimals`."""

    def step(part: Expression) -> Expression:
        if not part.parts():
            return part
        return Constant(
            round_to_decimals(compute_rounding_steps(part, numbers, decimals), decimals)
        )

    return expression.with_parts([step(part) for part in expression.parts()]).compute(numbers)


def parse_formula(form: str, place_of: Callable[[str], NumberId]) -> Expression:
    """Parse a formula; `place_of` maps the symbol of an operand to its number."""
    tokens = [t for t in TOKEN.finditer(form) if t.lastgroup]
    assert sum(len(t[0]) for t in TOKEN.finditer(form)) == len(form), form
    expression, rest = _sum(tokens, place_of)
    assert not rest, form
    return expression


@dataclass(frozen=True)
class Slip:
    """A formula with one thing wrong."""

    words: str
    expression: Expression
    implausibility: int = 0  # 0: a part is left out; 1: a sign is flipped; or one of the above


def enumerate_slips(expression: Expression, others: Sequence[NumberId]) -> Iterator[Slip]:
    """Yield the formula with a part left out, a sign flipped, or another operand."""
    yield from _omissions(expression)
    yield from (replace(slip, implausibility=1) for slip in _sign_flips(expression))
    for place in expression.operands():
        for other in others:
            if other != place:
                words = f"{symbol(other)} is used instead of {symbol(place)}"
                same = _of_same_kind(place, other)
                replaced = _replaced(expression, place, other)
                yield Slip(words, replaced, OTHER_UNIT if same else OTHER_OPERAND)


def _of_same_kind(one: NumberId, other: NumberId) -> bool:
    """Whether two numbers are the same quantity of the same row, of two units."""
    same = one.updates == other.updates and one.quantity[:-2] == other.quantity[:-2]
    return same and one.quantity.endswith("]")


def _omissions(expression: Expression) -> Iterator[Slip]:
    parts = expression.parts()
    if isinstance(expression, Sum | Product) and len(parts) > 1:
        kind = "factor" if isinstance(expression, Product) else "term"
        for i, part in enumerate(parts):
            rest = [*parts[:i], *parts[i + 1 :]]
            left = rest[0] if len(rest) == 1 else expression.with_parts(rest)
            yield Slip(f"the {kind} {_describe(part)} is left out", left)
    for i, part in enumerate(parts):
        for slip in _omissions(part):
            yield Slip(
                slip.words, expression.with_parts([*parts[:i], slip.expression, *parts[i + 1 :]])
            )


def _sign_flips(expression: Expression) -> Iterator[Slip]:
    parts = expression.parts()
    if isinstance(expression, Sum):
        for i, part in enumerate(parts):
            other = part.operand if isinstance(part, Negative) else Negative(part)
            yield Slip(
                f"the sign of {_describe(part)} is flipped",
                expression.with_parts([*parts[:i], other, *parts[i + 1 :]]),
            )
    for i, part in enumerate(parts):
        for slip in _sign_flips(part):
            yield Slip(
                slip.words, expression.with_parts([*parts[:i], slip.expression, *parts[i + 1 :]])
            )


def _replaced(expression: Expression, place: NumberId, other: NumberId) -> Expression:
    if isinstance(expression, Operand):
        return Operand(other) if expression.place == place else expression
    return expression.with_parts([_replaced(part, place, other) for part in expression.parts()])


def _describe(expression: Expression) -> str:
    match expression:
        case Operand(place):
            return symbol(place)
        case Negative(of):
            return _describe(of)
        case Sum(terms):
            first, *others = terms
            shown = "".join(
                f" {'−' if isinstance(t, Negative) else '+'} {_describe(t)}" for t in others
            )
            return f"({_describe(first)}{shown})"
        case Product(factors):
            return " · ".join(map(_describe, factors))
        case Constant(value):
            return f"{float(value.mid()):g}"
        case _:
            return " and ".join(map(symbol, expression.operands()))


Tokens = Sequence[re.Match[str]]
PlaceOf = Callable[[str], NumberId]


def _sum(tokens: Tokens, place_of: PlaceOf) -> tuple[Expression, Tokens]:
    terms = []
    sign = "+"
    if tokens and tokens[0][0] == "−":
        sign, tokens = "−", tokens[1:]
    while True:
        term, tokens = _product(tokens, place_of)
        terms.append(Negative(term) if sign == "−" else term)
        if not tokens or tokens[0][0] not in "+−":
            return (terms[0] if len(terms) == 1 else Sum(tuple(terms))), tokens
        sign, tokens = tokens[0][0], tokens[1:]


def _product(tokens: Tokens, place_of: PlaceOf) -> tuple[Expression, Tokens]:
    factor, tokens = _factor(tokens, place_of)
    factors = [factor]
    while tokens and tokens[0][0] == "·":
        factor, tokens = _factor(tokens[1:], place_of)
        factors.append(factor)
    return (factors[0] if len(factors) == 1 else Product(tuple(factors))), tokens


def _factor(tokens: Tokens, place_of: PlaceOf) -> tuple[Expression, Tokens]:
    first, tokens = tokens[0], tokens[1:]
    if first["operand"]:
        return Operand(place_of(first["operand"])), tokens
    if first[0] == "1":
        return Constant(arb(1)), tokens
    inner, tokens = _sum(tokens, place_of)  # between brackets
    wrapped = {"(": inner, "σ(": Sigmoid(inner), "½ (": HalfSquare(inner)}[first[0]]
    return wrapped, tokens[1:]
