"""The Git server of the local set-up behaves as a forge does, faults included."""

import base64
import os
import socket
import subprocess
import threading
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pygit2
import pytest

from dev.git.repository import BareRepository
from dev.git.server import GitServer
from dev.services.service import family
from dev.waiting import wait_until
from tests.system.support.service_fixtures import GitClient


def git(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the git program as a person without any configuration would."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    command = ["git", "-c", "user.name=Grace", "-c", "user.email=g@example.com"]
    return subprocess.run(
        [*command, *arguments],
        cwd=cwd,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def with_token(url: str, token: str) -> str:
    """The address with credentials, as the git program takes them."""
    return url.replace("http://", f"http://grace:{token}@")


@pytest.fixture
def client(
    tmp_path: Path, git_server: GitServer, repository: BareRepository
) -> GitClient:
    """A fresh libgit2 clone of the test's repository."""
    return GitClient.clone(tmp_path / "client", repository.url, git_server.token)


def test_a_libgit2_client_pushes(client: GitClient, repository: BareRepository) -> None:
    """libgit2 clones with the token and its push becomes the branch's tip."""
    sha = client.commit("values.yaml", b"model: 2\n")
    assert client.push().rejected == {}
    assert repository.head() == sha
    assert repository.read("values.yaml") == b"model: 2\n"


def test_a_git_client_pushes_large_content(
    git_server: GitServer, repository: BareRepository, tmp_path: Path
) -> None:
    """The git program clones, and pushes megabytes as a chunked body."""
    url = with_token(repository.url, git_server.token)
    assert git("clone", "-q", url, "clone", cwd=tmp_path).returncode == 0
    clone = tmp_path / "clone"
    content = os.urandom(3_000_000)
    (clone / "large").write_bytes(content)
    git("add", "large", cwd=clone)
    git("commit", "-q", "-m", "Large", cwd=clone)
    pushed = git("push", "-q", cwd=clone)
    assert (pushed.returncode, pushed.stderr) == (0, "")
    assert repository.read("large") == content
    assert git_server.requests("push")[-1]["transfer"] == "chunked"


def test_many_wanted_objects_are_fetched(
    git_server: GitServer, repository: BareRepository, tmp_path: Path
) -> None:
    """A request body that the git program compresses is understood."""
    for number in range(40):
        repository.commit("counter", b"%d" % number, branch=f"branch-{number}")
    url = with_token(repository.url, git_server.token)
    assert git("clone", "-q", "--mirror", url, "mirror", cwd=tmp_path).returncode == 0
    branches = git("branch", "--list", "branch-*", cwd=tmp_path / "mirror").stdout
    assert len(branches.splitlines()) == 40
    assert "gzip" in {one["encoding"] for one in git_server.requests("fetch")}


def test_a_wrong_token_is_refused(
    git_server: GitServer, repository: BareRepository, tmp_path: Path
) -> None:
    """Without the right token there is a 401 with a challenge, and no clone."""
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{repository.url}/info/refs?service=git-upload-pack", timeout=10)
    with refused.value as answer:
        assert answer.code == 401
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="git"'
    with pytest.raises(pygit2.GitError):
        GitClient.clone(tmp_path / "clone", repository.url, "wrong")
    assert {one["status"] for one in git_server.requests()[-2:]} == {401}


def test_a_reading_token_cannot_push(
    git_server: GitServer, repository: BareRepository, tmp_path: Path
) -> None:
    """A token that may only read clones, and its push is forbidden."""
    reader = GitClient.clone(tmp_path / "reader", repository.url, git_server.read_token)
    before = repository.head()
    reader.commit("values.yaml", b"model: 2\n")
    with pytest.raises(pygit2.GitError, match="403"):
        reader.push()
    assert repository.head() == before


def test_a_hook_refuses_without_an_exception(
    client: GitClient, repository: BareRepository
) -> None:
    """A refusal by a protected branch raises nothing in libgit2; the answer says it."""
    before = repository.head()
    repository.protect("main")
    client.commit("values.yaml", b"model: 2\n")
    answers = client.push()
    assert answers.rejected == {"refs/heads/main": "pre-receive hook declined"}
    assert "protected branch: main takes no direct pushes" in answers.said
    assert repository.head() == before


def test_history_cannot_be_rewritten(
    client: GitClient, repository: BareRepository
) -> None:
    """A forced push is refused and the colleague's commit stays."""
    client.commit("values.yaml", b"model: 2\n")
    theirs = repository.commit("values.yaml", b"model: 3\n", author="Grace")
    answers = client.callbacks()
    remote = pygit2.Repository(str(client.path)).remotes["origin"]
    remote.push(["+refs/heads/main:refs/heads/main"], answers)
    assert "refs/heads/main" in answers.rejected
    assert repository.log()[0].sha == theirs
    assert repository.log()[0].author == "Grace"


def push_until_landed(client: GitClient, path: str) -> None:
    """Commit one file and push it, again on the new tip after each lost race."""
    for _ in range(50):
        client.take_over()
        sha = client.commit(path, path.encode(), message=path)
        try:
            client.push()
        except pygit2.GitError:
            continue
        remote = pygit2.Repository(str(client.path)).remotes["origin"]
        heads = remote.list_heads(callbacks=client.callbacks())
        if sha in {str(head.oid) for head in heads}:
            return
    raise AssertionError(f"{path} never landed")


def test_concurrent_pushes_lose_nothing(
    git_server: GitServer, repository: BareRepository, tmp_path: Path
) -> None:
    """Two clients that push at the same time end with all commits of both."""

    def work(name: str) -> None:
        client = GitClient.clone(tmp_path / name, repository.url, git_server.token)
        for number in range(5):
            push_until_landed(client, f"{name}-{number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = {commit.message for commit in repository.log()}
    expected = {f"{name}-{number}" for name in ("a", "b") for number in range(5)}
    assert expected <= messages


def test_a_push_is_applied_though_its_answer_is_lost(
    client: GitClient, git_server: GitServer, repository: BareRepository
) -> None:
    """The fault `answer_lost` raises in the client, and the commit is there."""
    sha = client.commit("values.yaml", b"model: 2\n")
    git_server.faults(answer_lost=1)
    with pytest.raises(pygit2.GitError):
        client.push()
    assert repository.head() == sha


def test_a_held_push_loses_to_a_person(
    client: GitClient, git_server: GitServer, repository: BareRepository
) -> None:
    """A commit made between the refs a push saw and its upload wins; the push fails."""
    client.commit("values.yaml", b"model: 2\n")
    outcome: list[dict[str, str]] = []
    with git_server.held("push") as hold:
        thread = threading.Thread(target=lambda: outcome.append(client.push().rejected))
        thread.start()
        hold.wait()
        theirs = repository.commit("other.yaml", b"a: 1\n")
    thread.join()
    assert outcome == [{"refs/heads/main": "failed to update ref"}]
    assert repository.head() == theirs


def test_an_upload_that_breaks_off_changes_nothing(
    git_server: GitServer, repository: BareRepository
) -> None:
    """A client that dies in mid-upload leaves the branch and no process behind."""

    def processes() -> list[int]:
        return family(git_server.process.pid)

    before = repository.head()
    login = base64.b64encode(f"grace:{git_server.token}".encode()).decode()
    path = repository.url.removeprefix(git_server.url)
    with socket.create_connection(("127.0.0.1", git_server.port)) as client:
        client.sendall(
            f"POST {path}/git-receive-pack HTTP/1.1\r\nHost: git\r\n"
            f"Authorization: Basic {login}\r\nContent-Length: 5000\r\n"
            "Content-Type: application/x-git-receive-pack-request\r\n\r\n"
            "00a5".encode()
        )
        wait_until("an upload", processes, lambda pids: len(pids) > 1)
    wait_until("the upload's end", processes, lambda pids: len(pids) == 1)
    assert repository.head() == before


def test_faults_are_used_up(git_server: GitServer, repository: BareRepository) -> None:
    """One asked-for 503 is answered once; the next request works."""
    remote = pygit2.Repository(str(repository.path)).remotes.create_anonymous(
        repository.url
    )
    callbacks = GitClient(repository.path, repository.url, git_server.token).callbacks()
    git_server.faults(unavailable=1)
    with pytest.raises(pygit2.GitError, match="503"):
        remote.list_heads(callbacks=callbacks)
    assert remote.list_heads(callbacks=callbacks)


def test_a_redirect_leads_to_the_other_server(
    git_server: GitServer, repository: BareRepository
) -> None:
    """The fault `redirect` answers with another server's address."""
    git_server.faults(redirect="http://127.0.0.1:9")
    request = Request(f"{repository.url}/info/refs?service=git-upload-pack")
    login = base64.b64encode(f"grace:{git_server.token}".encode()).decode()
    request.add_header("Authorization", f"Basic {login}")
    with pytest.raises(OSError, match="refused"):
        urlopen(request, timeout=10)


def test_git_survives_an_outage(
    client: GitClient, git_server: GitServer, repository: BareRepository
) -> None:
    """After a stop and a start, the same clone pushes to the same address."""
    sha = client.commit("values.yaml", b"model: 2\n")
    with git_server.outage(), pytest.raises(pygit2.GitError):
        client.push()
    assert client.push().rejected == {}
    assert repository.head() == sha
