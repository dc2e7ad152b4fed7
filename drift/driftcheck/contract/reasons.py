"""Every reason that the worker reports: why a verdict, a finding or a failure.

A reason is one CamelCase word of at most 24 characters. `Reason.X.description` says in
one sentence what happened and what to do; messages and the reference page use it.
A reader of answers takes reasons as text, because a newer worker may report others.
"""

from enum import StrEnum
from typing import Self


class ReasonGroup(StrEnum):
    """Where a reason occurs."""

    DRIFT = "Verdict Drift"
    NO_DRIFT = "Verdict NoDrift"
    INCONCLUSIVE = "Verdict Inconclusive"
    DATA_QUALITY = "Verdict DataQuality"
    ERROR = "Verdict Error"
    FINDING = "Finding that decides nothing"
    PERFORMANCE = "Performance that was not computed or not judged"
    EVALUATION = "Evaluation that failed"
    REPORT = "Report that was not made"


_DRIFT, _NO_DRIFT = ReasonGroup.DRIFT, ReasonGroup.NO_DRIFT
_INCONCLUSIVE, _DATA = ReasonGroup.INCONCLUSIVE, ReasonGroup.DATA_QUALITY
_ERROR, _FINDING = ReasonGroup.ERROR, ReasonGroup.FINDING
_PERFORMANCE, _EVALUATION = ReasonGroup.PERFORMANCE, ReasonGroup.EVALUATION
_REPORT = ReasonGroup.REPORT


class Reason(StrEnum):
    """A reason with the group it belongs to and a description in one sentence."""

    group: ReasonGroup
    description: str

    def __new__(
        cls,
        value: str,
        group: ReasonGroup = ReasonGroup.FINDING,
        description: str = "",
    ) -> Self:
        """Return the member whose text is `value`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.group = group
        member.description = description
        return member

    COLUMNS_DRIFTED = (
        "ColumnsDrifted",
        _DRIFT,
        "At least driftedColumnsPercent of the compared columns drifted.",
    )
    CRITICAL_COLUMN_DRIFTED = (
        "CriticalColumnDrifted",
        _DRIFT,
        "A column that the spec declares critical drifted.",
    )
    PREDICTION_DRIFTED = (
        "PredictionDrifted",
        _DRIFT,
        "The distribution of the predictions drifted.",
    )
    SEGMENT_DRIFTED = (
        "SegmentDrifted",
        _DRIFT,
        "A segment drifted, although all rows together did not; the message names it.",
    )
    PERFORMANCE_DROPPED = (
        "PerformanceDropped",
        _DRIFT,
        "The whole 95 % interval of the performance lies beyond the declared bound.",
    )
    NO_DRIFT = (
        "NoDrift",
        _NO_DRIFT,
        (
            "Fewer columns drifted than driftedColumnsPercent requires, none of them "
            "critical."
        ),
    )
    NOT_ENOUGH_ROWS = (
        "NotEnoughRows",
        _INCONCLUSIVE,
        "There are fewer rows than the minimum; wait for more or use a longer window.",
    )
    NOT_ENOUGH_REFERENCE_ROWS = (
        "NotEnoughReferenceRows",
        _INCONCLUSIVE,
        "The reference has fewer rows than the minimum; provide a larger reference.",
    )
    NOTHING_CHECKED = (
        "NothingChecked",
        _INCONCLUSIVE,
        "No feature could be compared; the findings name the columns.",
    )
    CRITICAL_COLUMN_UNCHECKED = (
        "CriticalColumnUnchecked",
        _INCONCLUSIVE,
        "A critical column could not be compared; the findings say why.",
    )
    AUTOCORRELATED_ROWS = (
        "AutocorrelatedRows",
        _INCONCLUSIVE,
        (
            "Consecutive rows resemble each other, so the effective sample size is too "
            "small to support a drift; use a longer window."
        ),
    )
    REFERENCE_CHANGED = (
        "ReferenceChanged",
        _DATA,
        "The reference does not have the pinned digest; restore it or pin the new one.",
    )
    MISSING_COLUMN = (
        "MissingColumn",
        _DATA,
        (
            "A column does not exist in the log or the reference; as an Error, a "
            "column that the log itself needs."
        ),
    )
    RETYPED_COLUMN = (
        "RetypedColumn",
        _DATA,
        "A column holds values of a type that the reference does not have.",
    )
    RAGGED_VECTOR = (
        "RaggedVector",
        _DATA,
        "The feature vectors differ in length.",
    )
    VECTOR_LENGTH = (
        "VectorLength",
        _DATA,
        "All feature vectors have a length other than the number of declared names.",
    )
    ALL_NULL = ("AllNull", _DATA, "A column holds only nulls.")
    NULL_SHARE = (
        "NullShare",
        _DATA,
        (
            "The share of nulls in a column differs from the reference by 5 points or "
            "more."
        ),
    )
    INFINITE_SHARE = (
        "InfiniteShare",
        _DATA,
        (
            "The share of infinite values in a column differs from the reference by 5 "
            "points or more."
        ),
    )
    LOG_UNREACHABLE = (
        "LogUnreachable",
        _ERROR,
        (
            "The inference log's server does not answer or rejects the user; the "
            "operator repeats the check soon."
        ),
    )
    LOG_FORBIDDEN = (
        "LogForbidden",
        _ERROR,
        "The credentials do not permit reading the inference log; grant read access.",
    )
    LOG_TIMEOUT = (
        "LogTimeout",
        _ERROR,
        (
            "A query of the inference log exceeded its time limit; an index on the "
            "timestamp column helps."
        ),
    )
    LOG_UNREADABLE = (
        "LogUnreadable",
        _ERROR,
        "The inference log's server returned an error, or its files cannot be read.",
    )
    MISSING_TABLE = (
        "MissingTable",
        _ERROR,
        "The table or the files of the inference log do not exist.",
    )
    NOT_A_TIMESTAMP = (
        "NotATimestamp",
        _ERROR,
        "The declared timestamp column is not of a timestamp type.",
    )
    FILTER_MISMATCH = (
        "FilterMismatch",
        _ERROR,
        (
            "A filter's value cannot occur in its column, such as a word in a column "
            "of whole numbers."
        ),
    )
    REFERENCE_UNREADABLE = (
        "ReferenceUnreadable",
        _ERROR,
        (
            "The reference cannot be read; check its address and the credentials in "
            "podTemplate.envFrom."
        ),
    )
    CURRENT_UNREADABLE = (
        "CurrentUnreadable",
        _ERROR,
        "The file given with --current cannot be read.",
    )
    WAREHOUSE_UNREADABLE = (
        "WarehouseUnreadable",
        _ERROR,
        "The warehouse given with --backend does not answer or returned an error.",
    )
    BAD_REQUEST = (
        "BadRequest",
        _ERROR,
        (
            "The request is invalid or unsupported; the operator and the worker may "
            "differ in version."
        ),
    )
    INTERNAL_ERROR = (
        "InternalError",
        _ERROR,
        "The worker failed unexpectedly; its log has the traceback.",
    )
    UNCHECKED = (
        "Unchecked",
        _FINDING,
        "A column was not compared; the log of the check says why.",
    )
    OUT_OF_RANGE = (
        "OutOfRange",
        _FINDING,
        "Values lie outside the range of the reference.",
    )
    UNSEEN_CATEGORIES = (
        "UnseenCategories",
        _FINDING,
        "Rows have categories that the reference does not have.",
    )
    CONSTANT = (
        "Constant",
        _FINDING,
        "A column has a single value in the window but not in the reference.",
    )
    WAS_CONSTANT = (
        "WasConstant",
        _FINDING,
        "A column has a single value in the reference but not in the window.",
    )
    ADDED_COLUMN = (
        "AddedColumn",
        _FINDING,
        "The window's file has a column that the reference does not have.",
    )
    NON_STATIONARY_REFERENCE = (
        "NonStationaryReference",
        _FINDING,
        (
            "A column's effect reaches its threshold but lies within the reference's "
            "own variation over time."
        ),
    )
    SEGMENT_INCONCLUSIVE = (
        "SegmentInconclusive",
        _FINDING,
        "A segment could not be judged; its reason is in parentheses.",
    )
    SEGMENT_DATA_QUALITY = (
        "SegmentDataQuality",
        _FINDING,
        (
            "The rows of a segment have a data quality problem; its reason is in "
            "parentheses."
        ),
    )
    SEGMENTS_LEFT_OUT = (
        "SegmentsLeftOut",
        _FINDING,
        (
            "The reference has more segments than the declared maximum; the rest were "
            "not judged."
        ),
    )
    NOT_ENOUGH_LABELS = (
        "NotEnoughLabels",
        _PERFORMANCE,
        "There are fewer labeled rows than drift.performance.minimumRows.",
    )
    ROWS_TOO_DEPENDENT = (
        "RowsTooDependent",
        _PERFORMANCE,
        (
            "The labeled rows are autocorrelated, and their effective sample size is "
            "below the minimum."
        ),
    )
    NOTHING_VARIES = (
        "NothingVaries",
        _PERFORMANCE,
        "All errors are equal, so there is no interval.",
    )
    LABELS_NOT_BINARY = (
        "LabelsNotBinary",
        _PERFORMANCE,
        "The metric needs labels 0 and 1, but there are others.",
    )
    ONE_CLASS = (
        "OneClass",
        _PERFORMANCE,
        "RocAuc needs rows of both labels, but all rows have the same label.",
    )
    NOT_A_NUMBER = (
        "NotANumber",
        _PERFORMANCE,
        "A label or a prediction is not a finite number.",
    )
    ROWS_MISSING = (
        "RowsMissing",
        _EVALUATION,
        (
            "The compare container found no rows file; look at the log of the rows "
            "container."
        ),
    )
    ROWS_CHANGED = (
        "RowsChanged",
        _EVALUATION,
        "The rows do not have the digest that the rows container reported.",
    )
    ROW_MISMATCH = (
        "RowMismatch",
        _EVALUATION,
        "The number of labels or predictions differs from the number of rows.",
    )
    SCORES_MISSING = (
        "ScoresMissing",
        _EVALUATION,
        "A version's container left no predictions; look at its log.",
    )
    NO_EVIDENTLY = (
        "NoEvidently",
        _REPORT,
        "No Python interpreter with Evidently was found.",
    )
    REPORT_FAILED = (
        "ReportFailed",
        _REPORT,
        "Evidently failed or exceeded its time limit.",
    )
    NOTHING_TO_REPORT = (
        "NothingToReport",
        _REPORT,
        "No column was compared, so there is no report.",
    )
