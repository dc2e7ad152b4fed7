"""The ModelDeployment's spec as frozen values, with every default.

What a check or an evaluation is asked has its default in the contract's request; it is
taken from there. A test holds the CRD to these defaults. Read a spec with
`killick.resource.parse.parse_spec`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from driftcheck import contract
from driftcheck.contract import (
    CheckRequest,
    ColumnRule,
    PerformanceRule,
    SegmentRule,
    duration_text,
)
from driftcheck.contract.evaluation import EvaluationRequest
from killick.errors import InvalidSpec
from killick.resource.codec import to_dict
from killick.resource.inference_log import InferenceLog

METRICS = {metric.value: metric for metric in contract.Metric}
NATIVE = CheckRequest.engine
DRIFT, PERFORMANCE = TRIGGERS = ("Drift", "Performance")
"""What starts a retraining, and the reason of its episode; the first one that does."""


@dataclass(frozen=True)
class Model:
    """The registered model in MLflow."""

    name: str


@dataclass(frozen=True)
class SecretRef:
    """A Secret in the object's own namespace."""

    name: str


@dataclass(frozen=True)
class Aliases:
    """MLflow aliases that Killick reads and moves."""

    champion: str = "champion"
    candidate: str = "challenger"


@dataclass(frozen=True)
class Registry:
    """Where the model is registered; no address means the operator's setting."""

    tracking_uri: str | None = None
    credentials_secret_ref: SecretRef | None = None
    aliases: Aliases = field(default_factory=Aliases)
    stage_policy: str = "Sync"


@dataclass(frozen=True)
class Reference:
    """The dataset that the first version was trained on."""

    uri: str
    sha256: str | None = None


@dataclass(frozen=True)
class DriftColumn:
    """What differs from the defaults for one feature."""

    name: str
    critical: bool = False
    threshold: str = f"{CheckRequest.default_threshold:g}"
    weight: str = f"{ColumnRule.weight:g}"


@dataclass(frozen=True)
class Persistence:
    """Drift persists when `breaches` of the last `windows` counting windows drift."""

    breaches: int = 2
    windows: int = 3


@dataclass(frozen=True)
class PodTemplate:
    """What an author may choose for the check and evaluation pods."""

    service_account_name: str | None = None
    resources: dict[str, Any] | None = None
    env_from: tuple[Any, ...] = ()
    node_selector: dict[str, str] | None = None
    tolerations: tuple[Any, ...] = ()
    image_pull_secrets: tuple[Any, ...] = ()
    labels: dict[str, str] | None = None


@dataclass(frozen=True)
class Metric:
    """The metric by which answers are scored against labels."""

    name: str

    @property
    def higher_is_better(self) -> bool:
        """True for scores, False for errors."""
        return METRICS[self.name].higher_is_better


@dataclass(frozen=True)
class Performance:
    """How predictions are scored once their labels are known, and the bound."""

    metric: Metric
    minimum_rows: int = PerformanceRule.minimum_rows
    minimum: str | None = None
    maximum: str | None = None

    @property
    def bound(self) -> str | None:
        """The declared minimum or maximum; None where performance is only reported."""
        return self.minimum if self.metric.higher_is_better else self.maximum


@dataclass(frozen=True)
class Segments:
    """The column whose values are also judged one by one."""

    column: str
    minimum_rows: int = SegmentRule.minimum_rows
    maximum: int = SegmentRule.maximum


@dataclass(frozen=True)
class Drift:
    """When and how the log is judged against the reference."""

    schedule: str = "@hourly"
    time_zone: str | None = None
    window: str = duration_text(CheckRequest.window_seconds)
    engine: str = NATIVE
    report: str = "OnDrift"
    profiles: str | None = None
    minimum_rows: int = CheckRequest.minimum_rows
    drifted_columns_percent: int = CheckRequest.drifted_columns_percent
    significance: str = f"{CheckRequest.significance:g}"
    columns: tuple[DriftColumn, ...] = ()
    exclude: tuple[str, ...] = ()
    segments: Segments | None = None
    performance: Performance | None = None
    persistence: Persistence = field(default_factory=Persistence)
    pod_template: PodTemplate = field(default_factory=PodTemplate)


@dataclass(frozen=True)
class CronJobRef:
    """A suspended CronJob of the namespace whose Job template is the training."""

    name: str


@dataclass(frozen=True)
class TrainingJob:
    """Training by a Job."""

    cron_job_ref: CronJobRef


@dataclass(frozen=True)
class Budget:
    """At most `attempts` retraining runs in any period of this length."""

    attempts: int = 3
    per: str = "168h"


@dataclass(frozen=True)
class Retraining:
    """What starts a retraining, how, and how often."""

    job: TrainingJob
    type: str = "Job"
    triggers: tuple[str, ...] = (DRIFT,)
    cooldown: str = "24h"
    budget: Budget = field(default_factory=Budget)
    timeout: str = "6h"


@dataclass(frozen=True)
class Evaluation:
    """What a candidate must show before it may be promoted."""

    metric: Metric
    minimum: str | None = None
    maximum: str | None = None
    minimum_improvement: str = "0"
    minimum_rows: int = EvaluationRequest.minimum_rows
    timeout: str = "1h"


@dataclass(frozen=True)
class Git:
    """The one value in a GitOps repository that names the deployed version."""

    url: str
    values_path: str
    json_pointer: str
    branch: str = "main"
    credentials_secret_ref: SecretRef | None = None
    value: str = "models:/{model}/{version}"


@dataclass(frozen=True)
class Promotion:
    """How a proven version reaches the GitOps repository."""

    git: Git
    strategy: str = "Commit"


@dataclass(frozen=True)
class Spec:
    """The whole spec of a ModelDeployment."""

    model: Model
    reference: Reference
    inference_log: InferenceLog
    mode: str = "Observe"
    suspend: bool = False
    registry: Registry = field(default_factory=Registry)
    drift: Drift = field(default_factory=Drift)
    retraining: Retraining | None = None
    evaluation: Evaluation | None = None
    promotion: Promotion | None = None

    @property
    def compared(self) -> tuple[str, ...]:
        """The features that checks compare; InvalidSpec where all are excluded."""
        names, excluded = self.inference_log.features.names, self.drift.exclude
        if not set(names) - set(excluded):
            raise InvalidSpec("spec.drift.exclude must leave at least one feature")
        return tuple(name for name in names if name not in excluded)

    def value_of(self, version: str) -> str:
        """Return the text that names `version` in the GitOps repository."""
        template = self._promotion().git.value
        return template.replace("{model}", self.model.name).replace(
            "{version}", version
        )

    def version_in(self, value: str) -> str | None:
        """Return the version that a text of the repository names, else None."""
        template = self._promotion().git.value.replace("{model}", self.model.name)
        before, after = template.split("{version}", 1)
        inner = value[len(before) : len(value) - len(after)]
        fits = value.startswith(before) and value.endswith(after)
        return inner if fits and re.fullmatch(r"[0-9]{1,18}", inner) else None

    def _promotion(self) -> Promotion:
        if self.promotion is None:
            raise InvalidSpec("spec.promotion is not declared")
        return self.promotion

    def fingerprint(self, *parts: str) -> str:
        """Return 12 hex digits of the named top-level parts of the spec."""
        chosen = {part: to_dict(getattr(self, part)) for part in parts}
        text = json.dumps(chosen, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]
