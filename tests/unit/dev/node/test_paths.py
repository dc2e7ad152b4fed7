"""Mount paths in the words of a pod."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.kubernetes.node.__main__ import shared_by_default
from dev.kubernetes.node.launch.paths import real_paths, rewriter
from dev.kubernetes.node.pod.spec import parse_pod
from tests.unit.dev.node.builders import make_container, make_pod

PATHS = {"/tmp": "/R/tmp", "/data": "/R/d", "/data/in": "/R/i"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/data", "/R/d"),
        ("/data/x.csv", "/R/d/x.csv"),
        ("/data/in/x", "/R/i/x"),
        ("/data/inner", "/R/d/inner"),
        ("--out=/data/x", "--out=/R/d/x"),
        ('{"uri":"file:///data/x"}', '{"uri":"file:///R/d/x"}'),
        ("sqlite:////data/x.db", "sqlite:////R/d/x.db"),
        ("cat /data/a > /tmp/b", "cat /R/d/a > /R/tmp/b"),
        ("a:/data:/tmp", "a:/R/d:/R/tmp"),
        ("/var/tmp", "/var/tmp"),
        ("/database", "/database"),
        ("/data.bak", "/data.bak"),
        ("x/data", "x/data"),
        ("https://host/data", "https://host/data"),
    ],
)
def test_only_whole_paths_are_rewritten(text: str, expected: str) -> None:
    """The longest mount wins; parts of other paths stay as they are."""
    assert rewriter(PATHS)(text) == expected


def test_shared_paths_stay() -> None:
    """A path of the machine that lies below a mounted one can be kept by name."""
    rewrite = rewriter({"/tmp": "/R/tmp"}, ["/tmp/run", "/tmp", "/"])
    assert rewrite("file:///tmp/run/x") == "file:///tmp/run/x"
    assert rewrite("/tmp/run") == "/tmp/run"
    assert rewrite("/tmp/runner") == "/R/tmp/runner"
    assert rewrite("/tmp") == "/R/tmp"


@given(st.text(alphabet="/tmpdai x=:.-", max_size=30))
def test_a_text_without_a_mount_path_is_never_changed(text: str) -> None:
    """Whatever does not contain a mount path comes back as it was."""
    changed = rewriter(PATHS)(text)
    assert changed == text or any(path in text for path in PATHS)


def test_real_paths_cover_mounts_and_the_message_file() -> None:
    """Each mount is its volume's directory, with the sub-path."""
    mounts = [{"name": "v", "mountPath": "/data", "subPath": "a"}]
    pod = parse_pod(make_pod(make_container(volumeMounts=mounts)))
    assert real_paths(pod.containers[0], Path("/V"), Path("/M/main")) == {
        "/data": "/V/v/a",
        "/dev/termination-log": "/M/main",
    }


def test_nothing_to_rewrite_changes_nothing() -> None:
    """Without paths the text is returned."""
    assert rewriter({})("/tmp") == "/tmp"


def test_a_run_shares_its_whole_temporary_directory() -> None:
    """What a demo keeps beside its cluster stays reachable under a mounted /tmp."""
    shared = shared_by_default(Path("/tmp/run/cluster/node"))
    rewrite = rewriter({"/tmp": "/R/tmp"}, shared)
    assert rewrite("file:///tmp/run/reference.parquet").startswith("file:///tmp/run/")
    assert rewrite("/tmp/scratch") == "/R/tmp/scratch"


def test_a_run_elsewhere_shares_the_nodes_parent() -> None:
    """Outside of the temporary directory only what is beside the node is shared."""
    assert shared_by_default(Path("/srv/run/node"))[0] == "/srv/run"
