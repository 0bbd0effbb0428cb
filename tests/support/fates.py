"""What becomes of each port with a bad habit, and what is said of it."""

from collections.abc import Mapping

# What comes of the two vectors put to it, or of a port that never gets so far; and what is said.
FATES: Mapping[str, tuple[str, str]] = {
    "is-right": ("pass pass", ""),
    "is-right-but-noisy": ("pass pass", ""),
    "is-always-wrong": ("fail fail", ""),
    "is-another-the-second-time": ("fail fail", "asked the same twice, per_output[0][0] was "),
    "crashes-on-the-third-calculation": ("pass crash", "it exited with status 3"),
    "segfaults": ("crash crash", "it was ended by SIGSEGV"),
    "exits-cleanly-instead": ("crash crash", "it exited with status 0"),
    "raises": (
        "crash crash",
        "ZeroDivisionError: division by zero",
    ),
    "exits-in-mid-answer": ("crash crash", "status 0 in the middle of a line, after 13 bytes"),
    "exits-before-the-newline": ("crash crash", "status 0 in the middle of a line, after"),
    "never-answers": ("timeout timeout", "it did not answer within 10 s"),
    "stops-in-mid-answer": (
        "timeout timeout",
        "it did not answer within 10 s, only 13 bytes without an end of line",
    ),
    "never-says-hello": (
        "timeout",
        "it did not answer within 10 s. Does it flush its output after each line?",
    ),
    "dies-at-hello": ("crash", "before the first vector, it exited with status 7"),
    "prints-first": (
        "error",
        "not JSON: 'Starting up!'. Standard output is for answers only; print to standard error.",
    ),
    "prints-between-answers": (
        "error error",
        "it wrote a line without being asked: 'done'. Standard | its answer is not JSON: 'done'",
    ),
    # The second line may come before the next request, or after.
    "answers-twice": ("error error", "it wrote a line without being asked | it answered with the"),
    "answers-another-request": ("error error", "it answered with the id 99, where 2 was asked"),
    "floods": ("error error", "it wrote more than 16 MiB at once"),
    "floods-with-lines": ("error error", "its answer has no id"),
    "answers-without-an-id": ("error error", "its answer has no id"),
    "answers-with-the-id-null": ("error error", "it answered with the id null, where 2 was asked"),
    "writes-invalid-utf-8": ("error error", "not UTF-8, byte 18 cannot be: '{"),
    "writes-bare-NaN": ("error error", 'NaN must stand in quotes: "NaN"'),
    "answers-with-a-list": ("error error", "not a JSON object: '[1, 2]"),
    "answers-with-text": ("error error", 'in its answer to forward, ok.h[0][0] is "0.4176", which'),
    "answers-with-null": (
        "error error",
        'ok.h[0][0] is null, which is no number; NaN is written "NaN", in quotes',
    ),
    "answers-with-a-huge-integer": ("error error", "an integer of 401 digits is no float64"),
    "answers-in-another-shape": ("error error", 'ok has "more", which nobody asked for'),
    "answers-with-no-numbers": ("error error", "ok lacks h and out_h and y and out_y"),
    "answers-with-fewer-rows": ("error pass", "forward answered in another shape: it lacks h[0]"),
    "answers-nothing-at-all": ("error error", "its answer to forward must have one of ok, "),
    "says-error": ("error error", "out of abacuses"),
    "says-error-in-colour": ("error error", r"\x1b[31mred\x07\x1b[31m"),
    "dies-in-colour": ("crash crash", r"Its standard error ends: \x1b[31mred\x07"),
    "is-unavailable-in-colour": ("unavailable", r"\x1b[31mred"),
    "has-a-name-in-colour": ("error", r'ok.name is "a\nb\u001b[31m", and may have no control'),
    "lacks-training": ("pass pass", ""),
    "says-unsupported": ("unsupported unsupported", "all"),
    "says-unavailable": ("unavailable", "abacus: buy one"),
    "is-unavailable-too-late": (
        "error error",
        'its answer to forward has "unavailable", which only hello may be answered with',
    ),
    "speaks-another-protocol": ("error", "it speaks protocol 2, and is asked in protocol 1"),
    "claims-an-unknown-dtype": ("error", 'ok.dtypes[0] is "posit8", but must be one of float64'),
    "claims-no-dtype": ("error", "in its answer to hello, ok.dtypes is empty"),
    "has-no-name": ("error", "in its answer to hello, ok.name is empty"),
    "writes-6-digits": ("error", "the float64 number 0.6666666666666666 became 0.666667"),
    "writes-15-digits": ("error", "became 0.666666666666667: it is lost in reading or writing"),
    "writes-float32-with-9-digits": (
        "error",
        "0.10000000149011612 became 0.100000001: convert it to float64 before it is written",
    ),
    "flushes-what-is-subnormal": ("error", "the float64 number 5e-324 became 0.0"),
    "echoes-NaN": ("error", 'the float64 number 0.1 became "NaN": it is lost in reading'),
    "loses-the-sign-of-zero": ("pass pass", "note: it writes −0.0 as 0.0 (float64)"),
    "writes-NaN-as-null": (
        "error",
        "in its answer to echo, ok.values[22] is null, which is no num",
    ),
    "writes-infinity-as-the-largest": (
        "error",
        'the float64 number "Infinity" became 1.7976931348623157e+308: it is lost in reading or',
    ),
    "cannot-read-NaN": (
        "error",
        'it answered the float64 echo with "error" (a text, not a number)',
    ),
    "loses-an-echo": ("error", "of 27 float64 numbers, 26 came back"),
    "refuses-the-echo": ("error", 'it answered the float64 echo with "unsupported" (echo)'),
    "starts-a-process-of-its-own": (
        "pass pass",
        "note: processes that it had started were still running: 1",
    ),
    "starts-a-process-without-environment": (
        "pass pass",
        "note: processes that it had started were still running: 1",
    ),
    "starts-a-session-without-environment": (
        "pass pass",
        "note: processes that it had started were still running: 1",
    ),
    "hangs-with-a-session-without-environment": (
        "timeout timeout",
        "it did not answer within 10 s",
    ),
    "leaves-a-child-without-environment-behind-and-exits": (
        "crash crash",
        "it exited with status 0",
    ),
    "leaves-a-child-behind-and-exits": ("crash crash", "it exited with status 0"),
    "closes-its-standard-output": (
        "error error",
        "it closed its standard output and went on running",
    ),
    "answers-in-any-dtype": ("pass pass", ""),
    "says-error-to-other-dtypes": ("pass pass", ""),
    "dies-of-other-dtypes": ("pass pass", ""),
    "ignores-the-end-of-input": (
        "pass pass",
        "note: it did not exit within 1 s after the end of its input; the smoke test fails for",
    ),
    "talks-at-the-end-of-input": ("pass pass", "note: it wrote more than was asked for"),
    "fails-at-the-end-of-input": (
        "pass pass",
        "note: after the end of its input it exited with status 5",
    ),
}
HANGING = [habit for habit, (outcomes, _) in FATES.items() if "timeout" in outcomes]
STAYING = ["closes-its-standard-output", "ignores-the-end-of-input"]  # until they are ended
