"""The exception that becomes a verdict, and error messages of one line."""

import re

from driftcheck.contract.reasons import Reason

MESSAGE_LIMIT = 200
"""Characters of an error message at most, so that several fit into one answer."""


class CheckFailure(Exception):
    """A window, or the whole check, cannot be judged; `reason` is CamelCase."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


# Text that the clients of object stores wrap around the cause of an error.
_WRAPPINGS = (
    re.compile(
        r"google::cloud::Status\((?P<kind>\w+): .*(last|error) message (of|was:) "
        r"(?P<cause>.*?)\.? error_info=",
        re.DOTALL,
    ),
    re.compile(r"Azure Error: (?P<kind>\[\w*\]) (?P<cause>.*)", re.DOTALL),
    re.compile(
        r" failed: \w*?(?P<kind>[A-Z][a-z]+Exception|runtime_error)E?: (?P<cause>.*)",
        re.DOTALL,
    ),
)


def one_line(error: BaseException | str) -> str:
    """Return the first line of an error's text, or its cause in an object store.

    At most MESSAGE_LIMIT characters; the name of its class if it has no text.
    """
    text = str(error).strip() or type(error).__name__
    for wrapping in _WRAPPINGS:
        if match := wrapping.search(text):
            text = f"{match['kind']} {match['cause']}"
            break
    return text.splitlines()[0][:MESSAGE_LIMIT]
