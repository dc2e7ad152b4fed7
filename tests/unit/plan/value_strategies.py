"""Values of single fields: texts, times, counts, identifiers, strange ones included."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.unit.plan import builders as b

EMOJI = "\N{GRINNING FACE}"


TEXTS = (
    "",
    "fine",
    "x" * 1024,
    EMOJI * 700,
    'a "quote" \\',
    "line\nbreak\x00",
    "\ud800",
)


IDS = st.sampled_from(["a1", "a2", "e1", "e2", "ep1", "p1", "h1"])


VERSIONS = st.sampled_from(["1", "2", "3", "9" * 18])


VALUES = st.sampled_from([b.ONE, b.TWO, b.THREE, "models:/ranger/x", "latest", ""])


REASONS = st.sampled_from(["NotEnoughRows", "Drift", "OOMKilled", "R" * 60])


times = st.integers(-20_000, 200).map(lambda n: b.NOW + timedelta(minutes=n))


text = st.sampled_from(TEXTS)


CLEAN = st.sampled_from([t for t in TEXTS if t.isprintable()])


counts = st.one_of(st.none(), st.sampled_from([0, 1, 100, 2**31 - 1]))


big = st.one_of(counts, st.just(10**30))


JOBS = tuple(
    [b.NAME.training_job(i) for i in ("a1", "a2")]
    + [b.NAME.evaluation_job(i) for i in ("e1", "e2")]
    + ["ranger-check-1", "ranger-check-2"]
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return the strategy, or None."""
    return st.one_of(st.none(), strategy)


def mostly(
    usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    """Return the usual thing three times of four: deep states need many in a row."""
    return st.integers(0, 3).flatmap(lambda n: odd if n == 3 else usual)
