"""The one exception that ends in an answer: why something could not be judged."""

import re

from driftcheck.contract.reasons import Reason

MESSAGE_LIMIT = 200


class CheckFailure(Exception):
    """A window, or the whole check, cannot be judged; `reason` is CamelCase."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


# What object stores' clients say before and after they come to the point.
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
    """The first line of an error's text, in a length that fits an answer."""
    text = str(error).strip() or type(error).__name__
    for wrapping in _WRAPPINGS:
        if found := wrapping.search(text):
            text = f"{found['kind']} {found['cause']}"
            break
    return text.splitlines()[0][:MESSAGE_LIMIT]
