"""Only plain addresses, branches and paths are touched."""

import pytest

from killick.gitops.port import TargetInvalid
from killick.gitops.urls import (
    Address,
    address_of,
    check_branch,
    check_path,
    check_url,
)
from killick.gitops.yaml_parser import EditRefused


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://git.example/ml/gitops.git", Address("https", "git.example", 443)),
        ("https://git.example:8443/x", Address("https", "git.example", 8443)),
        ("https://git.example/~ml/a_b-c.d/", Address("https", "git.example", 443)),
        ("https://10.0.0.7/x.git", Address("https", "10.0.0.7", 443)),
        ("https://[::1]:3000/x.git", Address("https", "::1", 3000)),
        ("http://127.0.0.1:3000/x.git", Address("http", "127.0.0.1", 3000)),
        ("http://localhost/x.git", Address("http", "localhost", 80)),
        ("https://GIT.example/x", Address("https", "git.example", 443)),
    ],
)
def test_allows(url: str, address: Address) -> None:
    """Ordinary addresses are taken apart, with the port that their scheme means."""
    assert check_url(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "/etc/passwd",
        "../../etc",
        "file:///etc",
        "git://git.example/x",
        "ssh://git@git.example/x",
        "git@git.example:x",
        "ext::sh -c id",
        "ftp://git.example/x",
        "https:git.example/x",
        "https:///x",
        "https://git.example",
        "https://git.example/",
        "https://git.example//x",
        "https://git.example/a/../b",
        "https://git.example/a b",
        "https://git.example/a%2e%2e/b",
        "https://git.example/x?y=1",
        "https://git.example/x#y",
        "https://git.example/x\n",
        "https://git.example/x\\y",
        "https://git.example\\@evil.example/x",
        "https://user@git.example/x",
        "https://user:secret@git.example/x",
        "https://:@git.example/x",
        "https://git.example:99999/x",
        "https://git.example:port/x",
        "https://-git.example/x",
        "https://git_1.example/x",
        "https://gít.example/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://127.1/x",
        "https://0177.0.0.1/x",
        "https://127.0.0.0x1/x",
        "https://[::1/x",
        "http://git.example/x",
        "http://10.0.0.7/x",
        "http://localhost.evil.example/x",
    ],
)
def test_refuses(url: str) -> None:
    """Everything else is refused, and no message repeats what may be a secret."""
    with pytest.raises(TargetInvalid) as caught:
        check_url(url)
    assert "secret" not in caught.value.message


def test_http_by_setting() -> None:
    """Who runs the operator may allow http qualified_name, or nowhere."""
    assert check_url("http://git.example/x", allow_http=True).port == 80
    with pytest.raises(TargetInvalid):
        check_url("http://localhost/x", allow_http=False)


@pytest.mark.parametrize("url", ["https://h:x/", "https://[", "file:///x", "https://"])
def test_no_address(url: str) -> None:
    """What a server sends us as an address may be nonsense."""
    assert address_of(url) is None


@pytest.mark.parametrize("branch", ["main", "release/1.2", "a_b", "x-y@z", "#1"])
def test_allows_branches(branch: str) -> None:
    """Ordinary branch names are allowed."""
    assert check_branch(branch) == f"refs/heads/{branch}"


@pytest.mark.parametrize(
    "branch",
    [
        *("", "/", "a/", "/a", "a//b", "a..b", ".a", "a.", "a.lock", "a/b.lock", "@"),
        *("-a", "a b", "a~b", "a^b", "a:b", "a*b", "a?b", "a[b", "a\\b", "a\nb", "é"),
        *("a@{b", "x" * 201),
    ],
)
def test_refuses_branches(branch: str) -> None:
    """A branch must not become an option, a pattern or another reference."""
    with pytest.raises(TargetInvalid):
        check_branch(branch)


def test_allows_paths() -> None:
    """Ordinary paths are split into their steps."""
    assert check_path("apps/ü b/.values.yaml") == ("apps", "ü b", ".values.yaml")


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", ".git"),
        *("a/.GIT/b", "a\0b", "a\nb", "a\\b", "x" * 1025),
    ],
)
def test_refuses_paths(path: str) -> None:
    """A path must stay within the repository's tree."""
    with pytest.raises(EditRefused) as caught:
        check_path(path)
    assert caught.value.reason == "PathNotAllowed"
