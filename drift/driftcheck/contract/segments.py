"""Which segments are judged beside the whole: asked."""

from dataclasses import dataclass
from typing import Any, Self

from driftcheck.contract.fields import Fields


@dataclass(frozen=True)
class SegmentRule:
    """The column whose values make the segments, and the least rows of one on a side.

    Only the `maximum` largest of the reference are looked at.
    """

    column: str
    minimum_rows: int = 100
    maximum: int = 20

    def to_json(self) -> dict[str, Any]:
        """As the request carries it."""
        return {
            "column": self.column,
            "minimum_rows": self.minimum_rows,
            "maximum": self.maximum,
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Read from a request."""
        return cls(
            fields.text("column"),
            fields.whole("minimum_rows", 1),
            fields.whole("maximum", 1),
        )
