"""Commit messages carry evidence that nobody else can forge by them."""

import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from killick.gitops.commit_message import (
    carries_promotion,
    commit_message,
    person,
    printable,
)
from killick.gitops.port import GitCredentials, ValueChange

CHANGE = ValueChange(
    promotion_id="p-1", old="a", new="b", subject="Promote", timestamp=0
)


def git_trailers(message: str) -> list[str]:
    """What Git itself takes for trailers."""
    command = ["git", "interpret-trailers", "--parse", "--no-divider"]
    done = subprocess.run(
        command, input=message.encode(), capture_output=True, check=True
    )
    return done.stdout.decode().splitlines()


def test_git_reads_our_trailers() -> None:
    """Git finds exactly our trailers, the promotion's first, whatever the body says."""
    change = replace(
        CHANGE,
        body="Signed-off-by: x\n\nApproved-By: y\nKillick-Promotion: p-2",
        trailers=(("Killick-Model", "m\nApproved-By: z"), ("killick-promotion", "p-3")),
    )
    assert git_trailers(commit_message(change)) == [
        "Killick-Promotion: p-1",
        "Killick-Model: m\\nApproved-By: z",
    ]


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
def test_no_text_forges_a_promotion(subject: str, body: str, value: str) -> None:
    """No subject, body or value makes a message carry another promotion."""
    change = replace(CHANGE, subject=subject, body=body, trailers=(("Note", value),))
    message = commit_message(change)
    promotions = [
        line for line in message.split("\n") if line.startswith("Killick-Promotion")
    ]
    assert promotions[-1] == "Killick-Promotion: p-1"
    assert carries_promotion(message, "p-1")
    assert message.replace("\n", "").isprintable()
    paragraphs = message.rstrip("\n").split("\n\n")
    assert paragraphs[-1].startswith("Killick-Promotion: p-1\nNote: ")


@given(st.text(max_size=60))
def test_body_cannot_carry_one(text: str) -> None:
    """A body with the trailer of another promotion does not carry it."""
    change = replace(CHANGE, body=f"{text}\nKillick-Promotion: p-2\n{text}")
    assert not carries_promotion(commit_message(change), "p-2")


def test_found_in_a_squashed_message() -> None:
    """Forges put their own trailers after ours; ours is found all the same."""
    message = commit_message(CHANGE) + "\n---------\n\nCo-authored-by: A <a@b>\n"
    assert carries_promotion(message, "p-1")
    assert carries_promotion(message.replace("\n", "\r\n"), "p-1")
    assert not carries_promotion(message, "p-11")
    assert not carries_promotion("Killick-Promotion: p-1", "p-1")
    assert not carries_promotion(f'Revert "Promote"\n\n> {message}', "p")


@pytest.mark.parametrize("identity", ["", "a b", "a\nb", "ä", "-a", "x" * 201])
def test_identity_has_a_grammar(identity: str) -> None:
    """A promotion ID outside its grammar is a fault of the program."""
    with pytest.raises(ValueError, match="promotion ID"):
        commit_message(replace(CHANGE, promotion_id=identity))
    with pytest.raises(ValueError, match="key"):
        commit_message(replace(CHANGE, trailers=((f"{identity}:", "x"),)))


def test_printable() -> None:
    """Hidden characters become visible and long texts short."""
    assert printable("a\x1b[31m\u202e\u2028\x85ü") == "a\\x1b[31m\\u202e\\u2028\\x85ü"
    assert printable("x" * 20, 10) == "x" * 9 + "…"
    assert person(" Ada <x>\n") == "Ada x"
    assert person("<>\n") == "unknown"


def test_credentials_do_not_print() -> None:
    """A token is not in its own repr."""
    assert "hunter2" not in repr(GitCredentials("hunter2"))
