"""A cache of profiles: a store whose failures are warnings."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa

from driftcheck.errors import one_line
from driftcheck.redaction import shown_address, without_secrets
from driftcheck.reference.profile_format import BrokenProfile
from driftcheck.reference.profile_store import Store, store_at

T = TypeVar("T")


@dataclass
class ProfileCache:
    """A store and its address; the store is None if none is named or reachable."""

    store: Store | None
    address: str = ""

    @classmethod
    def at(cls, address: str | None, environment: Mapping[str, str]) -> "ProfileCache":
        """Return the cache at an address; warn if it cannot be reached."""
        if not address:
            return cls(None)
        try:
            return cls(store_at(address, environment), address)
        except (OSError, ValueError, pa.ArrowException) as error:
            _warn("reached", address, error)
            return cls(None)

    def read(self, name: str, parse: Callable[[bytes], T]) -> T | None:
        """Return the stored value of a name, None if there is none that is complete.

        `parse` converts the bytes and raises BrokenProfile if it cannot.
        """
        if not self.store:
            return None
        try:
            data = self.store.read(name)
            return parse(data) if data is not None else None
        except BrokenProfile as error:
            _warn("used, and is made anew", self.address, error)
        except (OSError, ValueError, pa.ArrowException) as error:
            _warn("read", self.address, error)
        return None

    def write(self, name: str, data: Callable[[], bytes]) -> None:
        """Store the bytes that `data` returns, if there is a store."""
        if not self.store:
            return
        try:
            self.store.write(name, data())
        except (OSError, ValueError, pa.ArrowException) as error:
            _warn("kept", self.address, error)


def _warn(what: str, address: str, error: Exception) -> None:
    """Print a warning to standard error, without the address's secrets."""
    cause = without_secrets(one_line(error), address)
    where = shown_address(address)
    print(f"warning: no profile {what}: {where}: {cause}", file=sys.stderr)  # noqa: T201
