"""What a field of the contract takes beyond its type, written beside it.

`minimum_rows: Annotated[int, Bounds(minimum=1)] = 100`: `codec` checks it when it
reads. The aliases at the end are the types that fields use most.
"""

import operator
import re
from dataclasses import dataclass
from typing import Annotated, Any

SHORT_TEXT_BYTES = 64
"""Bytes of a fingerprint or an ID: room for SHA-256 in hex, little of an answer."""


class ContractError(ValueError):
    """A document breaks the contract; the message names the field and what is wrong."""


def below(path: str, name: str) -> str:
    """Return the path of a field of the object at `path`; "" is the document."""
    return f"{path}.{name}" if path else name


class Validated:
    """A dataclass that is checked as a whole, once its fields are read."""

    def validate(self, path: str) -> None:
        """Raise ContractError where the fields do not fit each other."""


class Rule:
    """A condition on one value."""

    def check(self, value: Any, path: str) -> None:
        """Raise ContractError, naming the path, for a value that breaks the rule."""
        raise NotImplementedError


@dataclass(frozen=True)
class Bounds(Rule):
    """The range of a number; `above` and `below` are not in it, the others are."""

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None

    def check(self, value: float, path: str) -> None:
        """Raise ContractError for a number out of range."""
        declared = [
            (words, bound, holds)
            for words, bound, holds in (
                ("at least", self.minimum, operator.ge),
                ("above", self.above, operator.gt),
                ("at most", self.maximum, operator.le),
                ("below", self.below, operator.lt),
            )
            if bound is not None
        ]
        if not all(holds(value, bound) for _, bound, holds in declared):
            text = " and ".join(f"{words} {bound:g}" for words, bound, _ in declared)
            raise ContractError(f"{path}: must be {text}")


@dataclass(frozen=True)
class Text(Rule):
    """A text that is not empty, of at most `maximum` bytes in UTF-8."""

    maximum: int | None = None

    def check(self, value: str, path: str) -> None:
        """Raise ContractError for an empty or a too long text."""
        if not value:
            raise ContractError(f"{path}: must be a non-empty string")
        if self.maximum is not None and len(value.encode(errors="replace")) > (
            self.maximum
        ):
            raise ContractError(f"{path}: must be at most {self.maximum} bytes")


@dataclass(frozen=True)
class Pattern(Rule):
    """A text of which the whole matches a regular expression; `words` describe it."""

    pattern: str
    words: str

    def check(self, value: str, path: str) -> None:
        """Raise ContractError for a text of another form."""
        if not re.fullmatch(self.pattern, value):
            raise ContractError(f"{path}: must be {self.words}")


@dataclass(frozen=True)
class OneOf(Rule):
    """One of a few texts."""

    values: tuple[str, ...]

    def check(self, value: str, path: str) -> None:
        """Raise ContractError for any other text."""
        if value not in self.values:
            raise ContractError(f"{path}: must be one of {', '.join(self.values)}")


@dataclass(frozen=True)
class Constant(Rule):
    """The only value of a field that is always written and must be there."""

    value: str

    def check(self, value: str, path: str) -> None:
        """Raise ContractError for any other value."""
        if value != self.value:
            raise ContractError(f"{path}: {value!r} is not {self.value!r}")


@dataclass(frozen=True)
class Rounded:
    """How a number is rounded when it is written, as a format: `.3f` or `.6g`."""

    format: str

    def of(self, value: float) -> float:
        """Return the rounded number."""
        return float(format(value, self.format))


@dataclass(frozen=True)
class SkipUnknown:
    """Mark a list of an enum: values that this version does not know are left out."""


Name = Annotated[str, Text()]
ShortText = Annotated[str, Text(SHORT_TEXT_BYTES)]
Count = Annotated[int, Bounds(minimum=0)]
Positive = Annotated[int, Bounds(minimum=1)]
Score = Annotated[float, Rounded(".6g")]
ReasonText = Annotated[
    str, Pattern(r"[A-Z][A-Za-z0-9]{0,23}", "a CamelCase word of at most 24 characters")
]
