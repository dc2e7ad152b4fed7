"""The reference by segment: reduced and stored like its profile (`profile`)."""

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
    """Return the segments of the reference with that digest.

    CheckFailure ReferenceUnreadable is raised if the reference must be read and cannot,
    does not have the column, or changed meanwhile.
    """
    if request.reference.uri.endswith(PROFILE_SUFFIX):
        message = "segments need the reference itself, not its profile"
        raise CheckFailure(Reason.REFERENCE_UNREADABLE, message)
    cache = cache_of(request, environment)
    features, prediction = request.log.features, request.log.prediction_column
    name = segments_name(sha256, request, rule)
    stored = cache.read(name, lambda data: from_bytes(data, rule))
    if stored and all(part.sha256 == sha256 for part in stored.references.values()):
        return stored
    opened = read_files(request.reference.uri, Reason.REFERENCE_UNREADABLE, environment)
    if opened.sha256 != sha256:
        message = "it was written to while it was read"
        raise CheckFailure(Reason.REFERENCE_UNREADABLE, message)
    reference = segmented(request, rule, opened)
    cache.write(name, lambda: to_bytes(reference, features, prediction))
    return reference


def segmented(
    request: CheckRequest, rule: SegmentRule, opened: Opened
) -> SegmentedReference:
    """Return the segments of a reference in open files, read column by column."""
    features, prediction = request.log.features, request.log.prediction_column
    wanted = {*features.names, features.column, prediction, rule.column}
    table = SegmentedTable(open_table(opened, wanted), rule.column)
    segments = segments_of(rule, table.rows_of)
    references = {}
    for value in segments.judged:
        rows = table.only(value)
        segment = table.counted(
            reference_rows(rows, features, prediction, reduced_column)
        )
        dataset = without_column(segment, rule.column)
        references[value] = LoadedReference(dataset, opened.sha256, rows.names)
    return SegmentedReference(rule, segments, references)


def segments_name(sha256: str, request: CheckRequest, rule: SegmentRule) -> str:
    """Return the name under which a reference's segments are stored."""
    features, prediction = request.log.features, request.log.prediction_column
    asked = [FORMAT, sha256, features.to_json(), prediction, rule.to_json()]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32] + SUFFIX
