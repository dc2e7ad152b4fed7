"""Logs as JSON lines, one record a line, on standard error.

A line has `time`, `level`, `logger` and `message`, then each field that the caller
passed as `extra`. JSON escapes every line end and control character, so text from
outside cannot end a line or forge another one.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final, TextIO

QUIET: Final = ("kopf", "kubernetes", "aiohttp", "asyncio")
STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "asctime",
    "message",
    "taskName",
}
"""What every record has; anything else came as `extra`."""
KOPF_INTERNAL: Final = frozenset({"settings", "k8s_skip"})
KOPF_OBJECT: Final = "k8s_ref"


class JsonLines(logging.Formatter):
    """Formats a record and its `extra` fields as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for key, value in vars(record).items():
            if key == KOPF_OBJECT:
                line.setdefault("object", _qualified(value))
            elif key not in STANDARD | KOPF_INTERNAL:
                line.setdefault(key, value)
        if record.exc_info:
            line["stacktrace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True, default=str)


def _qualified(reference: dict[str, Any]) -> str:
    """Return kopf's reference to an object as our own lines name it."""
    namespace, name = reference.get("namespace"), reference.get("name")
    return f"{namespace}/{name}" if namespace else str(name)


def configure_logging(stream: TextIO | None = None) -> None:
    """Send every record, kopf's and Python's warnings included, to standard error.

    `stream` takes the place of standard error.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
