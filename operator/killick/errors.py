"""The errors that Killick raises on purpose.

Each carries a `reason` (CamelCase, for conditions and events) and a `message` that
tells a person what to do. Neither ever contains a secret. The tree:

    KillickError
    ├── InvalidSpec        the resource asks for something that cannot be done
    ├── Unavailable        a system did not answer; trying again is right
    ├── NotGranted         the operator lacks a right in this namespace
    ├── Conflict           somebody else wrote in between; read again
    ├── NotLeading         this operator may not write or act now
    └── UnknownSchema      another version of Killick wrote the status; only read
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import ClassVar

from killick.reasons import Reason


class KillickError(Exception):
    """Base of all expected failures.

    `retry_after_seconds` is set where a server said in how many seconds to come again.
    """

    default_reason: ClassVar[Reason] = Reason.ERROR
    retry_after_seconds: float | None = None

    @property
    def retry_after(self) -> timedelta:
        """The pause that the server asked for, in whole seconds like all our times."""
        return timedelta(seconds=math.ceil(self.retry_after_seconds or 0))

    def __init__(self, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason or self.default_reason
        self.message = message


class InvalidSpec(KillickError):
    """The spec is impossible; only its author can fix it."""

    default_reason = Reason.INVALID_SPEC


class Unavailable(KillickError):
    """A system did not answer or answered with an error of its own."""

    default_reason = Reason.UNAVAILABLE


class NotGranted(KillickError):
    """The API server refused: the tenant role is not bound in the namespace."""

    default_reason = Reason.NAMESPACE_NOT_GRANTED


class Conflict(KillickError):
    """The object changed since it was read, or a name is taken by someone else."""

    default_reason = Reason.CONFLICT


class NotLeading(KillickError):
    """The operator does not hold the Lease: it must not write or act."""

    default_reason = Reason.NOT_LEADING


class UnknownSchema(KillickError):
    """The status has a layout that this version does not know: nothing is written."""

    default_reason = Reason.UNKNOWN_SCHEMA_VERSION
