"""The images that the node knows: name → virtual environment and search paths."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_LOG = logging.getLogger("killick.node")


@dataclass(frozen=True)
class Image:
    """What stands for an image's file system.

    `venv` is a virtual environment (or None), `pythonpath` and `path` are searched
    after it, `entrypoint` runs when the container has no command, `environment` is
    what the image declares (ENV).
    """

    venv: str | None = None
    pythonpath: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class Images:
    """The file of images, read again whenever it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._images: dict[str, Image] = {}

    def find(self, name: str) -> Image | None:
        """The image of this exact name, or None."""
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
            if stamp != self._stamp:
                self._images = parse_images(self._path.read_text())
                self._stamp = stamp
        except (OSError, TypeError, ValueError) as error:
            # It may be half written: what was known before still holds.
            _LOG.warning("images: %s", error)
        return self._images.get(name)

    def names(self) -> list[str]:
        """The names known at the last `find`."""
        return sorted(self._images)


def parse_images(text: str) -> dict[str, Image]:
    """Read the JSON object `{name: {"venv", "pythonpath", "path", …}}`, see Image.

    Raises:
        TypeError: an image has a key that is not one of these.
        ValueError: it is not JSON.

    """
    return {name: _image(fields) for name, fields in json.loads(text).items()}


def _image(fields: dict[str, Any]) -> Image:
    lists = {
        key: tuple(value) for key, value in fields.items() if isinstance(value, list)
    }
    return Image(**{**fields, **lists})
