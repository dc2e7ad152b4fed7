"""A port that does what another does, except for the methods that a bug answers.

The signatures come from the port's Protocol, so that a bug states only what is wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """One call of a port's method, and the port that answers it correctly."""

    port: Any
    method: str
    arguments: Mapping[str, Any]
    """By the names of the Protocol's parameters, defaults included."""

    def __getattr__(self, name: str) -> Any:
        """Return an argument by its name."""
        try:
            return self.arguments[name]
        except KeyError:
            raise AttributeError(name) from None

    async def pass_on(self, **changes: Any) -> Any:
        """Return the port's answer to the same call with some arguments changed."""
        return await getattr(self.port, self.method)(**{**self.arguments, **changes})


Answer = Callable[[Call], Awaitable[Any]]


class Mutated:
    """A port with some methods answered by bugs; everything else is passed on."""

    def __init__(
        self, protocol: type, port: Any, answers: Mapping[str, Answer]
    ) -> None:
        self._protocol = protocol
        self._port = port
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        """Return the method of the port, or of the bug."""
        answer = self._answers.get(name)
        if answer is None:
            return getattr(self._port, name)
        signature = inspect.signature(getattr(self._protocol, name))

        async def method(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(self, *args, **kwargs)
            bound.apply_defaults()
            arguments = {k: v for k, v in bound.arguments.items() if k != "self"}
            return await answer(Call(self._port, name, arguments))

        return method


def mutated(protocol: type, **answers: Answer) -> Callable[[Any], Any]:
    """Return what builds these answers into a port; TypeError for an unknown method."""
    unknown = [name for name in answers if not hasattr(protocol, name)]
    if unknown:
        raise TypeError(f"{protocol.__name__} has no method {', '.join(unknown)}")
    return lambda port: Mutated(protocol, port, answers)
