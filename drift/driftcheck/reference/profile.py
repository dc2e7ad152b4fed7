"""The reference as a check uses it: reduced once, and kept where the worker is told to.

A profile holds what the distances need of the reference, a few kilobytes a column. It
is named by the reference's digest and what was asked of it, so a kept one is right or
absent, never stale. A request that pins the digest is then answered without reading
the reference at all; else its bytes are still read, to know what they are. A profile
can also be the reference itself: then nothing else is needed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from driftcheck.contract import CheckRequest
from driftcheck.contract.reasons import Reason
from driftcheck.dataset import LoadedReference
from driftcheck.errors import CheckFailure, one_line
from driftcheck.redaction import shown_address
from driftcheck.reference.load import parse_reference
from driftcheck.reference.profile_cache import ProfileCache
from driftcheck.reference.profile_format import (
    FORMAT,
    SUFFIX,
    Profile,
    from_bytes,
    to_bytes,
)
from driftcheck.stats.columns import Column, Numbers
from driftcheck.stats.histogram import reduced
from driftcheck.storage.limits import PROFILE_BYTES
from driftcheck.storage.parquet import Opened, read_files

VARIABLE = "DRIFTCHECK_PROFILES"


def reference_of(
    request: CheckRequest, environment: Mapping[str, str]
) -> LoadedReference:
    """The reference that a request names, from its profile if that is kept.

    Where it is kept says the request, or DRIFTCHECK_PROFILES in the environment: a
    directory or an address, see `profile_store`. CheckFailure ReferenceUnreadable
    where the reference must be read and cannot. A place that cannot be reached or
    written keeps nothing; that is a warning and no failure.
    """
    if request.reference.uri.endswith(SUFFIX):
        return _given(request)
    cache = cache_of(request, environment)
    pinned = request.reference.sha256
    kept = _kept(cache, pinned, request) if pinned else None
    if kept:
        return kept
    opened = read_files(request.reference.uri, Reason.REFERENCE_UNREADABLE)
    if cache.store and opened.sha256 != pinned:
        kept = _kept(cache, opened.sha256, request)
        if kept:
            return kept
    found = profile_of(opened, request)
    name = profile_name(found.reference.sha256, request)
    cache.write(name, lambda: to_bytes(found))
    return found.reference


def cache_of(request: CheckRequest, environment: Mapping[str, str]) -> ProfileCache:
    """Where what is reduced of references is kept."""
    return ProfileCache.at(request.profiles or environment.get(VARIABLE), environment)


def _kept(
    cache: ProfileCache, sha256: str, request: CheckRequest
) -> LoadedReference | None:
    """The kept profile; None where there is none that is whole and of these bytes."""
    kept = cache.read(profile_name(sha256, request), from_bytes)
    return kept.reference if kept and kept.reference.sha256 == sha256 else None


def _given(request: CheckRequest) -> LoadedReference:
    """The reference of a profile that stands for it, if it has what is asked."""
    found = read_profile(request.reference.uri)
    compared = set(request.log.features.compared)
    asked = {*compared, str(request.log.prediction_column)}
    lacking = compared - set(found.features.names)
    if lacking:
        message = f"the profile has no column {', '.join(sorted(lacking)[:5])}"
        raise CheckFailure(Reason.REFERENCE_UNREADABLE, message)
    dataset = found.reference.dataset
    columns = {n: c for n, c in dataset.columns.items() if n in asked}
    return replace(found.reference, dataset=replace(dataset, columns=columns))


def profile_of(opened: Opened, request: CheckRequest) -> Profile:
    """The profile of a reference, from its bytes."""
    features, prediction = request.log.features, request.log.prediction_column
    found = parse_reference(opened, features, prediction, reduced_column)
    return Profile(found, features, prediction)


def read_profile(uri: str) -> Profile:
    """A profile in the reference's place; CheckFailure ReferenceUnreadable."""
    opened = read_files(uri, Reason.REFERENCE_UNREADABLE)
    try:
        (content,) = (content for _, content in opened.contents)
        content.file.seek(0)
        return from_bytes(content.file.read(PROFILE_BYTES))
    except (ValueError, OSError) as error:
        message = f"{shown_address(uri)}: {one_line(error)}"
        raise CheckFailure(Reason.REFERENCE_UNREADABLE, message) from None


def reduced_column(_: str, column: Column) -> Column:
    """What a profile holds of a column; see `load.Keep`."""
    return reduced(column) if isinstance(column, Numbers) else column


def profile_name(sha256: str, request: CheckRequest) -> str:
    """The name under which a reference's profile is kept."""
    features = request.log.features
    asked = [FORMAT, sha256, features.to_json(), request.log.prediction_column]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32] + SUFFIX
