"""The words of the commit that promotes a version: subject, body and trailers.

`gitops/commit_message.py` renders them, so that text from outside forges no trailer.
"""

from __future__ import annotations

import textwrap

from killick.gitops.port import ValueChange
from killick.names import (
    TRAILER_EPISODE,
    TRAILER_EVALUATION,
    TRAILER_MODEL,
    TRAILER_PREVIOUS,
    TRAILER_VERSION,
)
from killick.plan.context import Context
from killick.reasons import Reason
from killick.resource.spec import DRIFT, PERFORMANCE
from killick.resource.status import Promotion, Status

COMMIT_WIDTH = 72  # columns, as Git's own tools expect
CAUSES = {DRIFT: "Drift persists", PERFORMANCE: "Performance is beyond its bound"}


def value_change(ctx: Context, status: Status, promotion: Promotion) -> ValueChange:
    """Return the commit of a promotion; the same record gives the same commit."""
    evaluation, episode = status.evaluation, status.episode
    model = ctx.spec.model.name
    body = []
    if episode:
        cause = CAUSES.get(episode.reason, "Drift persists")
        body.append(f"{cause}: {episode.message}")
    if evaluation and evaluation.message:
        better = f"Version {promotion.version} is better than {evaluation.champion}"
        passed = f"Version {promotion.version} passed its evaluation"
        result = better if evaluation.reason == Reason.BETTER else passed
        body.append(f"{result}: {evaluation.message}")
    return ValueChange(
        promotion_id=promotion.id,
        old=promotion.from_value,
        new=promotion.to_value,
        subject=f"Promote {model} to version {promotion.version}",
        timestamp=int(promotion.proposed_at.timestamp()),
        body="\n\n".join(textwrap.fill(text, COMMIT_WIDTH) for text in body),
        trailers=(
            (TRAILER_MODEL, model),
            (TRAILER_VERSION, promotion.version),
            (TRAILER_PREVIOUS, promotion.previous or "none"),
            (TRAILER_EVALUATION, promotion.evaluation or "none"),
            (TRAILER_EPISODE, promotion.episode or "none"),
        ),
        base=promotion.base or None,
    )
