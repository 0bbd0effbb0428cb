"""A port that plays a script: `python -I -S acting_port.py SCRIPT.json`.

The script has the right answer and the actions for each request: for its first time, and for its
second. It needs nothing but the standard library, so that it starts at once.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def main(path: str) -> None:
    script = json.loads(Path(path).read_text(encoding="utf-8"))
    times: dict[str, int] = {}
    for line in sys.stdin:
        request = json.loads(line)
        number = request.pop("id")
        key = json.dumps(request, sort_keys=True)
        turn = times[key] = times.get(key, -1) + 1
        known = script["requests"][key]
        answer = json.dumps({"id": number, **known["answer"]})
        actions, talks_on = known["turns"][turn]
        for kind, detail in actions:
            act(kind, detail, answer, number, script["hangs"])
        if talks_on:
            sys.stdin.read()  # whatever it would do next, nobody looks any more


def act(kind: str, detail: Any, answer: str, number: int, hangs: str) -> None:
    match kind:
        case "complain":
            os.write(2, detail.encode("utf-8", "surrogatepass"))
        case "exit":
            os._exit(detail)
        case "kill itself":
            os.kill(os.getpid(), detail)
            time.sleep(600)
        case "start a process":
            start_a_process(in_a_session=detail)
        case "wait":
            time.sleep(detail)
        case "hang":
            with Path(hangs).open("ab") as file:
                file.write(b".")
            time.sleep(600)
        case _:
            say(text(kind, detail, answer, number))


def text(kind: str, detail: Any, answer: str, number: int) -> bytes:
    """Return what to say."""
    match kind:
        case "answer":
            said = f"{answer}\n"
        case "answer with":  # instead of a part of it
            said = json.dumps({**json.loads(answer), **detail}) + "\n"
        case "refuse":
            said = json.dumps({"id": number, **detail}) + "\n"
        case "begin to answer":
            said = answer[: len(answer) // 2]
        case "fill":
            said = " " * detail + "\n"
        case _:
            assert kind == "say"
            return bytes(detail, "latin-1")
    return said.encode()


def start_a_process(*, in_a_session: bool) -> None:
    python = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
    streams: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    subprocess.Popen(python, start_new_session=in_a_session, **streams)


def say(said: bytes) -> None:
    while said:
        said = said[os.write(1, said) :]


if __name__ == "__main__":
    main(sys.argv[1])
