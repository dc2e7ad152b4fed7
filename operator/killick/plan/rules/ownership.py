"""One owner: a value in Git, and a champion alias, belong to the older object.

    others that claim the same                           → what we may do
    none, or only younger ones                           → everything
    an older one (by creation, then by namespace/name)   → checks only: TargetConflict

A spec claims what it declares, whatever its mode and also while it is suspended, so
that nobody loses a target by a pause. Whoever was refused is adopted afresh when the
owner is gone or points elsewhere.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from killick.plan.context import Blocked, Context
from killick.plan.facts import ConflictingObject
from killick.reasons import Reason
from killick.resource.spec import Spec

LOOK_AGAIN = timedelta(seconds=30)
_DEFAULT_PORTS = {"https": 443, "http": 80}


def claims(spec: Spec, tracking_uri: str | None) -> tuple[tuple[str, str], ...]:
    """Return what a spec claims: in words, and as a text that equals another's.

    `tracking_uri` is the operator's own default.
    """
    found = []
    if spec.promotion:
        git = spec.promotion.git
        place = (_place(git.url), git.branch, git.values_path, git.json_pointer)
        found.append(("value in Git", "\n".join(("value", *place))))
    uri = spec.registry.tracking_uri or tracking_uri
    if uri and (spec.retraining or spec.evaluation or spec.promotion):
        alias = (_place(uri), spec.model.name, spec.registry.aliases.champion)
        found.append(("champion alias", "\n".join(("alias", *alias))))
    return tuple(found)


def conflict(ctx: Context) -> Blocked | None:
    """Return why this object may only check, None if its targets are its own."""
    ours = (ctx.facts.created_at, ctx.name.namespace, ctx.name.name)
    older = sorted((r for r in ctx.observed.conflicts if _age(r) < ours), key=_age)
    if not older:
        return None
    owner = older[0]
    what = " and ".join(dict.fromkeys(r.what for r in older if _age(r) == _age(owner)))
    message = (
        f"{owner.namespace}/{owner.name} is older and has the same {what}; delete one "
        "of the two objects or change its target"
    )
    return Blocked(Reason.TARGET_CONFLICT, message, ctx.now + LOOK_AGAIN)


def _age(conflict: ConflictingObject) -> tuple[object, str, str]:
    return (conflict.created_at, conflict.namespace, conflict.name)


def _place(url: str) -> str:
    """Return a URL in the one spelling that all its spellings share."""
    parts = urlsplit(url)
    try:
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        port = None
    shown = "" if port in _DEFAULT_PORTS.values() else f":{port}"
    path = parts.path.rstrip("/").removesuffix(".git")
    return f"{(parts.hostname or '').lower()}{shown}{path}"
