"""``python -m driftcheck``: one check, or one step of an evaluation.

    python -m driftcheck [check]     in a pod: the request is in DRIFTCHECK_REQUEST
    python -m driftcheck --reference FILE --current FILE      see --help
    python -m driftcheck rows | compare                       steps of an evaluation

In a pod the exit code says only whether the check ran, never its verdict: 0 with
any answer, 2 for a request that breaks the contract, 1 for a bug. Libraries are
imported where they are used, so that an invalid request fails at once.
"""

import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from driftcheck.contract import (
    REQUEST_VARIABLE,
    CheckAnswer,
    CheckError,
    CheckRequest,
    ContractError,
    Verdict,
    decode_request,
    encode,
)
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure, one_line
from driftcheck.numpy_dispatch import choose_sort
from driftcheck.redaction import without_secrets
from driftcheck.termination import write_message

if TYPE_CHECKING:
    import argparse

    from driftcheck.judge.result import Check

EVALUATION_STEPS = ("rows", "compare")


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run the check or the step that the arguments name; return the exit code."""
    try:
        if arguments[:1] and arguments[0] in EVALUATION_STEPS:
            from driftcheck.evaluation.steps import run_step

            return run_step(arguments[0], environment)
        if arguments[:1] == ["check"]:
            return check_in_pod(environment)
        if environment.get(REQUEST_VARIABLE) and not arguments:
            return check_in_pod(environment)
        return run_cli_check(arguments, environment)
    except BrokenPipeError:
        raise
    except Exception:  # noqa: BLE001
        text = without_secrets(traceback.format_exc(), environment.get("DATABASE_URL"))
        print(text, file=sys.stderr)
        last = text.strip().splitlines()[-1][:200]
        leave_answer(CheckError(Reason.INTERNAL_ERROR, last), "unknown", environment)
        return 1


def check_in_pod(environment: Mapping[str, str]) -> int:
    """Run the check of DRIFTCHECK_REQUEST, and answer in the termination message."""
    try:
        request = decode_request(environment.get(REQUEST_VARIABLE, ""))
    except ContractError as error:
        print(f"{REQUEST_VARIABLE}: {error}", file=sys.stderr)
        leave_answer(CheckError(Reason.BAD_REQUEST, str(error)), "unknown", environment)
        return 2
    from driftcheck.check.run import run_check
    from driftcheck.report.text import text_report

    url = environment.get("DATABASE_URL")
    check = run_check(request, url, datetime.now(UTC), environment)
    warn(write_message(encode(check.answer), environment))
    print(text_report(check, request.performance))
    push(request, check.answer, environment)
    if has_drift(check) and environment.get("MLFLOW_TRACKING_URI"):
        # After the answer is written: it stands, whatever happens to the page.
        page = render_page(check, request, environment)
        answer = store_report(check, request, page, environment)
        warn(write_message(encode(answer), environment))
    return 0


def run_cli_check(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run a check on the command line; the exit code is the verdict."""
    from driftcheck.cli.check import EXIT_CODES, check_from_options
    from driftcheck.cli.options import UsageError
    from driftcheck.cli.parser import parser
    from driftcheck.progress import progress
    from driftcheck.report.text import text_report

    options = parser().parse_args(arguments)
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        with progress():
            request, check = check_from_options(options, environment, now)
    except UsageError as error:
        print(f"error: {error}; see --help", file=sys.stderr)
        return 2
    except CheckFailure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    print(text_report(check, request.performance))
    answer = write_reports(check, request, options, environment)
    if options.json:
        Path(options.json).write_bytes(encode(answer) + b"\n")
    push(request, check.answer, environment)
    newest = check.answer.windows[-1:]
    for window in newest:
        if window.verdict is Verdict.ERROR:
            print(f"error: {window.reason}: {window.message}", file=sys.stderr)
    return max((EXIT_CODES[window.verdict] for window in newest), default=1)


def write_reports(
    check: "Check",
    request: CheckRequest,
    options: "argparse.Namespace",
    environment: Mapping[str, str],
) -> CheckAnswer:
    """Write the reports on a drift that the options ask for; return the answer."""
    answer = check.answer
    if has_drift(check) and (options.html or options.mlflow):
        page = render_page(check, request, environment)
        if options.html and page is not None:
            warn(write_page(options.html, page))
        if options.mlflow:
            answer = store_report(check, request, page, environment)
    return answer


def has_drift(check: "Check") -> bool:
    """Return whether the newest window drifted, so that a report is worth its cost."""
    return any(w.verdict is Verdict.DRIFT for w in check.answer.windows[-1:])


def render_page(
    check: "Check", request: CheckRequest, environment: Mapping[str, str]
) -> str | None:
    """Return Evidently's page; None, with a warning, if it cannot be made."""
    from driftcheck.evidently.runner import evidently_page

    try:
        return evidently_page(check, request, environment)
    except Exception as error:  # noqa: BLE001  whatever it is, the verdict stands
        warn(f"no report: {error}")
        return None


def write_page(place: str, page: str) -> str | None:
    """Write the page to a file; return a warning if that fails."""
    try:
        Path(place).write_text(page, encoding="utf-8")
    except OSError as error:
        return f"no report: {error.strerror}: {place}"
    return None


def store_report(
    check: "Check",
    request: CheckRequest,
    page: str | None,
    environment: Mapping[str, str],
) -> CheckAnswer:
    """Return the answer with its address in MLflow, or without if storing fails."""
    from driftcheck.report.mlflow import store_drift

    try:
        address = store_drift(request, check.answer, page, environment)
    except Exception as error:  # noqa: BLE001  whatever it is, the verdict stands
        uri = environment.get("MLFLOW_TRACKING_URI")
        warn(f"nothing stored in MLflow: {without_secrets(one_line(error), uri)}")
        return check.answer
    print(f"stored in MLflow: {address}")
    return replace(check.answer, report=address)


def leave_answer(
    error: CheckError, request_fingerprint: str, environment: Mapping[str, str]
) -> None:
    """Write an answer without verdicts, for a failure before there were any."""
    answer = CheckAnswer(request_fingerprint, None, datetime.now(UTC), error=error)
    write_message(encode(answer), environment)


def push(
    request: CheckRequest, answer: CheckAnswer, environment: Mapping[str, str]
) -> None:
    """Push the gauges if PUSHGATEWAY_URL is set."""
    url = environment.get("PUSHGATEWAY_URL")
    if url:
        from driftcheck.report.pushgateway import push_gauges

        warn(push_gauges(url, request, answer))


def warn(warning: str | None) -> None:
    """Print a warning on standard error."""
    if warning:
        print(f"warning: {warning}", file=sys.stderr)


if __name__ == "__main__":
    choose_sort(os.environ)
    try:
        code = main(sys.argv[1:], os.environ)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader closed the pipe, as `head` does: discard the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)
