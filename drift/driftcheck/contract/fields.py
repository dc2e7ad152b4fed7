"""Reads and writes the JSON of both contracts; standard library only.

Kept apart from the contracts so that "what is said" and "how a broken document is
refused" can each be read alone.
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

CONTRACT = "driftcheck.killick.dev/v1"


class ContractError(ValueError):
    """A document breaks the contract; the message names the field and what is wrong."""


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with a Z; microseconds only where there are any."""
    if moment.tzinfo is None:
        raise ContractError("a time without a zone cannot be written")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_time(text: str, where: str = "time") -> datetime:
    """An RFC 3339 time with a zone, as UTC; ContractError for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ContractError(f"{where}: {text!r} has no time zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, ContractError):
            raise
        raise ContractError(f"{where}: {text!r} is not an RFC 3339 time") from None


def parse_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object, or ContractError; NaN and infinities are not JSON."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ContractError(f"not a JSON document: {str(error)[:120]}") from None
    if not isinstance(value, dict):
        raise ContractError("not a JSON object")
    return value


def compact(value: Mapping[str, Any]) -> str:
    """The shortest JSON text of a value."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class Fields:
    """Typed access to one JSON object; every complaint names the field's path."""

    def __init__(self, value: Any, where: str = "") -> None:
        if not isinstance(value, Mapping):
            raise ContractError(f"{where or 'document'}: must be an object")
        self._value = value
        self._where = f"{where}." if where else ""

    def path(self, name: str) -> str:
        """The field's path, for messages."""
        return f"{self._where}{name}"

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._value.get(name) is not None

    def _get(self, name: str) -> Any:
        if not self.has(name):
            raise ContractError(f"{self.path(name)}: is missing")
        return self._value[name]

    def text(self, name: str) -> str:
        """A non-empty string without NUL (which PostgreSQL cannot hold)."""
        value = self._get(name)
        if not isinstance(value, str) or not value or "\0" in value:
            raise ContractError(f"{self.path(name)}: must be a non-empty string")
        return value

    def optional_text(self, name: str) -> str | None:
        """A string, or None where absent."""
        return self.text(name) if self.has(name) else None

    def flag(self, name: str, default: bool) -> bool:
        """A boolean."""
        value = self._value.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise ContractError(f"{self.path(name)}: must be true or false")
        return value

    def whole(self, name: str, minimum: int = 0) -> int:
        """A whole number of at least `minimum`."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise ContractError(
                f"{self.path(name)}: must be a whole number of at least {minimum}"
            )
        return value

    def optional_whole(self, name: str) -> int | None:
        """A whole number of at least 0, or None where absent."""
        return self.whole(name) if self.has(name) else None

    def number(self, name: str) -> float:
        """A finite number."""
        return finite(self._get(name), self.path(name))

    def optional_number(self, name: str) -> float | None:
        """A finite number, or None where absent."""
        return self.number(name) if self.has(name) else None

    def time(self, name: str) -> datetime:
        """A time in UTC."""
        return parse_time(self.text(name), self.path(name))

    def optional_time(self, name: str) -> datetime | None:
        """A time in UTC, or None where absent."""
        return self.time(name) if self.has(name) else None

    def child(self, name: str) -> "Fields":
        """The object of that name."""
        return Fields(self._get(name), self.path(name))

    def items(self, name: str) -> list[Any]:
        """The list of that name; empty where absent."""
        value = self._value.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise ContractError(f"{self.path(name)}: must be a list")
        return value

    def children(self, name: str) -> list["Fields"]:
        """The list of objects of that name; empty where absent."""
        return [
            Fields(item, f"{self.path(name)}[{index}]")
            for index, item in enumerate(self.items(name))
        ]

    def texts(self, name: str) -> tuple[str, ...]:
        """The list of non-empty strings of that name; empty where absent."""
        found = self.items(name)
        if not all(
            isinstance(item, str) and item and "\0" not in item for item in found
        ):
            raise ContractError(f"{self.path(name)}: must hold non-empty strings")
        return tuple(found)

    def contract(self, name: str, expected: str) -> str:
        """The contract's name and version; ContractError if it is another one."""
        found = self.text(name)
        if found != expected:
            raise ContractError(f"{self.path(name)}: {found!r} is not {expected!r}")
        return found


def end_of(fields: Fields, start: datetime, seconds: float | None) -> datetime:
    """The field `e`; where it is absent, `seconds` after the start.

    OverflowError where that is no time any more.
    """
    end = fields.optional_time("e")
    if end is not None:
        return end
    if seconds is None:
        raise ContractError(f"{fields.path('e')}: is missing")
    return start + timedelta(seconds=seconds)


def finite(value: Any, where: str) -> float:
    """The value as a finite float, or ContractError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ContractError(f"{where}: must be a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ContractError(f"{where}: must be a finite number")
    return number


def short_text(text: str, where: str) -> str:
    """The text, or ContractError if it could crowd out the answer's verdicts."""
    if len(text.encode()) > 64:
        raise ContractError(f"{where}: must be at most 64 bytes")
    return text
