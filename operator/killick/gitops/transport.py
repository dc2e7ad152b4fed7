"""The network half of the real adapter: blocking calls by pygit2, made strict.

What libgit2 does by default is unsafe here: it waits for ever, follows a redirect
and hands the token to whoever asks next, offers a wrong token fifteen times, and
reports a rejected push as a success. Each of these is closed below.
"""

import base64
import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pygit2
from pygit2.enums import ConfigLevel, CredentialType

from killick.gitops.commit_message import printable
from killick.gitops.port import (
    BranchMissing,
    GitCredentials,
    GitError,
    GitTarget,
    GitTimedOut,
    GitUnauthorized,
    GitUnreachable,
)
from killick.gitops.urls import Address, address_of, check_branch

TIP = "refs/killick/tip"
_PUSHED = "refs/killick/pushed"
_MAX_EXPLANATION = 4096
_MAX_RECEIVED = 1 << 30
_LIBRARY_ERRORS = (pygit2.GitError, OSError, KeyError, ValueError)


def configure_library(silence_seconds: float) -> None:
    """Set libgit2's process-wide options: time-outs, and no configuration of others.

    A user's Git configuration could rewrite addresses (insteadOf) or add proxies.
    """
    pygit2.settings.server_connect_timeout = int(silence_seconds * 1000)
    pygit2.settings.server_timeout = int(silence_seconds * 1000)
    for level in (ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL):
        pygit2.settings.search_path[level] = ""


def ran_out_of_memory(error: Exception) -> bool:
    """Return whether libgit2 met the process's memory limit; only its words say so."""
    return "out of memory" in str(error).lower()


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of the whole operation, on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """That many seconds from now."""
        return cls(time.monotonic() + seconds)

    def check(self) -> None:
        """Raise GitTimedOut when it has passed."""
        if time.monotonic() > self.at:
            raise GitTimedOut("the repository took longer than the time allowed")


@dataclass(frozen=True, slots=True)
class PushReport:
    """What was seen of one push; none of it proves that it landed."""

    sent: bool
    """Whether anything was uploaded."""
    refused: str | None = None
    """The server's own refusal of our reference, with its explanation."""
    error: GitError | None = None


class _Callbacks(pygit2.RemoteCallbacks):
    """One connection's conversation; raising here ends it."""

    def __init__(
        self,
        address: Address,
        credentials: GitCredentials | None,
        deadline: Deadline,
    ) -> None:
        super().__init__()
        self._address = address
        self._given = credentials
        self._deadline = deadline
        self._asked = 0
        self.said = ""
        self.sent = False
        self.refused: str | None = None

    def credentials(
        self, url: str, username_from_url: str | None, allowed_types: CredentialType
    ) -> pygit2.UserPass:
        """Answer once, and only the server that the token was declared for."""
        del username_from_url, allowed_types
        self._asked += 1
        if address_of(url) != self._address:
            raise GitUnreachable("the server redirects to another host; not followed")
        if self._given is None:
            raise GitUnauthorized("the repository asks for credentials; none are given")
        if self._asked > 1:
            raise GitUnauthorized("the server refused the user name and token")
        return pygit2.UserPass(self._given.username, self._given.password)

    def certificate_check(self, certificate: None, valid: bool, host: bytes) -> bool:
        """Believe the library's verdict; pygit2 would have us decide."""
        del certificate, host
        return valid

    def sideband_progress(self, string: str) -> None:
        """Keep what the server says: hooks explain their refusals here."""
        self._deadline.check()
        self.said = (self.said + string)[-_MAX_EXPLANATION:]

    def transfer_progress(self, stats: pygit2.remotes.TransferProgress) -> None:
        """Watch the time and the size: a hostile server could send without end."""
        self._deadline.check()
        if stats.received_bytes > _MAX_RECEIVED:
            raise GitUnreachable("the server sends more than a branch can hold")

    def push_negotiation(self, updates: object) -> None:
        """From here on the push may have happened."""
        del updates
        self._deadline.check()
        self.sent = True

    def push_update_reference(self, refname: str, message: str | None) -> None:
        """The result of our reference: a message is a refusal, though none raises."""
        del refname
        self.refused = message


class Transport:
    """Calls to one target's server with one set of credentials, until a deadline."""

    def __init__(
        self,
        target: GitTarget,
        address: Address,
        credentials: GitCredentials | None,
        deadline: Deadline,
    ) -> None:
        self._url = target.url
        self._branch = target.branch
        self._reference = check_branch(target.branch)
        self._address = address
        self._credentials = credentials
        self.deadline = deadline

    def head(self, repository: pygit2.Repository) -> str:
        """The branch's commit on the server, now."""
        with self._errors():
            heads = self._remote(repository).list_heads(callbacks=self._callbacks())
        for one in heads:
            if one.name == self._reference:
                return str(one.oid)
        raise BranchMissing(f"the repository has no branch {self._branch!r}")

    def fetch(self, repository: pygit2.Repository, depth: int = 0) -> str:
        """Bring the branch here as `TIP`; gives the commit.

        Depth 0 continues from what is here, any other cuts the history there.
        """
        refspec = f"+{self._reference}:{TIP}"
        with self._errors():
            self._remote(repository).fetch(
                [refspec], callbacks=self._callbacks(), depth=depth
            )
            return str(repository.references[TIP].target)

    def push(self, repository: pygit2.Repository, commit: str) -> PushReport:
        """Offer the commit as the branch's next one, never by force."""
        repository.references.create(_PUSHED, commit, force=True)
        callbacks = self._callbacks()
        error: GitError | None = None
        try:
            with self._errors():
                self._remote(repository).push(
                    [f"{_PUSHED}:{self._reference}"], callbacks=callbacks
                )
        except GitError as caught:
            error = caught
        refused = callbacks.refused
        if refused is not None:
            said = " ".join(callbacks.said.split())
            refused = self.clean(f"{refused}: {said}" if said else refused)
        return PushReport(callbacks.sent, refused, error)

    def clean(self, text: str) -> str:
        """Somebody else's text, printable and without our token in any spelling."""
        if self._credentials and self._credentials.password:
            given = self._credentials
            pair = f"{given.username}:{given.password}".encode()
            for secret in (given.password, base64.b64encode(pair).decode()):
                text = text.replace(secret, "***")
        text = re.sub(r"://[^/@\s]+@", "://***@", text)
        return printable(text.strip(), 500)

    def _callbacks(self) -> _Callbacks:
        self.deadline.check()
        return _Callbacks(self._address, self._credentials, self.deadline)

    def _remote(self, repository: pygit2.Repository) -> pygit2.Remote:
        return repository.remotes.create_anonymous(self._url)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """libgit2's errors as ours; its text is for people, never for decisions."""
        try:
            yield
        except GitError:
            raise
        except _LIBRARY_ERRORS as error:
            if ran_out_of_memory(error):
                raise MemoryError from None
            text = self.clean(str(error)) or type(error).__name__
            raise GitUnreachable(f"the Git server cannot be used: {text}") from None
