"""``python -m driftcheck``: one check, or one step of an evaluation.

    python -m driftcheck [check]     with DRIFTCHECK_REQUEST: as Killick asked
    python -m driftcheck --reference FILE --current FILE      by hand, see --help
    python -m driftcheck rows | compare                       steps of an evaluation

In a pod the exit code says only whether the check ran, never what it found: 0 with
any answer, 2 for a request that breaks the contract, 1 for a bug. Libraries are
imported where they are used, so that a wrong request is refused at once.
"""

import os
import sys
import traceback
from collections.abc import Mapping
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
from driftcheck.failure import CheckFailure, without_secrets
from driftcheck.processor import choose_sort
from driftcheck.termination import write_message

if TYPE_CHECKING:
    from driftcheck.check import Check

EVALUATION_STEPS = ("rows", "compare")


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Runs what the arguments and the environment ask for; returns the exit code."""
    try:
        if arguments[:1] and arguments[0] in EVALUATION_STEPS:
            from driftcheck.evaluation.steps import run_step

            return run_step(arguments[0], environment)
        if arguments[:1] == ["check"]:
            return check_in_pod(environment)
        if environment.get(REQUEST_VARIABLE) and not arguments:
            return check_in_pod(environment)
        return check_at_desk(arguments, environment)
    except Exception:  # noqa: BLE001
        text = without_secrets(traceback.format_exc(), environment.get("DATABASE_URL"))
        print(text, file=sys.stderr)
        last = text.strip().splitlines()[-1][:200]
        leave_answer(CheckError("InternalError", last), "unknown", environment)
        return 1


def check_in_pod(environment: Mapping[str, str]) -> int:
    """The check of DRIFTCHECK_REQUEST, answered in the termination message."""
    try:
        request = decode_request(environment.get(REQUEST_VARIABLE, ""))
    except ContractError as error:
        print(f"{REQUEST_VARIABLE}: {error}", file=sys.stderr)
        leave_answer(CheckError("BadRequest", str(error)), "unknown", environment)
        return 2
    from driftcheck.check import run_check
    from driftcheck.report import text_report

    url = environment.get("DATABASE_URL")
    check = run_check(request, url, datetime.now(UTC), environment)
    warn(write_message(encode(check.answer), environment))
    print(text_report(check))
    push(request, check.answer, environment)
    return 0


def check_at_desk(arguments: list[str], environment: Mapping[str, str]) -> int:
    """A check by hand; the exit code is the verdict."""
    from driftcheck.byhand import EXIT_CODES, UsageError, check_by_hand, parser
    from driftcheck.report import text_report

    options = parser().parse_args(arguments)
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        request, check = check_by_hand(options, environment, now)
    except UsageError as error:
        print(f"{error}; see --help", file=sys.stderr)
        return 2
    except CheckFailure as failure:
        print(failure, file=sys.stderr)
        return 1
    print(text_report(check))
    if options.json:
        with open(options.json, "wb") as file:  # noqa: PTH123
            file.write(encode(check.answer) + b"\n")
    if options.html:
        warn(write_page(options.html, check, request, environment))
    push(request, check.answer, environment)
    return max(
        (EXIT_CODES[window.verdict] for window in check.answer.windows[-1:]), default=1
    )


def write_page(
    place: str, check: "Check", request: CheckRequest, environment: Mapping[str, str]
) -> str | None:
    """Writes Evidently's page on a drift; what prevents it is returned as a warning."""
    if not any(w.verdict is Verdict.DRIFT for w in check.answer.windows[-1:]):
        return None
    from driftcheck.evidently_run import evidently_page

    try:
        Path(place).write_text(
            evidently_page(check, request, environment), encoding="utf-8"
        )
    except (CheckFailure, OSError) as error:
        return f"no report: {error}"
    return None


def leave_answer(
    error: CheckError, spec_hash: str, environment: Mapping[str, str]
) -> None:
    """An answer without verdicts, for what went wrong before there were any."""
    answer = CheckAnswer(spec_hash, None, datetime.now(UTC), error=error)
    write_message(encode(answer), environment)


def push(
    request: CheckRequest, answer: CheckAnswer, environment: Mapping[str, str]
) -> None:
    """Pushes the gauges where PUSHGATEWAY_URL says so."""
    url = environment.get("PUSHGATEWAY_URL")
    if url:
        from driftcheck.push import push_gauges

        warn(push_gauges(url, request, answer))


def warn(warning: str | None) -> None:
    """Says on standard error what did not matter enough to fail."""
    if warning:
        print(f"warning: {warning}", file=sys.stderr)


if __name__ == "__main__":
    choose_sort(os.environ)
    sys.exit(main(sys.argv[1:], os.environ))
