"""The namespace: the check's CronJob, our Jobs and what their pods left behind.

Rights: cronjobs get, jobs list, pods list.
"""

from __future__ import annotations

import asyncio
from typing import Any

from killick.cluster.port import ClusterPort, Manifest
from killick.errors import KillickError
from killick.names import ANNOTATION_APPLIED, LABEL_PURPOSE, ObjectName
from killick.plan.facts import Children, JobFact, TrainingTemplate, Unknown
from killick.resource.codec import parse_time
from killick.resource.spec import Spec

ANSWERING = ("check", "compare", "rows")  # containers whose message is the answer
STUCK = ("ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError")


async def read_children(
    cluster: ClusterPort, name: ObjectName, uid: str, spec: Spec
) -> Children | Unknown:
    """Return what the namespace holds for the object."""
    template = spec.retraining.job.cron_job_ref.name if spec.retraining else None
    try:
        cronjob, (jobs, pods), training = await asyncio.gather(
            cluster.get_cronjob(name.namespace, name.check_cronjob),
            _jobs_and_pods(cluster, name),
            _maybe(cluster, name.namespace, template),
        )
    except KillickError as error:
        return Unknown.of(error)
    owned = cronjob is not None and _owner(cronjob) == uid
    owners = {uid}
    if cronjob is not None and owned:
        owners.add(cronjob["metadata"]["uid"])
    return Children(
        check_applied=_applied(cronjob) if owned else None,
        check_foreign=cronjob is not None and not owned,
        jobs=tuple(sorted((job_fact(j, pods, owners) for j in jobs), key=_order)),
        template=_template(training),
        waiting=_waiting(pods),
    )


async def _jobs_and_pods(
    cluster: ClusterPort, name: ObjectName
) -> tuple[list[Manifest], list[Manifest]]:
    """List Jobs, then pods: a Job that ended must not be seen without its answer."""
    jobs = await cluster.list_jobs(name.namespace, name.name)
    return jobs, await cluster.list_pods(name.namespace, name.name)


async def _maybe(
    cluster: ClusterPort, namespace: str, name: str | None
) -> Manifest | None:
    return await cluster.get_cronjob(namespace, name) if name else None


def _order(job: JobFact) -> tuple[str, str]:
    return (job.created_at.isoformat(), job.name)


def _owner(manifest: Manifest) -> str | None:
    """Return the uid of the controller that owns an object."""
    for reference in manifest["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return str(reference["uid"])
    return None


def _applied(cronjob: Manifest | None) -> str | None:
    if cronjob is None:
        return None
    found = (cronjob["metadata"].get("annotations") or {}).get(ANNOTATION_APPLIED)
    return str(found) if found else None


def _template(cronjob: Manifest | None) -> TrainingTemplate | None:
    if cronjob is None:
        return None
    pod = cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    image = str(pod["containers"][0]["image"])
    return TrainingTemplate(image, suspended=bool(cronjob["spec"].get("suspend")))


def job_fact(job: Manifest, pods: list[Manifest], owners: set[str]) -> JobFact:
    """Return what is known of a Job; its pods are found by their controller's uid."""
    metadata, status = job["metadata"], job.get("status") or {}
    ours = [pod for pod in pods if _owner(pod) == metadata["uid"]]
    ours.sort(key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
    state, ended, reason, detail = _ending(status)
    answer, rows = next(filter(None, map(_answers, reversed(ours))), (None, None))
    if state == "Failed" and ours:
        pod_reason, pod_detail = _pod_failure(ours[-1])
        reason, detail = pod_reason or reason, pod_detail or detail
    return JobFact(
        name=metadata["name"],
        uid=metadata["uid"],
        purpose=(metadata.get("labels") or {}).get(LABEL_PURPOSE, ""),
        state=state,
        created_at=parse_time(metadata["creationTimestamp"]),
        finished_at=parse_time(ended) if ended else None,
        answer=answer,
        rows_answer=rows,
        reason=reason,
        detail=detail,
        owned=_owner(job) in owners,
        pod_ended=any(map(_has_ended, ours)),
    )


def _ending(
    status: dict[str, Any],
) -> tuple[str, str | None, str | None, str | None]:
    for condition in status.get("conditions") or ():
        if condition["status"] != "True":
            continue
        if condition["type"] == "Complete":
            ended = status.get("completionTime") or condition.get("lastTransitionTime")
            return "Succeeded", ended, None, None
        if condition["type"] == "Failed":
            return (
                "Failed",
                condition.get("lastTransitionTime"),
                condition.get("reason"),
                condition.get("message"),
            )
    return "Running", None, None, None


def _statuses(pod: Manifest) -> list[dict[str, Any]]:
    status = pod.get("status") or {}
    containers = status.get("containerStatuses") or []
    return [*containers, *(status.get("initContainerStatuses") or [])]


def _answers(pod: Manifest) -> tuple[str, str | None] | None:
    """Return a pod's answer, and that of its container `rows`; None without one.

    The main container's answer comes before the init container's.
    """
    ended = {
        status["name"]: (status.get("state") or {}).get("terminated") or {}
        for status in _statuses(pod)
    }
    messages = {name: end.get("message") for name, end in ended.items()}
    for name in ANSWERING:
        if messages.get(name):
            rows = messages.get("rows")
            return str(messages[name]), str(rows) if rows else None
    return None


def _has_ended(pod: Manifest) -> bool:
    containers = (pod.get("status") or {}).get("containerStatuses") or ()
    return any("terminated" in (c.get("state") or {}) for c in containers)


def _pod_failure(pod: Manifest) -> tuple[str | None, str | None]:
    status = pod.get("status") or {}
    if status.get("reason"):  # Evicted, DeadlineExceeded
        return str(status["reason"]), str(status.get("message") or "")
    for container in _statuses(pod):
        ended = (container.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            detail = f"container {container['name']} exited with {ended['exitCode']}"
            return str(ended.get("reason") or "Error"), detail
    return None, None


def _waiting(pods: list[Manifest]) -> tuple[str, ...]:
    stuck = []
    for pod in pods:
        for container in _statuses(pod):
            waiting = (container.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") in STUCK:
                name = pod["metadata"]["name"]
                told = str(waiting.get("message") or "")[:200]
                stuck.append(f"pod {name}: {waiting['reason']}: {told}")
    return tuple(stuck)
