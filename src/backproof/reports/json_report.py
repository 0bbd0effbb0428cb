"""The JSON report: what was checked, where, and what came of it."""

import math
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from backproof.judging.agreements import agreement
from backproof.judging.deviations import Deviation
from backproof.judging.first_wrong_number import first_wrong
from backproof.judging.known_failures import Stale
from backproof.judging.results import Result, Run
from backproof.text.canonical_json import content_hash
from backproof.vectors.vectors import VectorFile

REPORT_VERSION = 1


def report(
    files: Sequence[VectorFile], runs: Sequence[Run], stale: Sequence[Stale] = ()
) -> dict[str, Any]:
    """Return the report as JSON data, valid under `report.schema.json`.

    Numbers that JSON has no word for are the strings "NaN", "Infinity" and "-Infinity".
    """
    return {
        "report": REPORT_VERSION,
        "suite": {
            "version": version("backproof"),
            "vectors": sum(len(file.vectors) for file in files),
            "vectors_sha256": suite_hash(files),
            "files": [
                {"title": file.title, "version": file.version, "sha256": file.sha256}
                for file in files
            ],
        },
        "checks": {
            "expected": sum(run.expected for run in runs),
            "ran": sum(run.ran for run in runs),
        },
        "environment": {
            "python": platform.python_version(),
            "platform": platform.platform(),
        },
        "runs": [_run(run, files) for run in runs],
        "stale_known_failures": [
            {
                "failure": found.entry.number,
                "vectors": found.entry.vectors,
                "problem": found.problem,
            }
            for found in stale
        ],
        "agreement": {
            dtype: [
                {
                    "a": pair.a,
                    "b": pair.b,
                    "max_ulp": _number(pair.max_error),
                    "vector": pair.vector,
                }
                for pair in pairs
            ]
            for dtype, pairs in agreement(runs).items()
        },
    }


def suite_hash(files: Sequence[VectorFile]) -> str:
    """Return the hash that names what was asked: the files' content, and which of their vectors."""
    return content_hash(sorted([file.sha256, *(v.id for v in file.vectors)] for file in files))


def _run(run: Run, files: Sequence[VectorFile]) -> dict[str, Any]:
    return {
        "backend": run.backend,
        "version": run.version,
        "dtype": run.dtype,
        "outcome": run.outcome,
        "message": run.message,
        "notes": list(run.notes),
        "checks": {"expected": run.expected, "ran": run.ran},
        "counts": run.counts,
        "known": run.known,
        "headroom": {quantity: _number(worst) for quantity, worst in run.headroom.items()},
        "worst": run.worst and _place(*run.worst),
        "first_wrong": _first_wrong(run),
        "diagnosis": [asdict(explanation) for explanation in run.diagnosis or ()],
        "clues": list(run.clues),
        "results": [_result(result) for result in run.results],
        "unjudged": [
            {"vector": vector.id, "reason": reason}
            for file in files
            for vector in file.vectors
            for dtype, reason in vector.unjudged.items()
            if dtype == run.dtype
        ],
    }


def _first_wrong(run: Run) -> dict[str, Any] | None:
    first = first_wrong(run)
    if first is None:
        return None
    return _place(first.result, first.deviation) | {
        "expected": str(first.deviation.expected.value),
        "actual": _number(first.deviation.actual),
        "complaint": first.deviation.complaint,
        "formula": first.formula,
        "known_right": list(first.right),
    }


def _result(result: Result) -> dict[str, Any]:
    measured = _errors(result.worst) if result.worst else {"error_ulp": None, "bound_ulp": None}
    return {
        "vector": result.vector.id,
        "outcome": result.outcome,
        **measured,
        "message": result.message,
        "known": result.known,
    }


def _place(result: Result, deviation: Deviation) -> dict[str, Any]:
    return {
        "vector": result.vector.id,
        "quantity": deviation.quantity,
        "epoch": deviation.epoch,
        **_errors(deviation),
    }


def _errors(deviation: Deviation) -> dict[str, Any]:
    return {
        "error_ulp": _number(deviation.error),
        "bound_ulp": _number(deviation.bound),
        "unit": deviation.unit,
    }


def _number(x: float) -> float | str:
    if math.isfinite(x):
        return x
    return "NaN" if math.isnan(x) else ("Infinity" if x > 0 else "-Infinity")
