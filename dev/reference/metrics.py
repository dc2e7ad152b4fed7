"""Tables of the Prometheus metrics, made from the operator's and the worker's own."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from dev.reference.markdown import code, table
from driftcheck.report import pushgateway
from killick.record.metrics import StatusCollector


def operator_table() -> str:
    """Return the table of what the operator serves under /metrics."""
    collector = StatusCollector()
    labels = _labels_of_counters(collector)
    rows = sorted(
        (code(_name(family)), family.type, _labels(family, labels), _text(family))
        for family in collector.registry.collect()
    )
    return table(("metric", "type", "labels", "meaning"), rows)


def pushed_table() -> str:
    """Return the table of what a check pushes to a Pushgateway."""
    rows = [(code(name), text) for name, text in _pushed()]
    return table(("metric", "meaning"), rows)


def _name(family: Metric) -> str:
    """Return the name as Prometheus shows it: that of a counter ends with _total."""
    return f"{family.name}_total" if family.type == "counter" else family.name


def _text(family: Metric) -> str:
    return family.documentation


def _labels(family: Metric, counters: Mapping[str, tuple[str, ...]]) -> str:
    if isinstance(family, GaugeMetricFamily):
        names = tuple(family._labelnames)  # noqa: SLF001  the library has no other way
    else:
        names = counters[family.name]
    return ", ".join(code(name) for name in names)


def _labels_of_counters(collector: StatusCollector) -> dict[str, tuple[str, ...]]:
    """Return the label names of counters, gauges and histograms, by metric."""
    known: dict[str, tuple[str, ...]] = {}
    for value in vars(collector).values():
        instrument: Any = value
        if hasattr(instrument, "_labelnames") and hasattr(instrument, "_name"):
            known[instrument._name] = tuple(instrument._labelnames)  # noqa: SLF001
    return known


def _pushed() -> Iterator[tuple[str, str]]:
    """Yield name and meaning of each `Gauge("name", "meaning", …)` of the worker."""
    for node in ast.walk(ast.parse(inspect.getsource(pushgateway))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
        if node.func.id == "Gauge" and len(texts) > 1:
            yield str(texts[0]), str(texts[1])
