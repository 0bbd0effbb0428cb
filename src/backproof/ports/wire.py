"""Encode and decode the wire protocol: JSON lines whose numbers survive transport."""

import json
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NoReturn

from backproof.network.float_formats import FORMATS
from backproof.network.inputs import NON_FINITE
from backproof.text.json_words import abbreviate, encode_non_finite
from backproof.text.reading import first_duplicate_key

PROTOCOL = 1
MAX_BYTES = 2**16  # of a response, such as a text of why there are no numbers
MAX_BYTES_PER_ROW = 2**12  # of X, in addition: at most 8 numbers, whose decimals may be written out
LONGEST_INTEGER = 400  # digits; a float64 has at most 309 before the decimal point
SHOWN = 200  # bytes of a malformed line shown in a message

# Rounded to the dtype, few of these survive being written with 6 or 15 digits.
HARD = [Fraction(x) for x in ("0.1", "2/3", "0.3", "1e-3", "123.456789012345678", "1/998001")]


class Malformed(Exception):
    """A line violates the protocol; the message says how."""


def encode_line(message: Mapping[str, Any]) -> bytes:
    """Encode a message as one line of JSON, with every float in full precision."""
    return (json.dumps(encode_non_finite(message), allow_nan=False) + "\n").encode()


def max_response_bytes(request: Mapping[str, Any]) -> int:
    """Return how many bytes a response to a request may have."""
    return MAX_BYTES + MAX_BYTES_PER_ROW * len(request.get("X", ()))


def format_value(data: Any) -> str:
    """Encode a value as on the wire."""
    return json.dumps(encode_non_finite(data), allow_nan=False, ensure_ascii=False)


def decode_line(line: bytes) -> dict[str, Any]:
    """Decode a line that holds a JSON object. Raises `Malformed`."""
    try:
        data = json.loads(
            line.decode(),  # `json` would take bytes for UTF-16, too
            object_pairs_hook=_object,
            parse_float=_float,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8, byte {error.start + 1} is invalid: {_shown(line)}") from error
    except RecursionError as error:
        raise Malformed(f"not JSON, nested too deeply: {_shown(line)}") from error
    except json.JSONDecodeError as error:
        where = f", {error.msg} at character {error.pos + 1}" if error.pos else ""
        raise Malformed(f"not JSON{where}: {_shown(line)}") from error
    except ValueError as error:
        raise Malformed(f"not JSON, {error}: {_shown(line)}") from error
    if not isinstance(data, dict):
        raise Malformed(f"not a JSON object: {_shown(line)}")
    return data


def to_float(number: Any) -> float:
    """Convert a JSON number or "NaN", "Infinity" or "-Infinity". Raises `Malformed`."""
    if isinstance(number, bool) or not (isinstance(number, int | float) or number in NON_FINITE):
        raise Malformed(f"{abbreviate(number)} is not a number")
    try:
        return float(number)
    except OverflowError as error:
        raise Malformed(
            f"an integer of {len(str(number))} digits is too large for float64"
        ) from error


def echo_numbers(dtype: str) -> list[float]:
    """List numbers of a dtype that are easily corrupted in transport, including infinities and NaN.

    The last is −0.0.
    """
    fmt = FORMATS[dtype]
    smallest = fmt.min_normal * 2 * fmt.unit_roundoff
    edges = (smallest, fmt.min_normal - smallest, fmt.min_normal, fmt.max_finite)
    above_one = 1 + 2 * fmt.unit_roundoff
    numbers = [fmt.round(x) for x in (*HARD, above_one, *edges)]
    return [*numbers, *(-x for x in numbers), math.nan, math.inf, -math.inf, 0.0, -0.0]


def _shown(line: bytes) -> str:
    shown = repr(line[:SHOWN])[1:]
    return shown if len(line) <= SHOWN else f"{shown}… ({len(line):,} bytes)"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise Malformed(
            f"ambiguous, it has the key {abbreviate(first_duplicate_key(pairs))} more than once"
        )
    return members


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Malformed(
            f'out of range, {digits[:40]} is too large for float64; write infinity as "Infinity"'
        )
    return number


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise Malformed(
            f"out of range, an integer of {len(digits):,} digits is too large for float64"
        )
    return int(digits)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f'{name} must be quoted: "{name}"')
