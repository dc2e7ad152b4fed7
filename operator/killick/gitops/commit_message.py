"""Commit messages: what Killick writes into them and how it finds it again.

A trailer is evidence, so text from outside (model names, people's reasons) must
not be able to forge one: whatever is not printable is written as an escape, and a
body line that could pass for a trailer of ours is indented.
"""

import re
from collections.abc import Iterable

from killick.gitops.port import ValueChange
from killick.names import TRAILER_PROMOTION

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")
_LOOKS_LIKE_TRAILER = re.compile(r"\s*[A-Za-z][A-Za-z0-9-]*\s*[:=]")
MAX_SUBJECT = 120
MAX_VALUE = 1000


def printable(text: str, limit: int = MAX_VALUE) -> str:
    """The text on one line with nothing hidden in it, at most `limit` long.

    Everything unprintable (line ends of any script, controls, direction marks)
    becomes a visible escape.
    """
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in text
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def person(text: str) -> str:
    """An author's name or address as Git can store it; never empty."""
    return printable(re.sub(r"[<>\x00-\x1f]", "", text).strip(), 200) or "unknown"


def commit_message(change: ValueChange) -> str:
    """Subject, body and trailers; the same change gives the same message.

    Raises ValueError for a promotion ID or trailer key outside their grammar:
    these are ours, so that is a fault in the program.
    """
    if not _IDENTITY.fullmatch(change.promotion_id):
        raise ValueError("the promotion ID is not of its grammar")
    subject = printable(change.subject.strip(), MAX_SUBJECT) or "Change the model"
    own = (TRAILER_PROMOTION, change.promotion_id)
    lines = [_trailer(key, value) for key, value in _without(change.trailers, own[0])]
    blocks = [subject, *_body(change.body), "\n".join([_trailer(*own), *lines])]
    return "\n\n".join(blocks) + "\n"


def carries_promotion(message: str, promotion_id: str) -> bool:
    """Whether some line below the subject is this promotion's trailer.

    Not only in the last paragraph: forges append theirs when they squash.
    """
    wanted = f"{TRAILER_PROMOTION}: {promotion_id}".lower()
    lines = message.split("\n")[1:]
    return any(line.rstrip().lower() == wanted for line in lines)


def _trailer(key: str, value: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError("a trailer's key is not of its grammar")
    return f"{key}: {printable(value.strip())}"


def _without(
    trailers: Iterable[tuple[str, str]], key: str
) -> Iterable[tuple[str, str]]:
    return [one for one in trailers if one[0].lower() != key.lower()]


def _body(body: str) -> list[str]:
    """The body's paragraphs; a paragraph's lines can never be read as trailers."""
    lines = [printable(line.rstrip()) for line in body.strip().split("\n")]
    safe = [f"  {line}" if _LOOKS_LIKE_TRAILER.match(line) else line for line in lines]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(safe)).strip("\n")
    return [text] if text else []
