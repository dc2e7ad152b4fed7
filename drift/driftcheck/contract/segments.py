"""Which segments are judged beside the whole window."""

from dataclasses import dataclass

from driftcheck.contract.codec import Document
from driftcheck.contract.rules import Name, Positive


@dataclass(frozen=True)
class SegmentRule(Document):
    """The column whose values are the segments, and how many rows one needs.

    A segment with fewer than `minimum_rows` rows in the window or in the reference
    decides nothing. Only the `maximum` largest segments of the reference are judged.
    """

    column: Name
    minimum_rows: Positive = 100
    maximum: Positive = 20
