"""Change one scalar of a YAML file and not one byte more.

A values file belongs to people: their comments, quotes and line ends stay. So the
file is never dumped; the span of the one scalar is replaced, the result is parsed
again, and the two event streams must be equal but for that scalar. What cannot be
proven is refused, with a reason that says what a person can do.
"""

import re
from dataclasses import dataclass

import yaml

from killick.gitops.yaml_parser import BOM, EditRefused, Node, Tree, decode, parse
from killick.reasons import Reason

# Text that every YAML version reads as this very text, in any context.
_PLAIN = re.compile(r"[A-Za-z_/](?:[A-Za-z0-9_./@+-]|:(?=[A-Za-z0-9_./@+-]))*")
_WORDS = frozenset(
    "y n yes no on off true false null none nan inf infinity".split()  # noqa: SIM905
)
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def read_scalar(text: bytes, pointer: str) -> str:
    """The scalar at a JSON pointer, as text.

    Raises EditRefused also for a scalar that could be read but not be edited, so
    that people learn of it before a promotion needs it.
    """
    return _locate(parse(decode(text).removeprefix(BOM)), pointer).value


def replace_scalar(text: bytes, pointer: str, old: str, new: str) -> bytes:
    """The file with the scalar `old` at the pointer replaced by `new`.

    Every byte outside that scalar stays. Raises EditRefused: ValueChanged if the
    scalar is not `old`, else the reason why an edit is not safe.
    """
    decoded = decode(text)
    body = decoded.removeprefix(BOM)
    before = parse(body)
    leaf = _locate(before, pointer)
    if leaf.value != old:
        raise EditRefused(
            Reason.VALUE_CHANGED, "the value is not the expected one any more"
        )
    if new == old:
        raise EditRefused(Reason.NOTHING_TO_CHANGE, "the new value equals the old one")
    start, end = _span(body, leaf)
    edited = body[:start] + _render(new, leaf) + body[end:]
    _prove(before, edited, leaf, new)
    mark = decoded[: len(decoded) - len(body)]
    return (mark + edited).encode()


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """The steps of an RFC 6901 JSON pointer; raises PointerInvalid."""
    if pointer and not pointer.startswith("/"):
        raise EditRefused(Reason.POINTER_INVALID, "a JSON pointer starts with a slash")
    if re.search(r"~(?![01])", pointer):
        raise EditRefused(
            Reason.POINTER_INVALID, "a ~ is written ~0 and a / in a key ~1"
        )
    steps = pointer.split("/")[1:]
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


@dataclass(frozen=True, slots=True)
class _Missing:
    """A document without the value; `rank` says which explanation helps most."""

    rank: int
    reason: str
    message: str


def _locate(tree: Tree, pointer: str) -> Node:
    steps = parse_pointer(pointer)
    results = [_walk(document, steps) for document in tree.documents]
    found = [result for result in results if isinstance(result, Node)]
    if len(found) > 1:
        raise EditRefused(
            Reason.KEY_AMBIGUOUS, f"{pointer} is in {len(found)} documents of the file"
        )
    if not found:
        absent = [result for result in results if isinstance(result, _Missing)]
        why = max(absent, key=lambda one: one.rank, default=None)
        if why is None:
            raise EditRefused(Reason.KEY_MISSING, "the file is empty")
        raise EditRefused(why.reason, f"{pointer}: {why.message}")
    return _editable(found[0], pointer)


def _walk(document: Node, steps: tuple[str, ...]) -> Node | _Missing:
    """Follow the steps; an alias or a shared anchor on the way is refused."""
    node = document
    for step in steps:
        _refuse_shared(node, step)
        if node.kind == "mapping":
            following = _member(node, step)
        elif node.kind == "sequence":
            following = _item(node, step)
        else:
            return _Missing(
                1, Reason.KEY_MISSING, f"nothing can be below a {node.kind}"
            )
        if isinstance(following, _Missing):
            return following
        node = following
    return node


def _member(mapping: Node, key: str) -> Node | _Missing:
    keys, values = mapping.children[::2], mapping.children[1::2]
    written = [one.target or one for one in keys]
    matches = [
        value
        for name, value in zip(written, values, strict=True)
        if name.kind == "scalar" and name.value == key
    ]
    if len(matches) > 1:
        raise EditRefused(Reason.KEY_AMBIGUOUS, f"the key {key!r} is there twice")
    if matches:
        return matches[0]
    if any(name.kind == "scalar" and name.value == "<<" for name in written):
        return _Missing(
            2,
            Reason.MERGE_INHERITED,
            f"the key {key!r} is not written here but may come from a merge (<<); "
            "write it out",
        )
    return _Missing(
        0, Reason.KEY_MISSING, f"there is no key {key!r}; add it by hand first"
    )


def _item(sequence: Node, step: str) -> Node | _Missing:
    if not _INDEX.fullmatch(step) or int(step) >= len(sequence.children):
        count = len(sequence.children)
        return _Missing(0, Reason.KEY_MISSING, f"no item {step!r} in a list of {count}")
    return sequence.children[int(step)]


def _refuse_shared(node: Node, where: str) -> None:
    if node.kind == "alias" or node.aliased:
        raise EditRefused(
            Reason.SHARED_ANCHOR,
            f"at {where!r} an anchor is shared by an alias, so an edit would change "
            "more than one place; write the value out",
        )


def _editable(leaf: Node, pointer: str) -> Node:
    _refuse_shared(leaf, pointer)
    if leaf.kind != "scalar":
        raise EditRefused(
            Reason.NOT_A_SCALAR, f"{pointer} is a {leaf.kind}, not one value"
        )
    if leaf.style in {"|", ">"}:
        raise EditRefused(
            Reason.BLOCK_SCALAR, f"{pointer} is a block scalar; write it on one line"
        )
    if leaf.style is None and not leaf.value:
        raise EditRefused(
            Reason.EMPTY_VALUE, f"{pointer} is empty; write a value first"
        )
    return leaf


def _span(body: str, leaf: Node) -> tuple[int, int]:
    """Where the scalar itself stands, after its anchor and tag."""
    for token in yaml.scan(body, Loader=yaml.CSafeLoader):
        if token.end_mark.index == leaf.end and isinstance(token, yaml.ScalarToken):
            return token.start_mark.index, token.end_mark.index
    raise EditRefused(
        Reason.PROOF_FAILED, "the value's place in the file was not found"
    )


def _render(new: str, leaf: Node) -> str:
    """The new value in the old one's quotes, or in quotes if it needs them."""
    if any(0xD800 <= ord(char) < 0xE000 for char in new):
        raise EditRefused(Reason.VALUE_INVALID, "the new value is not valid text")
    if leaf.style is None and _plainly_safe(new, leaf):
        return new
    if leaf.style != '"' and new.isprintable():
        return "'" + new.replace("'", "''") + "'"
    return '"' + "".join(map(_escape, new)) + '"'


def _plainly_safe(new: str, leaf: Node) -> bool:
    """Whether without quotes the value is the same text, or number as before."""
    if _INTEGER.fullmatch(new):
        return bool(_INTEGER.fullmatch(leaf.value))
    if not _PLAIN.fullmatch(new) or new.lower() in _WORDS:
        return False
    # Some parsers end a flow scalar at a colon; trust it only where one was.
    return not (leaf.in_flow and ":" in new and ":" not in leaf.value)


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _prove(before: Tree, edited: str, leaf: Node, new: str) -> None:
    """Both texts say the same, but for the one scalar's value and its quotes."""
    try:
        after = parse(edited)
    except EditRefused as error:
        # The file is fine; what follows the value, such as a tab, suits no quotes.
        raise EditRefused(
            Reason.PROOF_FAILED,
            f"with the value in quotes {error.message}; mend that line by hand",
        ) from None
    index = leaf.index
    old_one, new_one = before.signature[index], after.signature[index]
    others_same = (
        len(before.signature) == len(after.signature)
        and before.signature[:index] == after.signature[:index]
        and before.signature[index + 1 :] == after.signature[index + 1 :]
    )
    # Name, anchor, tag; then the value, which is the one thing to change.
    if not others_same or old_one[:3] != new_one[:3] or new_one[3] != new:
        raise EditRefused(
            Reason.PROOF_FAILED, "the edit would change more than the value"
        )
