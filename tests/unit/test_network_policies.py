"""What the shipped NetworkPolicies let through, by the rules of the API.

The local cluster has no network plug-in that enforces them, so they are read here as
one would: which pods they select, and which connections their rules allow.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from killick.settings import Settings
from tests.system.deploy.test_pod_security import PODS, operator

DEPLOY = Path(__file__).parents[2] / "deploy"
Json = dict[str, Any]
ANYWHERE = ("10.96.0.1", "192.168.7.7", "203.0.113.9", "2001:db8::1")
LINK_LOCAL = ("169.254.169.254", "169.254.170.2", "fe80::a9fe:a9fe", "fd00:ec2::254")
NEEDED = {
    "operator": {"the API server": 6443, "its Service": 443, "MLflow": 5000, "Git": 80},
    "work": {"PostgreSQL": 5432, "MLflow": 5000, "a Pushgateway": 9091, "storage": 443},
}


def policy(path: str) -> Json:
    """Return the spec of the one policy in a file."""
    (found,) = yaml.safe_load_all((DEPLOY / path).read_text())
    spec: Json = found["spec"]
    return spec


POLICIES = {
    "operator": policy("base/networkpolicy.yaml"),
    "work": policy("tenant/networkpolicy.yaml"),
}


def selects(spec: Json, labels: Json) -> bool:
    """Return whether the policy is about a pod with these labels."""
    selector = spec["podSelector"]
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    wanted = selector.get("matchLabels", {})
    for rule in selector.get("matchExpressions", ()):
        assert rule["operator"] == "In"
        if labels.get(rule["key"]) not in rule["values"]:
            return False
    return all(labels.get(key) == value for key, value in wanted.items())


@dataclass(frozen=True)
class Target:
    """Where a connection goes: an address, which may be that of a pod."""

    address: str
    port: int
    protocol: str = "TCP"
    pod: bool = False


def allows(spec: Json, target: Target) -> bool:
    """Return whether a rule for what leaves the pod allows the connection."""
    assert "Egress" in spec["policyTypes"]
    return any(
        any(_port(each, target) for each in rule["ports"])
        and ("to" not in rule or any(_peer(each, target) for each in rule["to"]))
        for rule in spec["egress"]
    )


def _port(rule: Json, target: Target) -> bool:
    first: int = rule["port"]
    last: int = rule.get("endPort", first)
    protocol: str = rule.get("protocol", "TCP")
    return first <= target.port <= last and protocol == target.protocol


def _peer(rule: Json, target: Target) -> bool:
    if "namespaceSelector" in rule:
        assert rule == {"namespaceSelector": {}}
        return target.pod
    address = ipaddress.ip_address(target.address)

    def within(block: str) -> bool:
        return address in ipaddress.ip_network(block)  # False for the other family

    block = rule["ipBlock"]
    return within(block["cidr"]) and not any(map(within, block.get("except", ())))


@pytest.mark.parametrize("name", PODS)
def test_every_pod_is_under_its_own_policy(name: str) -> None:
    """The operator's policy selects the operator alone, the other what it starts."""
    labels = PODS[name]()["metadata"]["labels"]
    found = {key for key, spec in POLICIES.items() if selects(spec, labels)}
    assert found == {"operator" if name == "operator" else "work"}


@pytest.mark.parametrize("labels", [{}, {"app": "shop"}, {"killick.dev/purpose": "x"}])
def test_no_other_pod_is_touched(labels: Json) -> None:
    """Neither policy says anything about pods of somebody else."""
    assert not any(selects(spec, labels) for spec in POLICIES.values())


def test_the_operator_is_reached_at_its_one_port() -> None:
    """The port is named in the Deployment, and is the one that the operator opens."""
    spec = POLICIES["operator"]
    assert "Ingress" in spec["policyTypes"]
    assert spec["ingress"] == [{"ports": [{"port": "http"}]}]
    (container,) = operator()["spec"]["containers"]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    assert ports == {"http": Settings().http_port}


def test_nothing_reaches_the_work() -> None:
    """The policy of checks, evaluations and trainings has no rule for what enters."""
    assert "Ingress" in POLICIES["work"]["policyTypes"]
    assert not POLICIES["work"].get("ingress")


@pytest.mark.parametrize("name", POLICIES)
def test_what_is_needed_is_reached(name: str) -> None:
    """Every server that the pod asks is reached, in the cluster and outside it."""
    spec = POLICIES[name]
    for port in NEEDED[name].values():
        assert allows(spec, Target("10.1.2.3", port, pod=True))
        for address in ANYWHERE:
            assert allows(spec, Target(address, port))
    for protocol in ("UDP", "TCP"):
        # Also a name server of the node's own, at a link-local address.
        for address in ("10.96.0.10", "169.254.20.10"):
            assert allows(spec, Target(address, 53, protocol))


@pytest.mark.parametrize("name", POLICIES)
def test_the_nodes_credentials_are_out_of_reach(name: str) -> None:
    """No cloud's metadata server is reached, at any port; nor anything else by UDP."""
    spec = POLICIES[name]
    for address in LINK_LOCAL:
        for port in (80, 443, 988, 8080):
            assert not allows(spec, Target(address, port))
    assert not allows(spec, Target("203.0.113.9", 443, "UDP"))
