"""The report of a check: a verdict per window, the top columns, histograms."""

import numpy as np

from driftcheck.contract import (
    CheckAnswer,
    Kind,
    PerformanceRule,
    Verdict,
    WindowVerdict,
    format_time,
)
from driftcheck.judge.column_score import ColumnScore
from driftcheck.judge.result import Check, JudgedWindow
from driftcheck.stats.category_distance import one_spelling, unseen_rows
from driftcheck.stats.columns import Categories, Column, Dataset
from driftcheck.stats.distance import HUGE, Floats, inner_range

BLOCKS = " ▁▂▃▄▅▆▇█"
BINS = 32
"""Bins of a histogram: it fits beside its label in 80 characters."""
COLUMNS_SHOWN, HISTOGRAMS_SHOWN, CATEGORIES_SHOWN, SEGMENTS_SHOWN = 12, 3, 5, 3
"""Details shown, so that a report of one window fits on two screens."""


def text_report(check: Check, rule: PerformanceRule | None = None) -> str:
    """Return the report on a check, the newest window last and in most detail.

    `rule`: the request's rule of performance, None where nobody asked.
    """
    lines = []
    error = check.answer.error
    if error:
        lines.append(f"The check failed: {error.reason}: {error.message}")
    for index, judged in enumerate(check.windows):
        newest = index == len(check.windows) - 1
        lines += _window(judged, check.reference if newest else None)
    if not check.windows:
        lines.append("No window is due.")
    if rule:
        lines += _performances(check.answer, rule)
    return "\n".join(lines)


def headline(verdict: WindowVerdict) -> str:
    """Return the verdict with its reason and message; NoDrift is its own reason."""
    reason = "" if verdict.reason == verdict.verdict else f" ({verdict.reason})"
    return f"{verdict.verdict}{reason}: {verdict.message}"


def _performances(answer: CheckAnswer, rule: PerformanceRule) -> list[str]:
    lines = []
    for performance in answer.performance_windows:
        span = f"{format_time(performance.start)} to {format_time(performance.end)}"
        lines.append(
            f"Performance (counting window): {performance.describe(rule)}: {span}"
        )
    if answer.performance:
        lines.append(f"Performance: {answer.performance.describe(rule)}")
    return lines


def _window(judged: JudgedWindow, reference: Dataset | None) -> list[str]:
    """Describe one window; `reference` is None where its columns are not shown."""
    judgement = judged.judgement
    verdict = judgement.verdict
    lines = [headline(verdict), f"  {_rows_of(verdict)}"]
    lines += [f"  {finding}" for finding in verdict.findings[:COLUMNS_SHOWN]]
    if reference is not None and judged.current is not None and judgement.scores:
        lines += _scores(judgement.scores)
        for score in judgement.scores[:HISTOGRAMS_SHOWN]:
            lines += histogram(
                score.name,
                reference.columns[score.name],
                judged.current.columns[score.name],
            )
    drifted = [s for s in judgement.segments if s[1].verdict.verdict is Verdict.DRIFT]
    for name, segment in drifted[:SEGMENTS_SHOWN]:
        lines += [f"  {name}, {segment.verdict.rows} rows: {segment.verdict.message}"]
        lines += _scores(segment.scores)
    return lines


def _rows_of(verdict: WindowVerdict) -> str:
    """Describe the window's role, span and rows."""
    span = f"{format_time(verdict.start)} to {format_time(verdict.end)}"
    role = "counting window" if verdict.counting else "interim window"
    text = f"{role}: {span}"
    if verdict.start == verdict.end:
        text = "all rows"
    if verdict.rows is not None:
        text += f", {verdict.rows} rows"
    if verdict.sampled is not None:
        text += f", {verdict.sampled} of them compared"
    return text


def _scores(scores: tuple[ColumnScore, ...]) -> list[str]:
    shown = scores[:COLUMNS_SHOWN]
    width = max(6, *(len(score.name) for score in shown))
    lines = [f"  {'column':<{width}}  effect  threshold  p-value    PSI  result"]
    for score in shown:
        kinds = "new categories" if Kind.NEW_CATEGORY in score.kinds else "drift"
        result = kinds if score.drifted else "-"
        critical = ", critical" if score.critical else ""
        critical += ", prediction" if score.prediction else ""
        pvalue = "-" if score.pvalue is None else f"{score.pvalue:.1g}"
        psi = score.stability_index
        index = "-" if psi is None else f"{psi:.2f}"
        lines.append(
            f"  {score.name:<{width}}  {score.effect:>6.3f}  {score.threshold:>9g}"
            f"  {pvalue:>7}  {index:>5}  {result}{critical}"
        )
    if len(scores) > len(shown):
        lines.append(f"  and {len(scores) - len(shown)} more columns")
    return lines


def histogram(name: str, reference: Column, current: Column) -> list[str]:
    """Return both sides of one column as lines, drawn on one scale."""
    if not isinstance(reference, Categories) and not isinstance(current, Categories):
        return _numbers(name, reference.values, current.values)
    if isinstance(reference, Categories) and isinstance(current, Categories):
        return _categories(name, reference, current)
    return []


def _numbers(name: str, reference: Floats, current: Floats) -> list[str]:
    quantiles = [inner_range(side) for side in (reference, current)]
    low = float(min(quantiles[0][0], quantiles[1][0]))
    high = float(max(quantiles[0][1], quantiles[1][1]))
    if low == high:
        return [f"  {name}: always {low:g}"]
    if max(abs(low), abs(high)) > HUGE:
        return [f"  {name}: {low:.4g} to {high:.4g}"]
    shares = [
        np.histogram(np.clip(side, low, high), BINS, (low, high))[0] / side.size
        for side in (reference, current)
    ]
    top = max(float(share.max()) for share in shares)
    return [
        f"  {name}, {low:.4g} to {high:.4g}",
        f"    reference |{bars(shares[0], top)}|",
        f"    window    |{bars(shares[1], top)}|",
    ]


def bars(shares: Floats, top: float) -> str:
    """Return shares as block characters; a share above zero is never drawn empty."""
    heights = np.ceil(shares / top * (len(BLOCKS) - 1)).astype(int)
    return "".join(BLOCKS[height] for height in heights)


def _categories(name: str, reference: Categories, current: Categories) -> list[str]:
    reference, current = one_spelling(reference, current)
    ranked = sorted(reference.counts.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"  {name}, share in reference and window"]
    for category, count in ranked[:CATEGORIES_SHOWN]:
        before = count / reference.present
        after = current.counts.get(category, 0) / current.present
        lines.append(f"    {before:>4.0%} {after:>4.0%}  {category[:40]}")
    unseen = unseen_rows(reference, current) / current.present
    if unseen:
        lines.append(f"      0% {unseen:>4.0%}  (not in the reference)")
    return lines
