"""A pytest plugin: a failure that pytest cannot format is reported all the same.

An exception in the formatting of a failure ends pytest, and no other test runs.
Python 3.11 has a cause that tests cannot avoid: `ast.parse`, with which pytest finds
the failing statement, raises SystemError ("AST constructor recursion depth mismatch")
when the garbage collector runs in it and a finalizer logs a traceback, because that
calls `ast.parse` as well (python/cpython#106905, pytest-dev/pytest#10763).
"""

import traceback
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report with Python's own traceback if pytest's formatting raises.

    `trylast` makes this the innermost wrapper, so that those of other plugins get a
    report in any case.
    """
    try:
        return (yield)
    except Exception as error:
        if call.excinfo is None or call.when == "collect":
            raise
        failure = "".join(traceback.format_exception(call.excinfo.value))
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords=dict.fromkeys(item.keywords, 1),
            outcome="failed",
            longrepr=f"{failure}\npytest could not format this failure: {error!r}",
            when=call.when,
            sections=[
                (f"Captured {key} {when}", text)
                for when, key, text in item._report_sections
            ],
            duration=call.duration,
            start=call.start,
            stop=call.stop,
        )
