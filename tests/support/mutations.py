"""Data that is valid but for one change: to its structure, or to its bytes."""

import json
from typing import Any

from hypothesis import strategies as st

# What a terminal obeys, what shows text as another, and what no encoding has.
HOSTILE_TEXT = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "\x1b[2J", "a\rb", "\u202egnp", "\x9b31m", "\0", "NaN", "null", "1e999"]),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([10**400, -(10**308), -0.0, 5e-324]),
    HOSTILE_TEXT,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE_TEXT, inner, max_size=3),
    max_leaves=6,
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be")


@st.composite
def changed(draw: st.DrawFn, valid: Any) -> Any:
    """Return a copy of data in which one place is replaced, removed, doubled or added."""
    data = json.loads(json.dumps(valid))  # no part of it is shared
    inside: Any = data
    if not (isinstance(data, dict | list) and data):
        return draw(VALUES)
    while True:
        key = draw(st.sampled_from([*(inside if isinstance(inside, dict) else range(len(inside)))]))
        deeper = inside[key]
        if not (isinstance(deeper, dict | list) and deeper) or draw(st.integers(0, 2)) == 0:
            break
        inside = deeper
    match draw(st.sampled_from(["replace", "remove", "double", "add"])):
        case "replace":
            inside[key] = draw(VALUES)
        case "remove":
            del inside[key]
        case "double":
            inside[key] = [deeper, deeper]
        case "add" if isinstance(inside, dict):
            inside[draw(HOSTILE_TEXT)] = draw(VALUES)
        case _:
            inside.insert(key, draw(VALUES))
    return data


@st.composite
def damaged(draw: st.DrawFn, valid: bytes) -> bytes:
    """Return bytes of which a part is cut out, and other bytes put in."""
    start = draw(st.integers(0, len(valid)))
    end = draw(st.sampled_from([start, start + 1, start + 10, len(valid)]))
    return valid[:start] + draw(st.binary(max_size=10)) + valid[end:]


@st.composite
def mutated_json(draw: st.DrawFn, valid: Any) -> bytes:
    """Return JSON, or what almost is, made of valid data."""
    whole = [st.just(valid), changed(valid), changed(valid).flatmap(changed), VALUES]
    text = json.dumps(draw(st.one_of(whole)), ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 5)) == 0:  # a key twice
        text = text.replace("{", '{"id": 0, ', 1)
    encoded = text.encode(draw(st.sampled_from(ENCODINGS)), errors="surrogatepass")
    return draw(st.one_of(st.just(encoded), damaged(encoded), st.binary(max_size=100)))
