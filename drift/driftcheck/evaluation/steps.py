"""The steps of an evaluation pod that run in the worker's image.

``rows`` exits with 3 and an answer where rows are too few, so that no version is
scored for nothing; every other failure is an answer with an error, and exit code 1
ends the pod. ``compare`` exits with 0 whenever it answered.
"""

import sys
from collections.abc import Mapping

from driftcheck.contract import CheckError, parse_time
from driftcheck.contract.evaluation import (
    EVALUATION_VARIABLE,
    EXIT_TOO_FEW_ROWS,
    ContractError,
    EvaluationAnswer,
    EvaluationRequest,
    decode_evaluation_request,
    encode_evaluation,
)
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure
from driftcheck.termination import write_message

EXIT_BAD_REQUEST = 2
"""Exit code of a step whose request breaks the contract."""


def run_step(step: str, environment: Mapping[str, str]) -> int:
    """Run `rows` or `compare`; return the exit code."""
    try:
        request = decode_evaluation_request(environment.get(EVALUATION_VARIABLE, ""))
    except ContractError as error:
        answer = EvaluationAnswer(
            "unknown", error=CheckError(Reason.BAD_REQUEST, str(error))
        )
        _leave(answer, environment)
        return EXIT_BAD_REQUEST
    if step == "rows":
        return _rows(request, environment)
    from driftcheck.evaluation.compare import compare

    try:
        answer = compare(request)
    except CheckFailure as failure:
        answer = _failed(request, failure)
    _leave(answer, environment)
    return 0


def _rows(request: EvaluationRequest, environment: Mapping[str, str]) -> int:
    from driftcheck.evaluation.compare import too_few
    from driftcheck.evaluation.rows import read_rows, write_rows

    try:
        rows = read_rows(request, environment.get("DATABASE_URL"), environment)
    except CheckFailure as failure:
        _leave(_failed(request, failure), environment)
        return 1
    meta = write_rows(request, rows)
    count = len(rows.data)
    few = too_few(count, request.minimum_rows) if count < request.minimum_rows else None
    answer = EvaluationAnswer(
        id=request.id,
        rows=count,
        digest=meta["digest"],
        after=request.after,
        until=parse_time(meta["until"]) if meta["until"] else None,
        metric=request.metric,
        error=CheckError(few.reason, few.message) if few else None,
    )
    _leave(answer, environment)
    return EXIT_TOO_FEW_ROWS if few else 0


def _failed(request: EvaluationRequest, failure: CheckFailure) -> EvaluationAnswer:
    return EvaluationAnswer(
        id=request.id,
        after=request.after,
        metric=request.metric,
        error=CheckError(failure.reason, failure.message),
    )


def _leave(answer: EvaluationAnswer, environment: Mapping[str, str]) -> None:
    """Write the answer as termination message and on standard output."""
    data = encode_evaluation(answer)
    warning = write_message(data, environment)
    if warning:
        sys.stderr.write(f"warning: {warning}\n")
    sys.stdout.write(data.decode() + "\n")
