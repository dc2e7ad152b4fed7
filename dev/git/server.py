"""The local set-up's Git server as a supervised process, and how tests drive it.

The server itself is dev/git/http.py; what people do to its repositories directly is
dev/git/repository.py. A path or `file://` remote is no substitute: libgit2's local
transport loses concurrent pushes.
"""

import contextlib
import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from dev.git.faults import Tokens
from dev.git.repository import BareRepository, Commit
from dev.processes.supervisor import Program, Supervisor
from dev.services.service import Service, answers
from dev.waiting import wait_until

SOURCES = Path(__file__).resolve().parents[2]
# The server's own, instead of the machine's: any owner, pushes over HTTP.
GIT_CONFIG = """[safe]
\tdirectory = *
[http]
\treceivepack = true
[receive]
\tdenyNonFastForwards = true
"""


class GitServer(Service):
    """A smart-HTTP server; user names are free, the password is a token."""

    def __init__(self, supervisor: Supervisor, *, name: str = "git") -> None:
        super().__init__(supervisor, name)
        self._tokens = Tokens(*(secrets.token_urlsafe(24) for _ in range(3)))
        self._root = self.directory / "repositories"

    @property
    def token(self) -> str:
        """The password that may fetch and push: a secret."""
        return self._tokens.write

    @property
    def read_token(self) -> str:
        """A password that may fetch and gets 403 for a push."""
        return self._tokens.read

    @property
    def url(self) -> str:
        """The server's address, without credentials."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Write the configuration and the token file."""
        self._root.mkdir(parents=True)
        (self._root / ".gitconfig").write_text(GIT_CONFIG)
        tokens = self.directory / "tokens.json"
        tokens.touch(mode=0o600)
        tokens.write_text(json.dumps(asdict(self._tokens)))

    def program(self) -> Program:
        """The bridge, in our own interpreter."""
        return Program(
            name=self.name,
            command=[
                *(sys.executable, "-P", "-m", "dev.git.http"),
                *("--root", self._root, "--port", str(self.port)),
                *("--token-file", self.directory / "tokens.json"),
            ],
            environment={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONPATH": str(SOURCES),
            },
            inherit=False,
            ready=lambda: answers(f"{self.url}/-/ready"),
            waiting_for=f"the Git server to answer at {self.url}",
        )

    def create_repository(
        self, name: str, files: Mapping[str, bytes], branch: str = "main"
    ) -> str:
        """Make a repository with one first commit; returns its clone address."""
        path = self._root / f"{name}.git"
        return BareRepository.create(path, self._url_of(name), files, branch).url

    def repository(self, name: str) -> BareRepository:
        """The repository on disk: history, a person's commits, hooks."""
        return BareRepository(self._root / f"{name}.git", self._url_of(name))

    def head(self, name: str, branch: str = "main") -> str:
        """The commit at the branch's tip."""
        return self.repository(name).head(branch)

    def log(self, name: str, branch: str = "main") -> list[Commit]:
        """The branch's commits, newest first."""
        return self.repository(name).log(branch)

    def requests(self, kind: str = "") -> list[dict[str, Any]]:
        """The Git requests answered so far, oldest first, or those of one kind.

        Kinds: `fetch-refs`, `fetch`, `push-refs`, `push`.
        """
        lines = self.log_file.read_text(errors="replace").splitlines()
        requests = [json.loads(line) for line in lines if line.startswith('{"kind"')]
        return [one for one in requests if kind in ("", one["kind"])]

    def faults(self, **wanted: float | str) -> dict[str, Any]:
        """Ask for faults and return the state of all; without arguments only read.

        Counts, each used up by one request: `answer_lost` (the push is applied, the
        connection dropped), `unauthorized` (401), `unavailable` (503). Until changed:
        `delay_seconds`, `redirect` (address of another server), `hold` (see `held`).
        """
        request = Request(
            f"{self.url}/-/faults",
            data=json.dumps(wanted).encode() if wanted else None,
            headers={"Authorization": f"Bearer {self._tokens.admin}"},
        )
        with build_opener(ProxyHandler({})).open(request, timeout=10) as response:
            state: dict[str, Any] = json.load(response)
            return state

    def clear_faults(self) -> None:
        """End all faults."""
        self.faults(
            answer_lost=0,
            unauthorized=0,
            unavailable=0,
            delay_seconds=0.0,
            redirect="",
            hold="",
        )

    @contextlib.contextmanager
    def held(self, kind: str) -> Iterator["Hold"]:
        """Keep back requests of a kind while the block runs, then let them go.

        Holding `push-refs` puts a block between a client's fetch and its push;
        holding `push` puts it between the refs the client saw and its upload.
        """
        self.faults(hold=kind)
        try:
            yield Hold(self)
        finally:
            self.faults(hold="")

    def _url_of(self, name: str) -> str:
        return f"{self.url}/{name}.git"


class Hold:
    """Requests being kept back."""

    def __init__(self, server: GitServer) -> None:
        self._server = server

    def wait(self, count: int = 1, timeout: float = 60.0) -> None:
        """Wait until that many requests are held; TimeoutError after `timeout` s."""
        wait_until(
            f"{count} held requests",
            self._server.faults,
            lambda faults: faults["held"] >= count,
            seconds=timeout,
        )
