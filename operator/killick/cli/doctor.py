"""What `killick doctor` looks at: versions, the CRD, rights, and every address.

The rights asked are those of whoever runs it; run it with the operator's kubeconfig
to examine the operator's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import pygit2

from killick import __version__
from killick.cluster.kube import KubeCluster
from killick.cluster.port import Manifest
from killick.errors import KillickError
from killick.names import GROUP, PLURAL, VERSION, ObjectName
from killick.observe.gather import Subject, observe
from killick.plan.facts import Unknown
from killick.plan.needs import needs
from killick.resource.parse import parse_spec
from killick.resource.status import Status, parse_status, require_known
from killick.runtime.build import Runtime, build
from killick.settings import Settings

MINIMUM_LIBGIT2 = (1, 9, 5)  # earlier ones send tokens to where they are redirected

# group, resource, verbs that the loop needs in a served namespace
TENANT_RIGHTS = (
    (GROUP, PLURAL, ("get", "list", "watch", "patch")),
    (GROUP, f"{PLURAL}/status", ("update",)),
    ("batch", "cronjobs", ("get", "create", "patch")),
    ("batch", "jobs", ("list", "watch", "create", "delete")),
    ("", "pods", ("list",)),
    ("", "secrets", ("get",)),
    ("", "events", ("create",)),
)


@dataclass(frozen=True)
class Finding:
    """One thing looked at, and whether it is as it must be."""

    ok: bool
    what: str
    found: str


async def examine(settings: Settings, namespace: str | None) -> list[Finding]:
    """Return all findings; an unreachable API server is one of them."""
    findings = _versions()
    try:
        runtime = await build(settings, serve=False)
    except KillickError as error:
        return [*findings, Finding(False, "API server", error.message)]
    try:
        findings.append(await _server(runtime.cluster))
        findings.append(await _resource(runtime.cluster))
        spaces = [namespace] if namespace else list(settings.served_namespaces)
        for space in spaces:
            findings += await _namespace(runtime, space)
    finally:
        await runtime.close()
    return findings


def _versions() -> list[Finding]:
    libgit2 = tuple(int(part) for part in pygit2.LIBGIT2_VERSION.split("."))
    text = f"libgit2 {pygit2.LIBGIT2_VERSION}, needs 1.9.5"
    return [
        Finding(True, "killick", f"{__version__}, kopf {version('kopf')}"),
        Finding(libgit2 >= MINIMUM_LIBGIT2, "Git library", text),
    ]


async def _server(cluster: KubeCluster) -> Finding:
    try:
        answer = await cluster.request("GET", "/version")
    except KillickError as error:
        return Finding(False, "API server", error.message)
    return Finding(True, "API server", str(answer.get("gitVersion")))


async def _resource(cluster: KubeCluster) -> Finding:
    what = f"{PLURAL}.{GROUP}"
    try:
        answer = await cluster.request("GET", f"/apis/{GROUP}/{VERSION}")
    except KillickError:
        return Finding(False, what, "is not installed: kubectl apply -f crds/")
    served = any(r.get("name") == PLURAL for r in answer.get("resources") or ())
    return Finding(served, what, VERSION if served else "is not served")


async def _namespace(runtime: Runtime, namespace: str) -> list[Finding]:
    findings = []
    for group, resource, verbs in TENANT_RIGHTS:
        missing = [
            verb
            for verb in verbs
            if not await _may(runtime.cluster, namespace, (group, resource, verb))
        ]
        found = f"missing {', '.join(missing)}" if missing else ", ".join(verbs)
        if missing:
            found += f"; grant it: kubectl apply -n {namespace} -k deploy/tenant"
        findings.append(Finding(not missing, f"{namespace}: {resource}", found))
    return findings + await _addresses(runtime, namespace)


async def _may(
    cluster: KubeCluster, namespace: str, right: tuple[str, str, str]
) -> bool:
    group, resource, verb = right
    kind, _, part = resource.partition("/")
    attributes = {
        "namespace": namespace,
        "group": group,
        "resource": kind,
        "subresource": part,
        "verb": verb,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = await cluster.request("POST", path, review)
    return bool((answer.get("status") or {}).get("allowed"))


async def _addresses(runtime: Runtime, namespace: str) -> list[Finding]:
    """Read what every object of the namespace declares, as a pass would."""
    path = f"/apis/{GROUP}/{VERSION}/namespaces/{namespace}/{PLURAL}"
    try:
        answer = await runtime.cluster.request("GET", path)
    except KillickError as error:
        return [Finding(False, namespace, error.message)]
    findings = []
    for manifest in answer.get("items") or ():
        findings += await _object(runtime, manifest)
    return findings


async def _object(runtime: Runtime, manifest: Manifest) -> list[Finding]:
    metadata = manifest["metadata"]
    cluster = runtime.settings.cluster
    name = ObjectName(cluster, metadata["namespace"], metadata["name"])
    uri = runtime.settings.tracking_uri
    try:
        require_known(manifest.get("status"))
        spec = parse_spec(manifest["spec"])
    except KillickError as error:
        return [Finding(False, str(name), error.message)]
    status = parse_status(manifest.get("status")) or Status()
    hosts = runtime.settings.host_patterns
    subject = Subject(name, metadata["uid"], spec, uri, hosts)
    questions = needs(spec, status, uri, name, datetime.now(UTC))
    seen = await observe(runtime.world.ports, subject, questions)
    findings = []
    for what, fact in (("registry", seen.registry), ("repository", seen.git)):
        if fact is None:
            continue
        bad = isinstance(fact, Unknown)
        found = f"{fact.reason}: {fact.message}" if isinstance(fact, Unknown) else "ok"
        findings.append(Finding(not bad, f"{name}: {what}", found))
    return findings
