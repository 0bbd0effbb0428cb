"""What becomes of each port with a bad habit, and what is said of it."""

from collections.abc import Mapping

# What comes of the two vectors put to it, or of a port that never gets so far; and what is said.
FATES: Mapping[str, tuple[str, str]] = {
    "is-right": ("pass pass", ""),
    "is-right-but-noisy": ("pass pass", ""),
    "is-always-wrong": ("fail fail", ""),
    "is-another-the-second-time": (
        "varies varies",
        "for the same request, per_output[0][0] was ",
    ),
    "is-wrong-the-second-time": ("fail fail", "for the same request, per_output[0][0] was "),
    "crashes-on-the-third-calculation": ("pass crash", "it exited with status 3"),
    "segfaults": ("crash crash", "it was killed by SIGSEGV"),
    "exits-cleanly-instead": ("crash crash", "it exited with status 0"),
    "raises": (
        "crash crash",
        "ZeroDivisionError: division by zero",
    ),
    "exits-in-mid-answer": ("crash crash", "status 0 in the middle of a line, after 13 bytes"),
    "exits-before-the-newline": ("crash crash", "status 0 in the middle of a line, after"),
    "never-answers": ("timeout timeout", "it did not respond within 10 s"),
    "stops-in-mid-answer": (
        "timeout timeout",
        "it did not respond within 10 s; it wrote 13 bytes without a newline",
    ),
    "kills-its-parent": ("crash crash", "it was killed by SIGKILL"),
    "stops-its-parent": (
        "pass pass",
        "note: it did not exit within 1 s after the end of its input",
    ),
    "never-says-hello": (
        "timeout",
        "it did not respond within 10 s. Does it flush after each line, and read no further than",
    ),
    "dies-at-hello": ("crash", "before the first test vector, it exited with status 7"),
    "prints-first": (
        "error",
        "not JSON: 'Starting up!'. Standard output is for responses only; print to standard error.",
    ),
    "prints-between-answers": (
        "error error",
        "it wrote an unrequested line: 'done'. Standard | its response is not JSON: 'done'",
    ),
    # The second line may come before the next request, or after.
    "answers-twice": ("error error", "it wrote an unrequested line | its response has the id"),
    "answers-with-10,000-rows": (
        "error pass",
        "it wrote more than 68 KiB | ok.h has 10,000 items; at most 4,096 are allowed",
    ),
    "answers-another-request": ("error error", "its response has the id 99, not 2"),
    "floods": ("error error", "it wrote more than 68 KiB for one request"),
    "floods-with-lines": ("error error", "its response has no id"),
    "answers-without-an-id": ("error error", "its response has no id"),
    "answers-with-the-id-null": ("error error", "its response has the id null, not 2"),
    "writes-invalid-utf-8": ("error error", "not UTF-8, byte 18 is invalid: '{"),
    "writes-bare-NaN": ("error error", 'NaN must be quoted: "NaN"'),
    "answers-with-a-list": ("error error", "not a JSON object: '[1, 2]"),
    "answers-with-text": (
        "error error",
        'in its response to forward, ok.h[0][0] is "0.4176", not a',
    ),
    "answers-with-null": (
        "error error",
        'ok.h[0][0] is null, not a number; write NaN as "NaN", in quotes',
    ),
    "leaves-out-h-and-y": ("unsupported pass", "h and y of forward"),
    "leaves-everything-out": ("unsupported unsupported", "forward"),
    "lacks-a-key": ("error error", "in its response to forward, ok lacks h"),
    "answers-with-null-in-quotes": (
        "error error",
        'in its response to forward, ok.h is "null", not a list; write null without quotes',
    ),
    "answers-with-a-huge-integer": (
        "error error",
        "an integer of 401 digits is too large for float64",
    ),
    "answers-in-another-shape": ("error error", 'ok has the unexpected key "more"'),
    "answers-with-no-numbers": ("error error", "ok lacks h, out_h, y and out_y"),
    "answers-with-fewer-rows": ("error pass", "forward returned another shape: it lacks h[0]"),
    "answers-nothing-at-all": ("error error", "its response to forward must have an id and "),
    "says-error": ("error error", "out of abacuses"),
    "says-error-in-colour": ("error error", r"\x1b[31mred\x07\x1b[31m"),
    "dies-in-colour": ("crash crash", r"Its standard error ends with: \x1b[31mred\x07"),
    "is-unavailable-in-colour": ("unavailable", r"\x1b[31mred"),
    "has-a-name-in-colour": ("error", r'ok.name is "a\nb\u001b[31m"; control characters'),
    "lacks-training": ("pass pass", ""),
    "says-unsupported": ("unsupported unsupported", "all"),
    "says-unavailable": ("unavailable", "abacus: buy one"),
    "is-unavailable-too-late": (
        "error error",
        'its response to forward has "unavailable", which only hello may return',
    ),
    "speaks-another-protocol": ("error", "it uses protocol 2; backproof uses protocol 1"),
    "claims-an-unknown-dtype": ("error", 'ok.dtypes[0] is "posit8", but must be one of float64'),
    "claims-no-dtype": ("error", "in its response to hello, ok.dtypes is empty"),
    "has-no-name": ("error", "in its response to hello, ok.name is empty"),
    "writes-6-digits": ("error", "the float64 number 0.6666666666666666 was echoed as 0.666667"),
    "writes-15-digits": (
        "error",
        "echoed as 0.666666666666667: the value was corrupted in transport",
    ),
    "writes-float32-with-9-digits": (
        "error",
        "0.10000000149011612 was echoed as 0.100000001: convert it to float64 before writing it",
    ),
    "flushes-what-is-subnormal": ("error", "the float64 number 5e-324 was echoed as 0.0"),
    "echoes-NaN": ("error", 'the float64 number 0.1 was echoed as "NaN": the value was'),
    "loses-the-sign-of-zero": ("pass pass", "note: it writes −0.0 as 0.0 (float64)"),
    "writes-NaN-as-null": (
        "error",
        "in its response to echo, ok.values[22] is null, not a number",
    ),
    "writes-infinity-as-the-largest": (
        "error",
        'the float64 number "Infinity" was echoed as 1.7976931348623157e+308: the value was',
    ),
    "cannot-read-NaN": (
        "error",
        'it responded to the float64 echo with "error" (a text, not a number)',
    ),
    "loses-an-echo": ("error", "its float64 echo has 26 numbers, not 27"),
    "refuses-the-echo": ("error", 'it responded to the float64 echo with "unsupported" (echo)'),
    "starts-a-process-of-its-own": (
        "pass pass",
        "note: it left child processes running: 1",
    ),
    "starts-a-process-without-environment": (
        "pass pass",
        "note: it left child processes running: 1",
    ),
    "starts-a-session-without-environment": (
        "pass pass",
        "note: it left child processes running: 1",
    ),
    "hangs-with-a-session-without-environment": (
        "timeout timeout",
        "it did not respond within 10 s",
    ),
    "leaves-a-child-without-environment-behind-and-exits": (
        "crash crash",
        "it exited with status 0",
    ),
    "leaves-a-child-behind-and-exits": ("crash crash", "it exited with status 0"),
    "closes-its-standard-output": (
        "error error",
        "it closed its standard output but kept running",
    ),
    "answers-in-any-dtype": ("pass pass", ""),
    "says-error-to-other-dtypes": ("pass pass", ""),
    "dies-of-other-dtypes": ("pass pass", ""),
    "ignores-the-end-of-input": (
        "pass pass",
        (
            "note: it did not exit within 1 s after the end of its input "
            "(this fails `backproof check --smoke`)"
        ),
    ),
    "talks-at-the-end-of-input": ("pass pass", "note: it wrote unrequested output"),
    "fails-at-the-end-of-input": (
        "pass pass",
        "note: after the end of its input it exited with status 5",
    ),
}
HANGING = [habit for habit, (outcomes, _) in FATES.items() if "timeout" in outcomes]
# Until they are ended.
STAYING = ["closes-its-standard-output", "ignores-the-end-of-input", "stops-its-parent"]
