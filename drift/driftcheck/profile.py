"""The reference as a check uses it: reduced once, and kept where the worker is told to.

A profile holds what the distances need of the reference, a few kilobytes a column. It
is named by the reference's digest and what was asked of it, so a kept one is right or
absent, never stale. A request that pins the digest is then answered without reading
the reference at all; else its bytes are still read, to know what they are. A profile
can also be the reference itself: then nothing else is needed.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from driftcheck.binned import reduced
from driftcheck.columns import Column, Numbers
from driftcheck.contract import CheckRequest
from driftcheck.failure import (
    CheckFailure,
    one_line,
    shown_address,
    without_secrets,
)
from driftcheck.load import LoadedReference, parse_reference
from driftcheck.parquet import Opened, read_files
from driftcheck.profile_file import (
    FORMAT,
    MAXIMUM_BYTES,
    SUFFIX,
    BrokenProfile,
    Profile,
    from_bytes,
    to_bytes,
)
from driftcheck.profile_store import Store, store_at

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
    keeper = _Keeper.at(request.profiles or environment.get(VARIABLE), environment)
    pinned = request.reference.sha256
    kept = keeper.read(pinned, request) if pinned else None
    if kept:
        return kept
    opened = read_files(request.reference.uri, "ReferenceUnreadable")
    if keeper.store and opened.sha256 != pinned:
        kept = keeper.read(opened.sha256, request)
        if kept:
            return kept
    found = profile_of(opened, request)
    keeper.write(found, request)
    return found.reference


def _given(request: CheckRequest) -> LoadedReference:
    """The reference of a profile that stands for it, if it has what is asked."""
    found = read_profile(request.reference.uri)
    asked = {*request.log.features.names, str(request.log.prediction_column)}
    lacking = set(request.log.features.names) - set(found.features.names)
    if lacking:
        message = f"the profile has no column {', '.join(sorted(lacking)[:5])}"
        raise CheckFailure("ReferenceUnreadable", message)
    dataset = found.reference.dataset
    columns = {n: c for n, c in dataset.columns.items() if n in asked}
    return replace(found.reference, dataset=replace(dataset, columns=columns))


def profile_of(opened: Opened, request: CheckRequest) -> Profile:
    """The profile of a reference, from its bytes."""
    features, prediction = request.log.features, request.log.prediction_column
    found = parse_reference(opened, features, prediction, _reduced)
    return Profile(found, features, prediction)


def read_profile(uri: str) -> Profile:
    """A profile in the reference's place; CheckFailure ReferenceUnreadable."""
    opened = read_files(uri, "ReferenceUnreadable")
    try:
        (content,) = (content for _, content in opened.contents)
        content.file.seek(0)
        return from_bytes(content.file.read(MAXIMUM_BYTES))
    except (ValueError, OSError) as error:
        message = f"{shown_address(uri)}: {one_line(error)}"
        raise CheckFailure("ReferenceUnreadable", message) from None


def _reduced(_: str, column: Column) -> Column:
    return reduced(column) if isinstance(column, Numbers) else column


def profile_name(sha256: str, request: CheckRequest) -> str:
    """The name under which a reference's profile is kept."""
    features = request.log.features
    asked = [FORMAT, sha256, features.to_json(), request.log.prediction_column]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32] + SUFFIX


@dataclass
class _Keeper:
    """A store that is allowed to fail: what it has is a saving, never a need."""

    store: Store | None
    address: str = ""

    @classmethod
    def at(cls, address: str | None, environment: Mapping[str, str]) -> "_Keeper":
        if not address:
            return cls(None)
        try:
            return cls(store_at(address, environment), address)
        except (OSError, ValueError, pa.ArrowException) as error:
            _warn("reached", address, error)
            return cls(None)

    def read(self, sha256: str, request: CheckRequest) -> LoadedReference | None:
        """The kept profile; None where there is none that is whole and of these."""
        if not self.store:
            return None
        try:
            data = self.store.read(profile_name(sha256, request))
            found = from_bytes(data).reference if data is not None else None
        except BrokenProfile as error:
            _warn("used, and is made anew", self.address, error)
            return None
        except (OSError, ValueError, pa.ArrowException) as error:
            _warn("read", self.address, error)
            return None
        return found if found and found.sha256 == sha256 else None

    def write(self, profile: Profile, request: CheckRequest) -> None:
        """Keeps the profile, if there is a place for it."""
        if not self.store:
            return
        name = profile_name(profile.reference.sha256, request)
        try:
            self.store.write(name, to_bytes(profile))
        except (OSError, ValueError, pa.ArrowException) as error:
            _warn("kept", self.address, error)


def _warn(what: str, address: str, error: Exception) -> None:
    said = without_secrets(one_line(error), address)
    where = shown_address(address)
    print(f"warning: no profile {what}: {where}: {said}", file=sys.stderr)  # noqa: T201
