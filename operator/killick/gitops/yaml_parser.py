"""Bounded YAML parsing, for files that strangers may write.

libyaml's composer overflows the C stack on a deeply nested file and aliases make
small files explode, so nothing is ever composed here: the event stream, which is
safe at any depth, is counted against limits and built into a tree in which an
alias stays a leaf of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from killick.errors import KillickError
from killick.reasons import Reason

MAX_BYTES = 1 << 20
MAX_DEPTH = 100
MAX_NODES = 200_000
MAX_ALIASES = 100
MAX_DOCUMENTS = 100
BOM = "\ufeff"


class EditRefused(KillickError):
    """The file cannot be read or edited safely; a person has to mend it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, reason)


@dataclass(slots=True, eq=False)
class Node:
    """One node as written. Mappings list their keys and values in turn."""

    kind: str
    """scalar, sequence, mapping or alias."""
    value: str = ""
    style: str | None = None
    """Of a scalar: None for plain, else its quote or block indicator."""
    tag: str | None = None
    in_flow: bool = False
    index: int = 0
    """Of its (first) event in the signature."""
    start: int = 0
    end: int = 0
    """Code points from the start of the text; starts before an anchor or tag."""
    children: list["Node"] = field(default_factory=list)
    target: "Node | None" = None
    """Of an alias."""
    aliased: bool = False
    """Whether some alias stands for this node."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The documents of one file, and the signature of everything they say."""

    documents: tuple[Node, ...]
    signature: tuple[tuple[Any, ...], ...]


def decode(data: bytes) -> str:
    """The text of a file; raises TooLarge or NotText."""
    if len(data) > MAX_BYTES:
        raise EditRefused(
            Reason.TOO_LARGE,
            f"the file has {len(data)} bytes; at most {MAX_BYTES} are read",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EditRefused(
            Reason.NOT_TEXT, f"the file is not UTF-8: bad byte at offset {error.start}"
        ) from None


def parse(text: str) -> Tree:
    """Build the tree of a text without a byte order mark; raises EditRefused."""
    # Counting first costs a fifth of building, and hostile files get no further.
    _check_limits(text)
    return _Builder().build(_events(text))


def _check_limits(text: str) -> None:
    depth = nodes = aliases = documents = 0
    for event in _events(text):
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
            aliases += isinstance(event, yaml.AliasEvent)
            depth += isinstance(event, yaml.CollectionStartEvent)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if depth > MAX_DEPTH:
            raise EditRefused(Reason.TOO_DEEP, f"nested deeper than {MAX_DEPTH} levels")
        if nodes > MAX_NODES:
            raise EditRefused(Reason.TOO_MANY_NODES, f"more than {MAX_NODES} nodes")
        if aliases > MAX_ALIASES:
            raise EditRefused(
                Reason.TOO_MANY_ALIASES, f"more than {MAX_ALIASES} aliases"
            )
        if documents > MAX_DOCUMENTS:
            raise EditRefused(
                Reason.TOO_MANY_DOCUMENTS, f"more than {MAX_DOCUMENTS} documents"
            )


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise _not_yaml(error) from None


def _not_yaml(error: yaml.YAMLError) -> EditRefused:
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}" if mark else ""
    # The problem is libyaml's own phrase; it quotes nothing but single characters.
    problem = getattr(error, "problem", None) or getattr(error, "reason", "unreadable")
    return EditRefused(Reason.NOT_YAML, f"the file is not valid YAML{where}: {problem}")


def _said(event: Any) -> tuple[Any, ...]:
    """Everything that an event says, but for its place and its quotes."""
    if isinstance(event, yaml.ScalarEvent):
        return "Scalar", event.anchor, event.tag, event.value, event.implicit
    if isinstance(event, yaml.CollectionStartEvent):
        name = type(event).__name__
        return name, event.anchor, event.tag, event.flow_style
    if isinstance(event, yaml.AliasEvent):
        return "Alias", event.anchor
    if isinstance(event, yaml.DocumentStartEvent):
        return "DocumentStart", event.explicit, event.version, str(event.tags)
    if isinstance(event, yaml.DocumentEndEvent):
        return "DocumentEnd", event.explicit
    return (type(event).__name__,)


class _Builder:
    """Turns events into nodes, once they are known to be few enough."""

    def __init__(self) -> None:
        self.documents: list[Node] = []
        self.signature: list[tuple[Any, ...]] = []
        self.stack: list[Node] = []
        self.anchors: dict[str, Node] = {}
        self.flow_depth = 0

    def build(self, events: Iterator[Any]) -> Tree:
        for event in events:
            self.signature.append(_said(event))
            if isinstance(event, yaml.ScalarEvent):
                node = self._open(event, "scalar")
                node.value, node.style = event.value, event.style or None
            elif isinstance(event, yaml.CollectionStartEvent):
                self._open_collection(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close_collection(event)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
        return Tree(tuple(self.documents), tuple(self.signature))

    def _open(self, event: Any, kind: str) -> Node:
        """A new node, put in its place."""
        node = Node(kind, in_flow=self.flow_depth > 0, index=len(self.signature) - 1)
        node.start, node.end = event.start_mark.index, event.end_mark.index
        node.tag = getattr(event, "tag", None)
        if kind != "alias" and event.anchor:
            self.anchors[event.anchor] = node
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.documents.append(node)
        return node

    def _open_collection(self, event: Any) -> None:
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        node = self._open(event, "mapping" if is_mapping else "sequence")
        node.style = "flow" if event.flow_style else "block"
        self.stack.append(node)
        self.flow_depth += node.style == "flow"

    def _close_collection(self, event: Any) -> None:
        node = self.stack.pop()
        node.end = event.end_mark.index
        self.flow_depth -= node.style == "flow"

    def _alias(self, event: Any) -> None:
        node = self._open(event, "alias")
        node.target = self.anchors.get(event.anchor)
        if node.target is None:
            line = event.start_mark.line + 1
            raise EditRefused(Reason.NOT_YAML, f"an alias in line {line} has no anchor")
        node.target.aliased = True
