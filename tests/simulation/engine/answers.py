"""What a fault looks like to the operator: exactly what the real adapters make of it.

See `killick.cluster.kube._read`, `killick.registry.http` and
`killick.gitops.transport`: the same answer of a server gives the same error here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from killick.errors import Conflict, KillickError, NotGranted, Unavailable
from killick.gitops import port as git
from killick.registry import port as registry

if TYPE_CHECKING:
    from tests.simulation.engine.wire import Call, Fault

WISH = timedelta(seconds=90)
"""What Kubernetes and MLflow say in Retry-After beside a 429; libgit2 hides Git's."""
ABSENT = {"get_model_deployment", "get_cronjob", "get_secret"}


def instead(call: Call, fault: Fault) -> Any:
    """Return or raise what the operator gets instead of the answer."""
    maker = {"cluster": _cluster, "registry": _registry, "git": _git}[call.system]
    return maker(call, fault.value)


def _cluster(call: Call, fault: str) -> Any:
    what = f"{call.verb}: injected {fault}"
    if fault.startswith("time-out"):
        raise Unavailable(what, "APIServerUnreachable")
    if fault == "401":
        raise KillickError(what, "Unauthorized")
    if fault == "403":
        raise NotGranted(what)
    if fault == "404":
        if call.verb in ABSENT or call.verb == "delete_job":
            return None
        raise KillickError(what, "NotFound")
    if fault == "409":
        if call.verb in ("create_event", "delete_job"):
            return None  # the adapter takes these as done
        raise Conflict(what)
    if fault == "422":
        raise KillickError(what, "Invalid")
    raise _wishing(Unavailable(what, "APIServerUnavailable"), fault)


def _registry(call: Call, fault: str) -> NoReturn:
    what = f"{call.verb}: injected {fault}"
    if fault in ("401", "403"):
        raise registry.RegistryUnauthorized(what)
    if fault == "404" and call.write:
        raise registry.VersionMissing(what)
    if fault in ("404", "409", "422", "broken body"):
        raise registry.RegistryRefused(what)
    raise _wishing(registry.RegistryUnreachable(what), fault)


def _wishing(error: KillickError, fault: str) -> KillickError:
    """Return the error of a time-out, 429, 503 or broken body."""
    if fault == "429":
        error.retry_after_seconds = WISH.total_seconds()
    return error


def _git(call: Call, fault: str) -> Any:
    what = f"{call.verb}: injected {fault}"
    if fault == "401":
        raise git.GitUnauthorized(what)
    if call.write:
        if fault.startswith("time-out"):
            return git.Unknown(what)
        if fault == "403":
            raise git.PushNotPossible(what)
        if fault == "409":
            raise git.Contended(what)
        if fault == "422":
            return git.Rejected(what)
    if fault.startswith("time-out"):
        raise git.GitTimedOut(what)
    raise git.GitUnreachable(what)
