"""What a port may do with each request, drawn, and what must come of it by the protocol's page."""

import json
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from mutations import HOSTILE_TEXT

from backproof import load
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.responses import make_arguments
from backproof.ports.serve import respond
from backproof.ports.wire import echo_numbers, encode_line
from backproof.vectors.vectors import Vector

PORT = Path(__file__).with_name("acting_port.py")
RIGHT = InProcessDriver(load("plain-python"))
DTYPE = "float64"
OPS = ["forward", "loss", "gradients", "train"]
MAX_FAILURES = 4  # after so many crashes, timeouts and malformed responses, no request is sent
TOO_LONG = 2**17  # bytes, for a request with one row

Action = tuple[str, Any]


@dataclass(frozen=True)
class Turn:
    """What a port does with one request, and what comes of it."""

    actions: tuple[Action, ...]
    outcome: str
    ends: bool = False  # whether the process is to be replaced
    talks_on: bool = False  # whether a line follows that nobody has asked for
    hangs: bool = False


def turn(outcome: str, *actions: Action, **of: bool) -> Turn:
    return Turn(actions, outcome, **of)


def dead(outcome: str, *actions: Action, **of: bool) -> Turn:
    return Turn(actions, outcome, ends=True, **of)


ANSWER = ("answer", None)
SIGNALS = [int(getattr(signal, f"SIG{name}")) for name in ("KILL", "SEGV", "TERM", "ABRT", "USR1")]
COMPLAINT = HOSTILE_TEXT.map(lambda text: ("complain", text * 50))
WRITTEN = st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"").decode("latin-1"))
# What comes before an answer, and changes nothing.
HARMLESS = st.one_of(
    COMPLAINT,
    st.sampled_from([("start a process", True), ("start a process", False), ("wait", 0.02)]),
)
FATAL = st.one_of(
    st.sampled_from([0, 1, 2, 77, 255]).map(lambda status: ("exit", status)),
    st.sampled_from(SIGNALS).map(lambda signum: ("kill itself", signum)),
)
UNANSWERED = st.one_of(
    WRITTEN.filter(lambda text: not text.startswith("{")).map(lambda text: ("say", f"!{text}\n")),
    WRITTEN.map(lambda text: ("say", f"[1, {text}\n")),
    st.just(("fill", TOO_LONG)),
    st.sampled_from([{"id": 99}, {"id": None}, {"ok": {}}, {"ok": [1]}, {"more": 1}]).map(
        lambda changed: ("answer with", changed)
    ),
)
TURNS = st.one_of(
    st.just(turn("pass", ANSWER)),
    HARMLESS.map(lambda before: turn("pass", before, ANSWER)),
    st.just(turn("pass", ANSWER, ANSWER, talks_on=True)),
    st.builds(lambda text: turn("pass", ANSWER, ("say", f"!{text}\n"), talks_on=True), WRITTEN),
    HOSTILE_TEXT.map(lambda text: turn("error", ("refuse", {"error": text}))),
    HOSTILE_TEXT.map(lambda text: turn("unsupported", ("refuse", {"unsupported": text}))),
    UNANSWERED.map(lambda said: dead("error", said)),
    st.builds(lambda before, end: dead("crash", before, end), HARMLESS, FATAL),
    FATAL.map(lambda end: dead("crash", ("begin to answer", None), end)),
    HARMLESS.map(lambda before: dead("timeout", before, ("hang", None), hangs=True)),
    st.just(dead("timeout", ("begin to answer", None), ("hang", None), hangs=True)),
)
GOOD = turn("pass", ANSWER)


@dataclass(frozen=True)
class Script:
    """What a port does with each request: a turn for the first time, and one for the second."""

    hello: Turn
    echo: Turn
    turns: Sequence[tuple[Turn, Turn]]  # for each test vector

    @property
    def hangs(self) -> bool:
        return any(t.hangs for t in (self.hello, self.echo, *sum(self.turns, ())))

    def write(self, folder: Path, vectors: Sequence[Vector], name: str = "acting") -> Path:
        """Write the manifest of such a port."""
        held = {"hangs": str(folder / "hangs"), "requests": self._requests(vectors, name)}
        script, path = folder / f"{name}.json", folder / f"{name}.toml"
        script.write_text(json.dumps(held), encoding="utf-8")
        command = json.dumps([sys.executable, "-I", "-S", str(PORT), str(script)])
        path.write_text(f'name = "{name}"\nrun = {command}\n', encoding="utf-8")
        return path

    def _requests(self, vectors: Sequence[Vector], name: str) -> Mapping[str, Any]:
        introduction = {"protocol": 1, "name": name, "dtypes": [DTYPE], "ops": OPS}
        echo = {"op": "echo", "dtype": DTYPE, "values": echo_numbers(DTYPE)}
        found = {
            _key({"op": "hello", "protocol": 1}): _held({"ok": introduction}, self.hello),
            _key(echo): _held(respond(RIGHT, echo), self.echo),
        }
        for vector, turns in zip(vectors, self.turns, strict=True):
            request = dict(make_arguments(vector.op, vector.inputs).request(vector.op, DTYPE))
            found[_key(request)] = _held(respond(RIGHT, request), *turns)
        return found

    def expected(self) -> Sequence[str]:
        """Return the outcome of each test vector, or of the start, if it fails."""
        start = self._start()
        return self._outcomes() if start == "pass" else [start]

    def _start(self) -> str:
        for said in (self.hello, self.echo):
            if said.outcome != "pass":
                # The process is told nothing by "unsupported"; it is no answer to either.
                return "error" if said.outcome == "unsupported" else said.outcome
            if said.talks_on and said is self.hello:
                return "error"
        return "pass"

    def _outcomes(self) -> Sequence[str]:
        failures, line_waits, found = 0, self.echo.talks_on, []
        for turns in self.turns:
            outcome = "pass"
            for said in turns:
                if failures == MAX_FAILURES:
                    outcome = "not-run"
                elif line_waits:  # it is taken for the answer, or told from it
                    outcome, line_waits, failures = "error", False, failures + 1
                else:
                    outcome, line_waits = said.outcome, said.talks_on
                    failures += said.ends
                if outcome != "pass":
                    break
            found.append(outcome)
        return found


def _key(request: Any) -> str:
    return json.dumps(json.loads(encode_line(request)), sort_keys=True)


def _held(answer: Any, *turns: Turn) -> Any:
    """Return how a script holds a request; the process lives through each turn but the last."""
    return {
        "answer": json.loads(encode_line(answer)),
        "turns": [(t.actions, t.talks_on) for t in turns],
    }


def scripts(count: int) -> st.SearchStrategy[Script]:
    """Draw what a port does with the requests for so many test vectors."""
    start = st.one_of(
        st.just(GOOD), st.just(GOOD), HARMLESS.map(lambda b: turn("pass", b, ANSWER)), TURNS
    )
    either = st.one_of(st.just(GOOD), TURNS)
    turns = st.lists(st.tuples(TURNS, either), min_size=count, max_size=count)
    return st.builds(Script, start, start, turns)
