"""Run the whole check as other CPUs would: with their instructions and threads, jit on and off.

Usage: python imitated_cpus.py [--cpu NAME]... [--jobs N], on Linux on x86-64

On a CPU that lacks some instructions a framework takes other paths through its code, and gets other
last bits; each can be told to do without them. On no path may a backend fail. That a setting took
effect is proven by what the frameworks say they use or, where one does not say, by other bits in
its answers; a setting that did not take effect has tried nothing, and fails.
"""

import ctypes
import hashlib
import json
import math
import os
import platform
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

from backproof.errors import Unavailable
from backproof.judging.one_backend import check_backend
from backproof.judging.results import Result
from backproof.network.float_formats import FORMATS
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.loading import load
from backproof.ports.responses import Output
from backproof.ports.specs import known_names
from backproof.vectors.vectors import SLOW, Vector, built_in_files

THREADS = (1, 2)
COMPILED = ("jax",)  # run without jit, too
# XLA compiles for these. That the others are this CPU to it, equal bits with jit must show.
WITHOUT_JIT = ("this CPU", "XLA SSE4.2", "AVX2")
EPOCHS_WITHOUT_JIT = 10  # more are the same operations again, each at a hundred times the cost
# XLA calls library functions there that convert float16, and jaxlib has none.
DOES_NOT_COMPILE = {("XLA SSE4.2", "jax float16")}
NAMED = 3  # failures named for each run

# What the frameworks must say that they use; one that is not installed says nothing.
SAID: Mapping[str, Mapping[str, str]] = {
    "NumPy baseline": {"NumPy": "baseline"},
    "ATen default": {"ATen": "DEFAULT"},
    "OpenBLAS Nehalem": {"OpenBLAS": "Nehalem"},
    "AVX2": {"NumPy": "X86_V3", "ATen": "AVX2", "OpenBLAS": "Haswell"},
}
# Where nobody says: which numbers must have other bits than on this CPU, if it has FMA.
SEEN_IN = {"no FMA in libm": "libm", "XLA SSE4.2": "jax"}


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
    import numpy as np  # noqa: PLC0415  # the rest can be used without it

    config: Any = np.show_config(mode="dicts")
    return list(config["SIMD Extensions"].get("found", []))


def capabilities() -> dict[str, str]:
    """Say what the frameworks that are loaded take this CPU for."""
    import numpy as np  # noqa: PLC0415  # the rest can be used without it

    found = {
        "libm": f"exp with the hash {exponentials()}",
        "NumPy": " ".join(simd_beyond_baseline()) or "baseline",
    }
    for path in Path(np.__file__).parents[1].glob("numpy.libs/*openblas*"):
        library = ctypes.CDLL(str(path))
        library.scipy_openblas_get_corename64_.restype = ctypes.c_char_p
        found["OpenBLAS"] = library.scipy_openblas_get_corename64_().decode()
        found["OpenBLAS threads"] = str(library.scipy_openblas_get_num_threads64_())
    if torch := sys.modules.get("torch"):
        found["ATen"] = torch.backends.cpu.get_cpu_capability()
        found["ATen threads"] = str(torch.get_num_threads())
    if jax := sys.modules.get("jax"):
        found["jit"] = "off" if jax.config.jax_disable_jit else "on"
        names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
        found["XLA threads"] = str(names.count("tf_XLAEigen\n"))
    return found


def exponentials() -> str:
    """Return a hash of many values of the C library's exp: one path to them uses FMA, one not."""
    values = [math.exp(k / 1000) for k in range(-20_000, 20_000)]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:8]


def answer(specs: Sequence[str], epochs: int | None, unable: Sequence[str]) -> dict[str, Any]:
    """Check backends in this process, with vectors of so many epochs at most; return it as JSON.

    A run that is `unable` is put one vector only, to see that it still is.
    """
    vectors = [v for file in built_in_files() for v in file.exclude_flag(SLOW).vectors]
    vectors = [v for v in vectors if epochs is None or lasts(v) <= epochs]
    runs: dict[str, Any] = {}
    for spec in specs:
        port = InProcessDriver(load(spec))
        for dtype in port.dtypes:
            name = f"{spec} {dtype}"
            if name in unable:
                first = vectors[0]
                reply = port.run_op(first.op, dtype, first.inputs.rounded(FORMATS[dtype]))
                if not isinstance(reply, Output):
                    runs[name] = {"unable": str(reply)}
                    continue
            [run] = check_backend(port, vectors, [dtype])
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
    wrong = ", ".join(f"{d.quantity} is {d.problem}" for d in result.wrong_deviations)
    return f"{result.vector.id}: {result.outcome} {result.message}{wrong}"


def ineffective(
    setting: Setting, answered: Mapping[str, Any], base: Mapping[str, Any], *, fma: bool
) -> list[str]:
    """Say what shows that a setting did not take effect; `fma` is whether this CPU has it."""
    says = answered["capabilities"]
    wanted = dict(SAID.get(setting.cpu, {}))
    wanted |= {name: str(setting.threads) for name in says if name.endswith(" threads")}
    wanted["jit"] = "on" if setting.jit else "off"
    amiss = [
        f"{name} is {says[name]}, not {value}"
        for name, value in wanted.items()
        if says.get(name, value) != value
    ]
    where = SEEN_IN.get(setting.cpu)
    if where == "libm":
        same = says["libm"] == base.get("capabilities", says)["libm"]
    else:
        mine, theirs = answered["runs"], base.get("runs", {})
        same = not any(differing(mine[n], theirs.get(n, {})) for n in mine if where and where in n)
    if where and same and fma:
        amiss.append(f"{where} has the same bits as on this CPU")
    return amiss


def missed(setting: Setting, runs: Mapping[str, Any], base: Mapping[str, Any]) -> list[str]:
    """Name the compiled runs that a CPU makes a difference to, if none is tried without jit."""
    if not setting.jit or setting.cpu in WITHOUT_JIT:
        return []
    return [n for n in runs if n.split()[0] in COMPILED and differing(runs[n], base.get(n, {}))]


def has_fma() -> bool:
    return " fma " in Path("/proc/cpuinfo").read_text(encoding="ascii")


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


def told(
    setting: Setting, answered: Mapping[str, Any], base: Mapping[str, Any], *, fma: bool
) -> bool:
    """Print what came of a setting; return whether it took effect and every backend conforms."""
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
    amiss = [
        *(f"did not take effect: {why}" for why in ineffective(setting, answered, base, fma=fma)),
        *(f"{name} can be compiled after all: take it out of DOES_NOT_COMPILE" for name in stale),
        *(
            f"{name} has other bits here: add {setting.cpu} to WITHOUT_JIT"
            for name in missed(setting, judged, base.get("runs", {}))
        ),
    ]
    for sentence in amiss:
        click.echo(f"  {sentence}")
    for name, run in judged.items():
        for bad in run["bad"][:NAMED]:
            click.echo(f"  {name}: {bad}")
    return len(conforming) == len(judged) and not amiss


def changes(runs: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """Say in which runs how many numbers have other bits than in the base."""
    changed = []
    for name, run in runs.items():
        if count := differing(run, base.get(name, {})):
            numbers = sum(map(len, run["answers"].values()))
            changed.append(f"{count} of {numbers} numbers in {name}")
    return f"other bits: {', '.join(changed)}" if changed else "no difference seen in any bit"


def differing(run: Mapping[str, Any], base: Mapping[str, Any]) -> int:
    """Count the numbers of a run that have other bits than in the base."""
    others = base.get("answers", {})
    return sum(
        mine != theirs
        for vector, numbers in run.get("answers", {}).items()
        for mine, theirs in zip(numbers, others.get(vector, numbers), strict=False)
    )


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
@click.option("--cpu", "named", multiple=True, help="Imitate only this one; repeatable.")
@click.option("--jobs", default=1, show_default=True, help="Settings to try at the same time.")
@click.option("--answer", "job", hidden=True, help="Check in this process, and print the answers.")
def main(*, named: tuple[str, ...], jobs: int, job: str | None) -> None:
    """Run the whole check under every setting.

    Fails if a backend does not conform under one, or if one did not take effect.
    """
    if job is not None:
        click.echo(json.dumps(answer(**json.loads(job))))
        return
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise click.ClickException("CPUs are imitated on Linux on x86-64 only")
    specs, cores, fma = installed(), sorted(os.sched_getaffinity(0)), has_fma()
    if len(cores) < max(THREADS):
        raise click.ClickException(f"{max(THREADS)} threads take as many cores, not {len(cores)}")
    cpus = list(imitations())
    if unknown := set(named) - set(cpus):
        raise click.ClickException(f"no {', '.join(unknown)}: there are {', '.join(cpus)}")
    everything = list(settings([cpu for cpu in cpus if cpu in (named or cpus) or cpu == cpus[0]]))
    bases: dict[Setting, dict[str, Any]] = {}
    failed = 0
    with ThreadPoolExecutor(jobs) as pool:
        answers = pool.map(lambda setting: run(setting, specs, cores), everything)
        for setting, answered in zip(everything, answers, strict=True):
            if setting.cpu == "this CPU":
                bases[setting] = answered
            failed += not told(setting, answered, bases[setting.compared_with], fma=fma)
    if failed:
        raise click.ClickException(f"{failed} of {len(everything)} settings failed")
    click.echo(f"every backend conforms under all {len(everything)} settings, and all took effect")


if __name__ == "__main__":
    main()
