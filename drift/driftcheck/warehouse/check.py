"""A check by hand of a table in a warehouse: `--backend URL --table NAME`."""

import argparse
from collections.abc import Mapping
from datetime import datetime, timedelta

from driftcheck.check.run import changed_reference
from driftcheck.contract import CheckAnswer, CheckRequest
from driftcheck.dataset import LoadedReference
from driftcheck.judge.result import Check, Examined
from driftcheck.judge.verdict import judge
from driftcheck.reference.profile import reference_of
from driftcheck.reference.profile_format import Profile
from driftcheck.warehouse.counts import (
    Warehouse,
    comparable,
    open_warehouse,
    window_of,
    within,
)
from driftcheck.warehouse.profile import warehouse_profile
from driftcheck.windows import Window

ALL = "all"


def check_in_warehouse(
    options: argparse.Namespace,
    request: CheckRequest,
    environment: Mapping[str, str],
    now: datetime,
) -> Check:
    """Judges the latest window of a table, or, with `--window all`, all of its rows."""
    warehouse = open_warehouse(options.backend)
    if options.reference_table:
        reference = reference_there(
            warehouse, options.reference_table, request
        ).reference
    else:
        reference = reference_of(request, environment)
    table = warehouse.table(options.table)
    window = Window(now, now, counting=False)
    if options.window != ALL:
        end = now - timedelta(seconds=request.log.lag_seconds)
        start = end - timedelta(seconds=request.window_seconds)
        window = Window(start, end, counting=False)
        table = within(warehouse, table, request.log, window)
    examined = changed_reference(request, window, reference)
    if examined is None:
        reference = comparable(reference)
        current = window_of(warehouse, table, request.log.features, reference)
        judgement = judge(request, window, reference.dataset, current)
        examined = Examined(judgement, current)
    return _check(request, reference, examined, now)


def reference_there(warehouse: Warehouse, name: str, request: CheckRequest) -> Profile:
    """The profile of a table of the warehouse."""
    log = request.log
    table = warehouse.table(name)
    return warehouse_profile(warehouse, table, log.features, log.prediction_column)


def table_columns(url: str, name: str) -> list[str]:
    """The names of a table's columns."""
    return list(open_warehouse(url).table(name).columns)


def _check(
    request: CheckRequest,
    reference: LoadedReference,
    examined: Examined,
    now: datetime,
) -> Check:
    verdicts = (examined.judgement.verdict,)
    answer = CheckAnswer(request.request_fingerprint, reference.sha256, now, verdicts)
    return Check(answer, (examined,), reference.dataset)
