"""Which engine judges: our own scores, or Evidently's, chosen by the request.

Evidently's is imported by nobody else, so that a check by the engine Native never
pays for it.
"""

from collections.abc import Mapping

from driftcheck.contract import CheckRequest
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LoadedReference
from driftcheck.errors import CheckFailure
from driftcheck.judge.effective_rows import with_warning
from driftcheck.judge.verdict import Judgement, judge
from driftcheck.reference.load import load_reference
from driftcheck.reference.profile import reference_of
from driftcheck.reference.profile_format import SUFFIX
from driftcheck.stats.columns import Dataset
from driftcheck.windows import Window

NATIVE, EVIDENTLY = "Native", "Evidently"


def reference_for(
    request: CheckRequest, environment: Mapping[str, str]
) -> LoadedReference:
    """The reference as the engine needs it; CheckFailure ReferenceUnreadable.

    Evidently knows no profiles: it gets the reference's own values every time.
    """
    if request.engine == NATIVE:
        return reference_of(request, environment)
    if request.reference.uri.endswith(SUFFIX):
        message = "the engine Evidently needs the reference itself, not its profile"
        raise CheckFailure(Reason.REFERENCE_UNREADABLE, message)
    return load_reference(
        request.reference.uri, request.log.features, request.log.prediction_column
    )


def judge_by_engine(
    request: CheckRequest,
    window: Window,
    sides: tuple[Dataset, Dataset],
    environment: Mapping[str, str],
) -> Judgement:
    """The judgement on one window; `sides` are the reference and the window's rows."""
    if request.engine == NATIVE:
        return with_warning(request, judge(request, window, *sides), sides)
    from driftcheck.evidently.engine import judge_by_evidently

    return judge_by_evidently(request, window, sides, environment)
