"""Build the request of the check's CronJob, and the fingerprint that identifies it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from driftcheck.contract import (
    MLFLOW_ADDRESSES,
    CheckRequest,
    ColumnRule,
    Features,
    Filter,
    LogSource,
    Reference,
    SegmentRule,
    WindowGrid,
    encode_request,
)
from killick.names import digest
from killick.plan.context import Context
from killick.plan.effects import ApplyCheck
from killick.plan.rules.performance import performance_rule
from killick.resource.codec import format_time
from killick.resource.drift_status import DriftStatus
from killick.resource.fingerprint import window_fingerprint
from killick.resource.inference_log import Files, Postgres
from killick.resource.parse import duration
from killick.resource.schedule import cron_expression
from killick.resource.spec import Spec
from killick.resource.status import ReferencePin, Status

BUILDER = "1"  # part of the fingerprint: raise it when the CronJob is built otherwise


def check_effect(ctx: Context, status: Status) -> ApplyCheck:
    """Return the CronJob that the spec and the status call for."""
    asked = check_request(ctx, status)
    request = encode_request(asked)
    mlflow = _needs_mlflow(ctx, asked)
    schedule = cron_expression(ctx.spec.drift.schedule, str(ctx.name))
    parts = (
        BUILDER,
        request,
        schedule,
        str(ctx.spec.drift.time_zone),
        str(ctx.spec.suspend),
        ctx.settings.worker_image,
        str(ctx.settings.pushgateway_url),
        repr(ctx.spec.drift.pod_template),
        repr(ctx.spec.inference_log.store),
        *([repr(ctx.spec.registry), str(ctx.settings.tracking_uri)] if mlflow else []),
    )
    fingerprint = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    return ApplyCheck(fingerprint, request, schedule, ctx.spec.suspend, mlflow)


def _needs_mlflow(ctx: Context, asked: CheckRequest) -> bool:
    """Return whether a check reads from MLflow, or may keep a report there."""
    known = ctx.spec.registry.tracking_uri or ctx.settings.tracking_uri
    keeps = ctx.spec.drift.report == "OnDrift" and known is not None
    return keeps or asked.reference.uri.startswith(MLFLOW_ADDRESSES)


def judged_through(drift: DriftStatus) -> datetime | None:
    """Return the end of the newest counting window that has a verdict."""
    return drift.windows[-1].end if drift.windows else None


def request_fingerprint(ctx: Context, status: Status) -> str:
    """Identify what an answer is evidence for: rules, windows and reference.

    The window's fingerprint, the anchor of the windows and the reference's address. A
    new reference begins the windows anew from a new anchor, so the answer of a check
    that still compared with the old one is not taken for the new one's.
    """
    anchor = format_time(status.drift.anchor or ctx.now)
    uri = status.reference.uri if status.reference else ""
    return digest(window_fingerprint(ctx.spec), anchor, uri)


def check_request(ctx: Context, status: Status) -> CheckRequest:
    """Return what the check is asked: the spec's rules and the windows to judge."""
    spec = ctx.spec
    pin = status.reference or ReferencePin(spec.reference.uri)
    return CheckRequest(
        name=ctx.name.name,
        namespace=ctx.name.namespace,
        request_fingerprint=request_fingerprint(ctx, status),
        reference=Reference(pin.uri, pin.sha256),
        log=log_source(ctx),
        window_seconds=int(duration(spec.drift.window).total_seconds()),
        profiles=spec.drift.profiles,
        engine=spec.drift.engine,
        performance=performance_rule(spec, status),
        segments=_segments(spec),
        minimum_rows=spec.drift.minimum_rows,
        significance=float(spec.drift.significance),
        drifted_columns_percent=spec.drift.drifted_columns_percent,
        columns=tuple(
            ColumnRule(c.name, c.critical, float(c.threshold), float(c.weight))
            for c in spec.drift.columns
        ),
        windows=WindowGrid(
            anchor=status.drift.anchor or ctx.now,
            count=spec.drift.persistence.windows,
            judged_through=judged_through(status.drift),
        ),
    )


def _segments(spec: Spec) -> SegmentRule | None:
    asked = spec.drift.segments
    if asked is None:
        return None
    return SegmentRule(asked.column, asked.minimum_rows, asked.maximum)


def log_source(ctx: Context) -> LogSource:
    """Return where the inference log is, in the words of the worker's contract."""
    log = ctx.spec.inference_log
    store, features = log.store, log.features
    return LogSource(
        type=log.type,
        uri=None if isinstance(store, Postgres) else store.uri,
        schema="" if isinstance(store, Files) else store.schema,
        table="" if isinstance(store, Files) else store.table,
        filters=tuple(Filter(one.column, one.equals) for one in log.filters),
        timestamp_column=log.timestamp_column,
        features=Features(
            features.type, features.names, features.column, ctx.spec.drift.exclude
        ),
        time_zone=log.time_zone,
        lag_seconds=int(duration(log.lag).total_seconds()),
        prediction_column=log.prediction_column,
        label_column=log.label_column,
    )
