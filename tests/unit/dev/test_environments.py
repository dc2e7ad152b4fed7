"""What the node is told about images."""

from pathlib import Path

from dev.environments.images import ImageSpec


def test_an_image_is_written_as_the_node_reads_it() -> None:
    """Paths become strings, and no environment becomes null."""
    made = ImageSpec(path=(Path("/opt/bin"),), environment={"WHERE": "/opt"})
    assert made.as_json() == {
        "venv": None,
        "pythonpath": [],
        "path": ["/opt/bin"],
        "environment": {"WHERE": "/opt"},
    }
