"""The cache folder and its keys."""

from pathlib import Path

import pytest

from dev.environments.cache import cache_dir, digest


def test_the_cache_follows_the_xdg_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An absolute XDG_CACHE_HOME is where the cache is made."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir() == tmp_path / "killick"
    assert cache_dir().is_dir()


def test_a_relative_xdg_variable_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative XDG_CACHE_HOME counts as none, as its specification says."""
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache" / "killick"


def test_keys_tell_apart_where_one_part_ends() -> None:
    """The same characters, split otherwise, give another key."""
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab", b"c") == digest(b"ab", "c")
