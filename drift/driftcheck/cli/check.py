"""The check without the operator: options become a request and the inputs it reads.

So `python -m driftcheck` is also a complete plain CronJob.
"""

import argparse
import sys
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from driftcheck.check.run import Inputs, check_inputs, reference_for, run_check
from driftcheck.cli.options import UsageError
from driftcheck.cli.request import ALL, request_from
from driftcheck.contract import CheckRequest, Verdict
from driftcheck.contract.reasons import Reason
from driftcheck.contract.request import DATABASE_VARIABLE
from driftcheck.inference_log.single_file import open_file
from driftcheck.judge.result import Check
from driftcheck.reference.profile import profile_of
from driftcheck.reference.profile_format import SUFFIX, to_bytes
from driftcheck.reference.profile_store import Directory
from driftcheck.storage.limits import MAXIMUM_ROWS
from driftcheck.storage.parquet import read_files
from driftcheck.windows import all_rows, windows_to_judge

EXIT_CODES = {
    Verdict.NO_DRIFT: 0,
    Verdict.DRIFT: 10,
    Verdict.DATA_QUALITY: 11,
    Verdict.INCONCLUSIVE: 12,
    Verdict.ERROR: 1,
}


def check_from_options(
    options: argparse.Namespace, environment: Mapping[str, str], now: datetime
) -> tuple[CheckRequest, Check]:
    """Return the check that the options describe; UsageError where they do not."""
    request = request_from(options, environment, now)
    if options.write_profile:
        write_profile(request, options, environment)
    if options.current:
        inputs = _file_inputs(request, options, environment, now)
    elif options.backend:
        inputs = _warehouse_inputs(request, options, environment, now)
    else:
        url = environment.get(DATABASE_VARIABLE)
        return request, run_check(request, url, now, environment)
    return request, check_inputs(request, inputs, now, environment)


def _file_inputs(
    request: CheckRequest,
    options: argparse.Namespace,
    environment: Mapping[str, str],
    now: datetime,
) -> Inputs:
    max_rows = sys.maxsize if options.all_rows else MAXIMUM_ROWS
    return Inputs(
        (all_rows(now),),
        partial(reference_for, request, environment),
        partial(open_file, options.current, request.log, environment, max_rows),
    )


def _warehouse_inputs(
    request: CheckRequest,
    options: argparse.Namespace,
    environment: Mapping[str, str],
    now: datetime,
) -> Inputs:
    from driftcheck.warehouse.log import Tables, warehouse_inputs

    tables = Tables(options.backend, options.table, options.reference_table)
    windows = windows_to_judge(request, now)
    if options.window == ALL:
        windows = (all_rows(now),)
    return warehouse_inputs(request, tables, windows, environment)


def write_profile(
    request: CheckRequest, options: argparse.Namespace, environment: Mapping[str, str]
) -> None:
    """Write the reference's profile to a file that can be used as the reference."""
    path = Path(options.write_profile)
    if not path.name.endswith(SUFFIX):
        raise UsageError(f"--write-profile requires a name that ends in {SUFFIX}")
    if options.reference_table:
        from driftcheck.warehouse.log import Tables, profile_there

        tables = Tables(options.backend, options.table, options.reference_table)
        profile = profile_there(request, tables)
    else:
        uri = request.reference.uri
        opened = read_files(uri, Reason.REFERENCE_UNREADABLE, environment)
        profile = profile_of(opened, request)
    Directory(path.parent).write(path.name, to_bytes(profile))
