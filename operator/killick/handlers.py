"""Everything that can trigger Killick, and nothing else: bodies of a few lines.

A daemon per object drives its passes (`drive.py`); events only wake it. kopf's own
patches and return values are never used: a patch that fails kills the daemon.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import kopf

from killick.names import FINALIZER, GROUP, LABEL_OBJECT, PLURAL, VERSION, ObjectName
from killick.observe.target_conflicts import claims_of
from killick.plan.facts import ConflictingObject
from killick.runtime.build import Runtime, build
from killick.runtime.scheduler import drive
from killick.settings import Settings

RESOURCE = (GROUP, VERSION, PLURAL)


class Backoffs:
    """Endless pauses, capped and jittered: kopf's own list ends, and so would we."""

    def __iter__(self) -> Iterator[float]:
        """Yield seconds without end."""
        for step in itertools.count():
            yield min(2.0**step, 30.0) * random.uniform(0.5, 1.0)  # noqa: S311


@kopf.on.startup()
async def startup(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:
    """Build the world once; whoever starts kopf may say how.

    Nothing is watched before this ends, so a replica in waiting only waits.
    """
    configure(settings)
    memo.runtime = await memo.get("build", build)(Settings())
    await memo.runtime.lead()
    memo.runtime.publish_settings()
    memo.runtime.await_grant(memo.get("missing", ()))


@kopf.on.cleanup()
async def cleanup(memo: kopf.Memo, **_: Any) -> None:
    """Close what startup opened."""
    runtime: Runtime | None = memo.get("runtime")
    if runtime:
        await runtime.close()


@kopf.index(*RESOURCE)
async def claims(body: Any, memo: Any, **_: Any) -> dict[str, ConflictingObject]:
    """Keep who claims which target; kopf starts no daemon before all are known."""
    return claims_of(body, memo.runtime.settings.tracking_uri)


@kopf.daemon(*RESOURCE, cancellation_timeout=5, initial_delay=0)
async def keep(
    namespace: str | None, name: str, stopped: Any, memo: Any, **indices: Any
) -> None:
    """Drive one object for as long as it exists."""
    runtime: Runtime = memo.runtime
    claimed = indices["claims"]  # kopf keeps it up to date
    world = replace(runtime.world, index=lambda claim: claimed.get(claim, ()))
    where = namespace or ""
    subject = ObjectName(runtime.settings.cluster, where, name)
    wake = runtime.wakeups.event(where, name)
    try:
        await drive(world, subject, runtime.liveness, wake, stopped.is_set)
    finally:
        runtime.world.collector.forget(subject)
        runtime.wakeups.forget(where, name)


@kopf.on.event(*RESOURCE)
async def object_changed(
    namespace: str | None, name: str, body: Any, memo: Any, **event: Any
) -> None:
    """Wake the object when a person changed it; say what it leaves when it goes.

    kopf takes the finalizer off after this, so it must end soon whatever is away.
    """
    runtime: Runtime = memo.runtime
    if event["type"] == "DELETED":
        runtime.finalization.forget(body["metadata"]["uid"])
        return
    where = namespace or ""
    runtime.wakeups.object_seen(where, name, body["metadata"])
    subject = ObjectName(runtime.settings.cluster, where, name)
    await runtime.finalization.report(runtime.world, subject, body, datetime.now(UTC))


def watch_jobs() -> None:
    """Register the watch of our Jobs; only where the namespaces served are listed.

    Watching all namespaces at once would need a right that no tenant granted; the
    planner then looks every few seconds while a Job runs.
    """
    kopf.on.event("batch", "v1", "jobs", labels={LABEL_OBJECT: kopf.PRESENT})(
        job_changed
    )


async def job_changed(namespace: str | None, labels: Any, memo: Any, **_: Any) -> None:
    """Wake the object whose Job started or ended."""
    memo.runtime.wakeups.wake(namespace or "", labels[LABEL_OBJECT])


def configure(settings: kopf.OperatorSettings) -> None:
    """Set kopf up as research and its source advise; each line has its reason."""
    settings.persistence.finalizer = FINALIZER
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(
        prefix=f"kopf.{GROUP}"
    )
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(
        prefix=f"kopf.{GROUP}"
    )
    # The default gives up after about 54 s, and a daemon with it.
    settings.networking.error_backoffs = Backoffs()
    settings.networking.request_timeout = 60
    settings.networking.connect_timeout = 10
    settings.watching.server_timeout = 600
    settings.watching.connect_timeout = 30
    # A watch that is silent for longer is opened anew; bookmarks come each minute.
    settings.watching.inactivity_timeout = 70
    # Jobs that are not ours never leave the API server.
    settings.watching.label_selectors["batch", "v1", "jobs"] = LABEL_OBJECT
    settings.background.cancellation_polling = 1
    settings.queueing.exit_timeout = 10
    settings.process.ultimate_exiting_timeout = 20
    settings.posting.enabled = False  # we post our own, on transitions only
    settings.peering.standalone = True
    # Listing CRDs and namespaces would need cluster-wide rights.
    settings.scanning.disabled = True
