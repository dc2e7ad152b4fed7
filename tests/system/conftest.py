"""What every system test can ask for: the local cluster and a namespace in it.

More fixtures live in modules of their own; they are imported here by name, since
pytest offers a folder's tests what its conftest holds.
"""

import secrets
from collections.abc import Iterator

import pytest

from dev.environments.images import image_map
from dev.kubernetes.cluster import LocalCluster, refuse_foreign
from tests.system.support.service_fixtures import *  # noqa: F403 (all are fixtures)


@pytest.fixture(scope="session")
def cluster() -> Iterator[LocalCluster]:
    """Return the control plane that all system tests share; no node."""
    with LocalCluster() as cluster:
        refuse_foreign(cluster.kubeconfig)
        yield cluster


@pytest.fixture(scope="session")
def node(cluster: LocalCluster) -> LocalCluster:
    """Return the shared cluster with the node that runs pods."""
    cluster.start_node(image_map())
    return cluster


@pytest.fixture
def namespace(cluster: LocalCluster) -> Iterator[str]:
    """Return a fresh namespace under Pod Security `restricted`."""
    name = cluster.create_namespace(f"test-{secrets.token_hex(4)}")
    yield name
    cluster.delete_namespace(name)
