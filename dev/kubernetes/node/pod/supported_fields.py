"""Which fields of a pod the node cannot honour: pure.

The rule is a list of what is known, never of what is not: a field that a later
Kubernetes adds is refused until somebody has thought about it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dev.kubernetes.node.pod.spec import Json, parse_pod

# Honoured, or another component's business (scheduler, admission, pull).
_POD = {
    "activeDeadlineSeconds", "affinity", "automountServiceAccountToken", "containers",
    "dnsPolicy", "enableServiceLinks", "imagePullSecrets", "initContainers", "nodeName",
    "nodeSelector", "os", "preemptionPolicy", "priority", "priorityClassName",
    "restartPolicy", "schedulerName", "schedulingGates", "schedulingGroup",
    "securityContext", "serviceAccount", "serviceAccountName",
    "terminationGracePeriodSeconds", "tolerations", "topologySpreadConstraints",
    "volumes",
}  # fmt: skip
_POD_SECURITY = {
    "appArmorProfile", "fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsNonRoot",
    "runAsUser", "seLinuxOptions", "seccompProfile", "supplementalGroups",
    "supplementalGroupsPolicy",
}  # fmt: skip
_CONTAINER = {
    "args", "command", "env", "envFrom", "image", "imagePullPolicy", "name", "ports",
    "resources", "securityContext", "terminationMessagePath",
    "terminationMessagePolicy", "volumeMounts", "workingDir",
}  # fmt: skip
_SECURITY = {
    "allowPrivilegeEscalation", "appArmorProfile", "capabilities",
    "readOnlyRootFilesystem", "runAsGroup", "runAsNonRoot", "runAsUser",
    "seLinuxOptions", "seccompProfile",
}  # fmt: skip
_RESOURCES = {"cpu", "memory", "ephemeral-storage"}
_MOUNT = {"mountPath", "name", "readOnly", "subPath"}
_VOLUMES = {"configMap", "downwardAPI", "emptyDir", "projected", "secret"}
_PROJECTIONS = {"configMap", "downwardAPI", "secret", "serviceAccountToken"}
_VALUE_SOURCES = {"configMapKeyRef", "fieldRef", "secretKeyRef"}
_ENV_SOURCES = {"configMapRef", "prefix", "secretRef"}


def unsupported(pod: Json) -> list[str]:
    """The paths of all fields in the pod's spec that the node cannot honour."""
    spec = pod["spec"]
    found = [*_unknown(spec, _POD, "spec")]
    if spec.get("hostUsers") is False:
        found.append("spec.hostUsers")
    if (spec.get("os") or {}).get("name", "linux") != "linux":
        found.append("spec.os.name")
    security = spec.get("securityContext")
    found += _unknown(security, _POD_SECURITY, "spec.securityContext")
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or ()):
            found += _container(container, f"spec.{kind}[{index}]")
    for index, volume in enumerate(spec.get("volumes") or ()):
        found += _volume(volume, f"spec.volumes[{index}]")
    return found or _fields(pod)


def _unknown(
    values: Mapping[str, Any] | None, known: set[str], at: str
) -> Iterator[str]:
    """Set fields of `values` that are not known; false and empty ask for nothing."""
    for key, value in (values or {}).items():
        if key not in known and value not in (None, False, "", [], {}):
            yield f"{at}.{key}"


def _container(container: Json, at: str) -> Iterator[str]:
    yield from _unknown(container, _CONTAINER, at)
    security = container.get("securityContext") or {}
    yield from _unknown(security, _SECURITY, f"{at}.securityContext")
    if (security.get("capabilities") or {}).get("add"):
        yield f"{at}.securityContext.capabilities.add"
    resources = container.get("resources") or {}
    yield from _unknown(resources, {"limits", "requests"}, f"{at}.resources")
    for kind in ("limits", "requests"):
        yield from _unknown(resources.get(kind), _RESOURCES, f"{at}.resources.{kind}")
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        here = f"{at}.volumeMounts[{index}]"
        yield from _unknown(mount, _MOUNT, here)
        if not mount["mountPath"].strip("/"):
            yield f"{here}.mountPath"
    for index, variable in enumerate(container.get("env") or ()):
        here = f"{at}.env[{index}].valueFrom"
        yield from _unknown(variable.get("valueFrom"), _VALUE_SOURCES, here)
    for index, source in enumerate(container.get("envFrom") or ()):
        yield from _unknown(source, _ENV_SOURCES, f"{at}.envFrom[{index}]")


def _volume(volume: Json, at: str) -> Iterator[str]:
    kinds = {key for key, value in volume.items() if value is not None} - {"name"}
    yield from (f"{at}.{kind}" for kind in sorted(kinds - _VOLUMES))
    projected = (volume.get("projected") or {}).get("sources") or ()
    for index, source in enumerate(projected):
        here = f"{at}.projected.sources[{index}]"
        yield from _unknown(source, _PROJECTIONS, here)
        yield from _items(source.get("downwardAPI"), f"{here}.downwardAPI")
    yield from _items(volume.get("downwardAPI"), f"{at}.downwardAPI")


def _items(downward: Json | None, at: str) -> Iterator[str]:
    for index, item in enumerate((downward or {}).get("items") or ()):
        if item.get("resourceFieldRef"):
            yield f"{at}.items[{index}].resourceFieldRef"


def _fields(pod: Json) -> list[str]:
    """Downward fields that the node has no value for."""
    parsed, found = parse_pod(pod), []
    for container in (*parsed.init_containers, *parsed.containers):
        for variable in container.env:
            field = (variable.get("valueFrom") or {}).get("fieldRef")
            if field and parsed.field(field["fieldPath"]) is None:
                found.append(f"{container.name}: fieldPath {field['fieldPath']}")
    return found
