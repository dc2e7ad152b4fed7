"""The reference by segment: reduced once, and kept as its profile is (`profile`)."""

import hashlib
import json
from collections.abc import Mapping

from driftcheck.contract import CheckRequest, SegmentRule
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import (
    LoadedReference,
    SegmentedReference,
    segments_of,
    without_column,
)
from driftcheck.errors import CheckFailure
from driftcheck.reference.load import reference_rows
from driftcheck.reference.profile import cache_of, reduced_column
from driftcheck.reference.profile_format import SUFFIX as PROFILE_SUFFIX
from driftcheck.reference.segments_format import (
    FORMAT,
    SUFFIX,
    from_bytes,
    to_bytes,
)
from driftcheck.storage.parquet import Opened, open_table, read_files
from driftcheck.storage.segment_rows import SegmentedTable


def segments_for(
    request: CheckRequest,
    rule: SegmentRule,
    sha256: str,
    environment: Mapping[str, str],
) -> SegmentedReference:
    """The segments of the reference with that digest.

    CheckFailure ReferenceUnreadable where it must be read and cannot, has no such
    column, or has changed meanwhile.
    """
    if request.reference.uri.endswith(PROFILE_SUFFIX):
        message = "segments need the reference itself, not its profile"
        raise CheckFailure(Reason.REFERENCE_UNREADABLE, message)
    cache = cache_of(request, environment)
    features, prediction = request.log.features, request.log.prediction_column
    name = segments_name(sha256, request, rule)
    kept = cache.read(name, lambda data: from_bytes(data, rule))
    if kept and all(one.sha256 == sha256 for one in kept.references.values()):
        return kept
    opened = read_files(request.reference.uri, Reason.REFERENCE_UNREADABLE)
    if opened.sha256 != sha256:
        raise CheckFailure(
            Reason.REFERENCE_UNREADABLE, "it was written to while it was read"
        )
    found = segmented(request, rule, opened)
    cache.write(name, lambda: to_bytes(found, features, prediction))
    return found


def segmented(
    request: CheckRequest, rule: SegmentRule, opened: Opened
) -> SegmentedReference:
    """The segments of a reference, from its bytes; column by column for each."""
    features, prediction = request.log.features, request.log.prediction_column
    wanted = {*features.names, features.column, prediction, rule.column}
    table = SegmentedTable(open_table(opened, wanted), rule.column)
    segments = segments_of(rule, table.rows_of)
    references = {}
    for value in segments.judged:
        rows = table.only(value)
        found = table.counted(
            reference_rows(rows, features, prediction, reduced_column)
        )
        dataset = without_column(found, rule.column)
        references[value] = LoadedReference(dataset, opened.sha256, rows.names)
    return SegmentedReference(rule, segments, references)


def segments_name(sha256: str, request: CheckRequest, rule: SegmentRule) -> str:
    """The name under which a reference's segments are kept."""
    features, prediction = request.log.features, request.log.prediction_column
    asked = [FORMAT, sha256, features.to_json(), prediction, rule.to_json()]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32] + SUFFIX
