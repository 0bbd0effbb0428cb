"""Imitated CPUs: every setting is tried, and one that changed nothing has not been tried."""

from typing import Any

import pytest
from imitated_cpus import SAID, SEEN_IN, Setting, changes, ineffective, settings, told

CPUS = ["this CPU", *SAID, *SEEN_IN]


def answered(*numbers: str, **capabilities: str) -> dict[str, Any]:
    """Return what a process reports of one run, in which these numbers came out."""
    run = {"outcome": "pass", "bad": [], "answers": {"vector": list(numbers)}}
    says = {"libm": "1", "ATen threads": "1", "jit": "on", **capabilities}
    return {"capabilities": says, "runs": {"jax float64": run}, "seconds": 1}


BASE = answered("0.1", "0.2", libm="0", NumPy="AVX512", ATen="AVX512", OpenBLAS="SkylakeX")


def test_every_cpu_is_tried_with_each_number_of_threads() -> None:
    found = list(settings(CPUS))
    assert len(set(found)) == len(found)
    for cpu in CPUS:
        assert [s.threads for s in found if s.cpu == cpu and s.jit] == [1, 2]
    assert {s.cpu for s in found if not s.jit} == {"this CPU", "XLA SSE4.2", "AVX2"}


def test_a_setting_comes_after_the_one_that_it_is_compared_with() -> None:
    first, *others = settings(CPUS)
    assert first.compared_with == first
    seen = [first]
    for setting in others:
        assert setting.compared_with in seen
        seen.append(setting)


@pytest.mark.parametrize(
    ("cpu", "capabilities"),
    [
        ("NumPy baseline", {"NumPy": "baseline"}),
        ("ATen default", {"ATen": "DEFAULT"}),
        ("OpenBLAS Nehalem", {"OpenBLAS": "Nehalem"}),
        ("AVX2", {"NumPy": "X86_V3", "ATen": "AVX2", "OpenBLAS": "Haswell"}),
        ("no FMA in libm", {}),
        ("XLA SSE4.2", {}),
    ],
)
def test_a_setting_took_effect_if_the_frameworks_say_so_or_the_bits_do(
    cpu: str, capabilities: dict[str, str]
) -> None:
    setting = Setting(cpu, threads=1, jit=True)
    assert ineffective(setting, answered("0.1", "0.3", **capabilities), BASE, fma=True) == []


@pytest.mark.parametrize(
    ("cpu", "sentence"),
    [
        ("NumPy baseline", "NumPy is AVX512, not baseline"),
        ("ATen default", "ATen is AVX512, not DEFAULT"),
        ("OpenBLAS Nehalem", "OpenBLAS is SkylakeX, not Nehalem"),
        ("AVX2", "NumPy is AVX512, not X86_V3"),
        ("no FMA in libm", "libm has the same bits as on this CPU"),
        ("XLA SSE4.2", "jax has the same bits as on this CPU"),
    ],
)
def test_a_setting_that_changed_nothing_did_not_take_effect(
    cpu: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    setting = Setting(cpu, threads=1, jit=True)
    again = {**BASE}  # equal, and not the base itself
    assert ineffective(setting, again, BASE, fma=True)[0] == sentence
    assert not told(setting, again, BASE, fma=True)
    printed = capsys.readouterr().out
    assert f"  did not take effect: {sentence}\n" in printed
    assert "no difference seen in any bit" in printed


@pytest.mark.parametrize("cpu", SEEN_IN)
def test_a_cpu_without_fma_has_none_to_go_without(cpu: str) -> None:
    assert ineffective(Setting(cpu, threads=1, jit=True), {**BASE}, BASE, fma=False) == []


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        (Setting("this CPU", threads=2, jit=True), "ATen threads is 1, not 2"),
        (Setting("this CPU", threads=1, jit=False), "jit is on, not off"),
    ],
    ids=["threads", "jit"],
)
def test_threads_and_jit_are_what_was_asked_for(setting: Setting, sentence: str) -> None:
    assert ineffective(setting, {**BASE}, BASE, fma=True) == [sentence]


def test_a_cpu_that_reaches_compiled_code_must_be_tried_without_jit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reached = answered("0.1", "0.3", ATen="DEFAULT")
    assert not told(Setting("ATen default", threads=1, jit=True), reached, BASE, fma=True)
    sentence = "jax float64 has other bits here: add ATen default to WITHOUT_JIT"
    assert f"  {sentence}\n" in capsys.readouterr().out
    assert told(Setting("AVX2", threads=1, jit=True), answered("0.1", "0.3"), BASE, fma=True)


def test_what_is_not_installed_says_nothing_and_need_not() -> None:
    base = answered("0.1")
    assert ineffective(Setting("AVX2", threads=1, jit=True), answered("0.1"), base, fma=True) == []


def test_a_run_that_does_not_conform_is_told_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = answered("0.1")
    wrong["runs"]["jax float64"] |= {"outcome": "fail", "bad": ["vector: fail b1 is wrong"]}
    setting = Setting("this CPU", threads=1, jit=True)
    assert not told(setting, wrong, wrong, fma=True)
    printed = capsys.readouterr().out
    assert "this CPU, 1 thread(s): 0 of 1 runs conform (1 s)\n" in printed
    assert "  jax float64: vector: fail b1 is wrong\n" in printed
    assert not told(setting, {"died": "exit status 1: …"}, wrong, fma=True)


def test_other_bits_are_counted_where_they_are() -> None:
    other = answered("0.1", "0.3")["runs"]
    assert changes(other, BASE["runs"]) == "other bits: 1 of 2 numbers in jax float64"
    assert changes(BASE["runs"], BASE["runs"]) == "no difference seen in any bit"
