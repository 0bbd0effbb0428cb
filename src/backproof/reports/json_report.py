"""The JSON report of a check."""

import json
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from backproof.errors import BackproofError
from backproof.judging.agreements import measure_agreements
from backproof.judging.checking import CheckResult
from backproof.judging.deviations import Deviation
from backproof.judging.first_wrong_number import locate_first_wrong
from backproof.judging.results import Result, Run
from backproof.text.canonical_json import content_hash
from backproof.text.json_words import encode_non_finite
from backproof.text.reading import read_text
from backproof.vectors.vectors import VectorFile

REPORT_VERSION = 1
REPORT_BEGINNING = re.compile(rb'\s*\{\s*"report"\s*:')  # of a report, however it is laid out
SCHEMA = Path(__file__).with_name("report.schema.json")
MAX_BYTES = 2**26  # the largest report to read


def build_report(result: CheckResult) -> dict[str, Any]:
    """Return the report as JSON data, valid under `report.schema.json`.

    Non-finite numbers are encoded as the strings "NaN", "Infinity" and "-Infinity".
    """
    files, runs = result.files, result.runs
    report: dict[str, Any] = {
        "report": REPORT_VERSION,
        "conforms": result.conforms,
        "seed": result.seed,
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
            "expected": result.expected_count,
            "ran": result.ran_count,
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
            for found in result.stale
        ],
        "agreement": {
            dtype: [
                {
                    "a": pair.a,
                    "b": pair.b,
                    "max_ulp": pair.max_error,
                    "vector": pair.vector,
                }
                for pair in pairs
            ]
            for dtype, pairs in measure_agreements(runs).items()
        },
    }
    return {key: encode_non_finite(value) for key, value in report.items()}


def suite_hash(files: Sequence[VectorFile]) -> str:
    """Return a hash of what was run: the files' contents and the ids of the test vectors.

    Drawn test vectors are left out, because their seed tells them.
    """
    return content_hash(
        sorted([f.sha256, *(v.id for v in f.vectors)] for f in files if f.seed is None)
    )


def read_report(path: Path) -> Any:
    """Read a report made by `build_report`.

    Raises `BackproofError` if the file cannot be read or does not match the schema.
    """
    try:
        report = json.loads(read_text(path, MAX_BYTES, BackproofError))
    except ValueError as error:
        raise BackproofError(f"{path}: is not JSON: {error}") from error
    except RecursionError as error:
        raise BackproofError(f"{path}: is nested too deeply") from error
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    if problem := best_match(Draft202012Validator(schema).iter_errors(report)):
        raise BackproofError(
            f"{path}: is not a backproof report: {problem.json_path}: {problem.message[:200]}"
        )
    return report


def _run(run: Run, files: Sequence[VectorFile]) -> dict[str, Any]:
    return {
        "backend": run.backend,
        "spec": run.spec,
        "built_in": run.built_in,
        "version": run.version,
        "dtype": run.dtype,
        "outcome": run.outcome,
        "conforms": run.conforms,
        "message": run.message,
        "notes": list(run.notes),
        "checks": {"expected": run.expected_count, "ran": run.ran_count},
        "counts": run.counts,
        "known": run.known_count,
        "unsupported": run.unsupported_counts,
        "headroom": run.error_ratios,
        "worst": run.worst_result and _location(*run.worst_result),
        "first_wrong": _first_wrong(run),
        "diagnosis": [asdict(explanation) for explanation in run.diagnosis or ()],
        "unexplained": list(run.unexplained),
        "clues": list(run.clues),
        "wrong_where_drawn_only": run.wrong_where_drawn_only,
        "results": [_result(result) for result in run.results],
        "unjudged": [
            {"vector": vector.id, "reason": reason}
            for file in files
            for vector in file.vectors
            for dtype, reason in vector.skip_reasons.items()
            if dtype == run.dtype
        ],
    }


def _first_wrong(run: Run) -> dict[str, Any] | None:
    first = locate_first_wrong(run)
    if first is None:
        return None
    return {
        "vector": first.result.vector.id,
        **_wrong(first.deviation),
        "formula": first.formula,
        "known_right": list(first.correct_before),
    }


def _result(result: Result) -> dict[str, Any]:
    measured = (
        _errors(result.worst_deviation)
        if result.worst_deviation
        else {"error_ulp": None, "bound_ulp": None}
    )
    return {
        "vector": result.vector.id,
        "op": result.vector.op,
        "outcome": result.outcome,
        **measured,
        "message": result.message,
        "frames": list(result.frames),
        "known": result.known_reason,
        "unsupported": list(result.unsupported_fields),
        "wrong": [_wrong(deviation) for deviation in result.wrong_deviations],
    }


def _wrong(deviation: Deviation) -> dict[str, Any]:
    return {
        "quantity": deviation.quantity,
        "epoch": deviation.epoch,
        "expected": str(deviation.expected.value),
        "actual": deviation.actual,
        "complaint": deviation.problem,
        **_errors(deviation),
    }


def _location(result: Result, deviation: Deviation) -> dict[str, Any]:
    return {
        "vector": result.vector.id,
        "quantity": deviation.quantity,
        "epoch": deviation.epoch,
        **_errors(deviation),
    }


def _errors(deviation: Deviation) -> dict[str, Any]:
    return {
        "error_ulp": deviation.error,
        "bound_ulp": deviation.bound,
        "unit": deviation.unit,
    }
