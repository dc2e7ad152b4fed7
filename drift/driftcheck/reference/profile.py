"""The reference as a check uses it: reduced to a profile, which can be stored.

A profile holds what the distances need of the reference, 25 KB for a numeric column.
Its name is made of the reference's digest and the requested columns, so a stored
profile is correct or absent, never stale. A request that pins the digest does not read
the reference; any other request reads its bytes to compute the digest. A profile can
also replace the reference.
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
from driftcheck.stats.reduction import reduced
from driftcheck.storage.limits import PROFILE_BYTES
from driftcheck.storage.parquet import Opened, read_files

VARIABLE = "DRIFTCHECK_PROFILES"
"""The environment variable with the address of the store of profiles."""


def reference_of(
    request: CheckRequest, environment: Mapping[str, str]
) -> LoadedReference:
    """Return the reference of a request, from its profile if that is stored.

    The request or the variable DRIFTCHECK_PROFILES names the store, a directory or an
    address (see `profile_store`). A store that fails is a warning, not a failure.
    CheckFailure ReferenceUnreadable is raised if the reference must be read and cannot.
    """
    if request.reference.uri.endswith(SUFFIX):
        return _from_profile(request, environment)
    cache = cache_of(request, environment)
    pinned = request.reference.sha256
    stored = _stored(cache, pinned, request) if pinned else None
    if stored:
        return stored
    opened = read_files(request.reference.uri, Reason.REFERENCE_UNREADABLE, environment)
    if cache.store and opened.sha256 != pinned:
        stored = _stored(cache, opened.sha256, request)
        if stored:
            return stored
    profile = profile_of(opened, request)
    name = profile_name(profile.reference.sha256, request)
    cache.write(name, lambda: to_bytes(profile))
    return profile.reference


def cache_of(request: CheckRequest, environment: Mapping[str, str]) -> ProfileCache:
    """Return the cache of profiles that the request or the environment names."""
    return ProfileCache.at(request.profiles or environment.get(VARIABLE), environment)


def _stored(
    cache: ProfileCache, sha256: str, request: CheckRequest
) -> LoadedReference | None:
    """Return the reference of a stored profile with that digest, else None."""
    stored = cache.read(profile_name(sha256, request), from_bytes)
    return stored.reference if stored and stored.reference.sha256 == sha256 else None


def _from_profile(
    request: CheckRequest, environment: Mapping[str, str]
) -> LoadedReference:
    """Return a profile's reference; CheckFailure if it lacks a requested column."""
    profile = read_profile(request.reference.uri, environment)
    compared = set(request.log.features.compared)
    asked = {*compared, str(request.log.prediction_column)}
    lacking = compared - set(profile.features.names)
    if lacking:
        message = f"the profile has no column {', '.join(sorted(lacking)[:5])}"
        raise CheckFailure(Reason.REFERENCE_UNREADABLE, message)
    dataset = profile.reference.dataset
    columns = {n: c for n, c in dataset.columns.items() if n in asked}
    return replace(profile.reference, dataset=replace(dataset, columns=columns))


def profile_of(opened: Opened, request: CheckRequest) -> Profile:
    """Return the profile of a reference in open files."""
    features, prediction = request.log.features, request.log.prediction_column
    reference = parse_reference(opened, features, prediction, reduced_column)
    return Profile(reference, features, prediction)


def read_profile(uri: str, environment: Mapping[str, str]) -> Profile:
    """Return the profile at an address; CheckFailure ReferenceUnreadable if broken."""
    opened = read_files(uri, Reason.REFERENCE_UNREADABLE, environment)
    try:
        (content,) = (content for _, content in opened.contents)
        content.file.seek(0)
        return from_bytes(content.file.read(PROFILE_BYTES))
    except (ValueError, OSError) as error:
        message = f"{shown_address(uri)}: {one_line(error)}"
        raise CheckFailure(Reason.REFERENCE_UNREADABLE, message) from None


def reduced_column(_: str, column: Column) -> Column:
    """Return what a profile holds of a column; see `storage.rows.Keep`."""
    return reduced(column) if isinstance(column, Numbers) else column


def profile_name(sha256: str, request: CheckRequest) -> str:
    """Return the name under which a reference's profile is stored."""
    features = request.log.features
    asked = [FORMAT, sha256, features.to_json(), request.log.prediction_column]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32] + SUFFIX
