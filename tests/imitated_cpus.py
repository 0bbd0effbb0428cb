"""Run the whole check as other CPUs would: with their instructions and threads, jit on and off.

Usage: python imitated_cpus.py [--jobs N], on Linux on x86-64

On a CPU that lacks some instructions a framework takes other paths through its code, and gets other
last bits; each can be told to do without them. On no path may a backend fail. A line for each
setting also says what shows that it took effect; where no bit of any answer is another, it says so.
"""

import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import click
import numpy as np

from backproof.check import Result, check
from backproof.errors import Unavailable
from backproof.formats import FORMATS
from backproof.loading import known_names, load
from backproof.ports import Answer, InProcess
from backproof.vectors import SLOW, Vector, built_in_files

THREADS = (1, 2)
COMPILED = ("jax",)  # run without jit, too
WITHOUT_JIT = ("this CPU", "XLA SSE4.2")  # the farthest apart of those for which XLA compiles
EPOCHS_WITHOUT_JIT = 10  # more are the same operations again, each at a hundred times the cost
# XLA calls library functions there that convert float16, and jaxlib has none.
DOES_NOT_COMPILE = {("XLA SSE4.2", "jax float16")}
NAMED = 3  # failures named for each run


@dataclass(frozen=True)
class Setting:
    """A way to run the check."""

    cpu: str
    threads: int
    jit: bool

    def __str__(self) -> str:
        return f"{self.cpu}, {self.threads} thread(s){'' if self.jit else ', no jit'}"

    @property
    def compared_with(self) -> "Setting":
        """The setting whose answers show what this one changes."""
        if self.cpu != "this CPU":
            return replace(self, cpu="this CPU")
        return replace(self, jit=True) if not self.jit else replace(self, threads=1)


def imitations() -> dict[str, dict[str, str]]:
    """Map each CPU to the environment variables that make frameworks take this one for it."""
    simd = simd_beyond_baseline()
    return {
        "this CPU": {},
        "NumPy baseline": {"NPY_DISABLE_CPU_FEATURES": " ".join(simd)},
        "ATen default": {"ATEN_CPU_CAPABILITY": "default"},
        "OpenBLAS Nehalem": {"OPENBLAS_CORETYPE": "NEHALEM"},
        "no FMA in libm": {
            "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable"
        },
        "XLA SSE4.2": {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2"},
        "AVX2": {
            "NPY_DISABLE_CPU_FEATURES": " ".join(f for f in simd if f != "X86_V3"),
            "ATEN_CPU_CAPABILITY": "avx2",
            "OPENBLAS_CORETYPE": "HASWELL",
            "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
        },
    }


def simd_beyond_baseline() -> list[str]:
    """List what NumPy uses of this CPU, above what every x86-64 CPU that it supports has."""
    config: Any = np.show_config(mode="dicts")
    return list(config["SIMD Extensions"].get("found", []))


def capabilities() -> dict[str, str]:
    """Say what the frameworks that are loaded take this CPU for."""
    found = {"NumPy": " ".join(simd_beyond_baseline()) or "baseline"}
    for path in Path(np.__file__).parents[1].glob("numpy.libs/*openblas*"):
        library = ctypes.CDLL(str(path))
        library.scipy_openblas_get_corename64_.restype = ctypes.c_char_p
        found["OpenBLAS"] = library.scipy_openblas_get_corename64_().decode()
        found["OpenBLAS threads"] = str(library.scipy_openblas_get_num_threads64_())
    if torch := sys.modules.get("torch"):
        found["ATen"] = torch.backends.cpu.get_cpu_capability()
        found["ATen threads"] = str(torch.get_num_threads())
    if "jax" in sys.modules:
        names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
        found["XLA threads"] = str(names.count("tf_XLAEigen\n"))
    return found


def answer(specs: Sequence[str], epochs: int | None, unable: Sequence[str]) -> dict[str, Any]:
    """Check backends in this process, with vectors of so many epochs at most; return it as JSON.

    A run that is `unable` is put one vector only, to see that it still is.
    """
    vectors = [v for file in built_in_files() for v in file.without(SLOW).vectors]
    vectors = [v for v in vectors if epochs is None or lasts(v) <= epochs]
    runs: dict[str, Any] = {}
    for spec in specs:
        port = InProcess(load(spec))
        for dtype in port.dtypes:
            name = f"{spec} {dtype}"
            if name in unable:
                first = vectors[0]
                reply = port.ask(first.op, dtype, first.inputs.rounded(FORMATS[dtype]))
                if not isinstance(reply, Answer):
                    runs[name] = {"unable": str(reply)}
                    continue
            [run] = check(port, vectors, [dtype])
            runs[name] = {
                "outcome": run.outcome,
                "bad": [complaint(r) for r in run.results if r.outcome != "pass"],
                "answers": {
                    r.vector.id: [repr(d.actual) for d in r.deviations] for r in run.results
                },
            }
    return {"capabilities": capabilities(), "runs": runs}


def lasts(vector: Vector) -> int:
    return vector.inputs.schedule.epochs if vector.inputs.schedule else 0


def complaint(result: Result) -> str:
    wrong = ", ".join(f"{d.quantity} is {d.complaint}" for d in result.wrong)
    return f"{result.vector.id}: {result.outcome} {result.message}{wrong}"


def settings(cpus: Sequence[str]) -> Iterator[Setting]:
    """Yield every setting, each after the one that it is compared with."""
    for jit, cpu, threads in product((True, False), cpus, THREADS):
        if jit or cpu in WITHOUT_JIT:
            yield Setting(cpu, threads, jit)


def run(setting: Setting, specs: Sequence[str], cores: Sequence[int]) -> dict[str, Any]:
    """Check in a process of its own; return what `answer` does, and the seconds that it took."""
    os.sched_setaffinity(0, cores[: setting.threads])  # of this thread, and so of the process
    job = {
        "specs": [spec for spec in specs if setting.jit or spec in COMPILED],
        "epochs": None if setting.jit else EPOCHS_WITHOUT_JIT,
        "unable": [name for cpu, name in DOES_NOT_COMPILE if cpu == setting.cpu],
    }
    environment = os.environ | imitations()[setting.cpu]
    environment |= {
        "OMP_NUM_THREADS": str(setting.threads),
        "JAX_DISABLE_JIT": str(int(not setting.jit)),
    }
    start = time.monotonic()
    child = subprocess.run(
        [sys.executable, __file__, "--answer", json.dumps(job)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode:
        return {"died": f"exit status {child.returncode}: {child.stderr[-2000:]}"}
    answered: dict[str, Any] = json.loads(child.stdout)
    return answered | {"seconds": time.monotonic() - start}


def told(setting: Setting, answered: Mapping[str, Any], base: Mapping[str, Any]) -> bool:
    """Print what came of a setting; return whether every backend conforms."""
    if "died" in answered:
        click.echo(f"{setting}: died, {answered['died']}")
        return False
    runs = answered["runs"]
    unable = {name: run["unable"] for name, run in runs.items() if "unable" in run}
    judged = {name: run for name, run in runs.items() if name not in unable}
    conforming = [name for name, run in judged.items() if run["outcome"] == "pass"]
    stale = [name for cpu, name in DOES_NOT_COMPILE if cpu == setting.cpu and name in judged]
    click.echo(
        f"{setting}: {len(conforming)} of {len(judged)} runs conform ({answered['seconds']:.0f} s)"
    )
    for name, capability in answered["capabilities"].items():
        before = base.get("capabilities", {}).get(name, capability)
        if capability != before:
            click.echo(f"  {name}: {capability}, not {before}")
    if answered is not base:
        click.echo(f"  {changes(judged, base.get('runs', {}))}")
    for name, message in unable.items():
        click.echo(f"  {name} is left out, it cannot be compiled: {message}")
    for name in stale:
        click.echo(f"  {name} can be compiled after all: take it out of DOES_NOT_COMPILE")
    for name, run in judged.items():
        for bad in run["bad"][:NAMED]:
            click.echo(f"  {name}: {bad}")
    return len(conforming) == len(judged) and not stale


def changes(runs: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """Say in which runs how many numbers have other bits than in the base."""
    changed = []
    for name, run in runs.items():
        others = base.get(name, {}).get("answers", {})
        pairs = [
            pair
            for vector, numbers in run["answers"].items()
            for pair in zip(numbers, others.get(vector, numbers), strict=False)
        ]
        if differing := sum(mine != theirs for mine, theirs in pairs):
            changed.append(f"{differing} of {len(pairs)} numbers in {name}")
    return f"other bits: {', '.join(changed)}" if changed else "no difference seen in any bit"


def installed() -> list[str]:
    """Name the backends whose framework is there."""
    found = []
    for spec in known_names():
        try:
            load(spec)
        except Unavailable as reason:
            click.echo(f"{spec}: left out, {reason}")
        else:
            found.append(spec)
    return found


@click.command()
@click.option("--jobs", default=1, show_default=True, help="Settings to try at the same time.")
@click.option("--answer", "job", hidden=True, help="Check in this process, and print the answers.")
def main(*, jobs: int, job: str | None) -> None:
    """Run the whole check under every setting; fail if a backend does not conform under one."""
    if job is not None:
        click.echo(json.dumps(answer(**json.loads(job))))
        return
    specs, cores = installed(), sorted(os.sched_getaffinity(0))
    everything = list(settings(list(imitations())))
    bases: dict[Setting, dict[str, Any]] = {}
    failed = 0
    with ThreadPoolExecutor(jobs) as pool:
        answers = pool.map(lambda setting: run(setting, specs, cores), everything)
        for setting, answered in zip(everything, answers, strict=True):
            if setting.cpu == "this CPU":
                bases[setting] = answered
            failed += not told(setting, answered, bases[setting.compared_with])
    if failed:
        raise click.ClickException(f"under {failed} of {len(everything)} settings, not all conform")
    click.echo(f"every backend conforms under all {len(everything)} settings")


if __name__ == "__main__":
    main()
