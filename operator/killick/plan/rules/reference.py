"""Which dataset windows are compared with, and starting them anew when it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from killick.plan.context import Context
from killick.resource.bounds import is_sha256
from killick.resource.drift_status import DriftStatus
from killick.resource.status import ReferencePin, Status

URI_LIMIT = 1000  # characters of a reference's address


def restart_windows(status: Status, pin: ReferencePin, now: datetime) -> Status:
    """Return a status that knows nothing of drift yet, judged against `pin`."""
    old = status.drift
    fresh = DriftStatus(
        window_fingerprint=old.window_fingerprint,
        anchor=now,
        last_check=old.last_check,
        last_check_time=old.last_check_time,
        requested=old.requested,
    )
    return replace(status, reference=pin, drift=fresh)


def adopt_reference(ctx: Context, status: Status) -> Status:
    """Judge against the reference of the champion, where it owns one."""
    champion = status.versions.champion
    facts = ctx.version(champion)
    old = status.reference
    if facts is None:
        return status
    if facts.reference_uri is None or len(facts.reference_uri) > URI_LIMIT:
        declared = ctx.spec.reference
        if old is None or old.version in (None, champion):
            return status
        # The version that owned the reference is not the champion any more.
        pin = ReferencePin(declared.uri, declared.sha256)
        return restart_windows(status, pin, ctx.now)
    found = (facts.reference_sha256 or "").lower()
    sha256 = found if is_sha256(found) else None
    pin = ReferencePin(facts.reference_uri, sha256, champion)
    if old and (old.uri, old.version) == (pin.uri, pin.version):
        return status
    if old and old.uri == pin.uri and old.sha256 in (None, pin.sha256):
        return replace(status, reference=replace(pin, sha256=pin.sha256 or old.sha256))
    return restart_windows(status, pin, ctx.now)
