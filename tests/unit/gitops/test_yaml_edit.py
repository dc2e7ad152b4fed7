"""The one scalar of a strange file is changed, or the file is refused."""

import time
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from killick.gitops.yaml_edit import parse_pointer, read_scalar, replace_scalar
from killick.gitops.yaml_parser import EditRefused
from tests.unit.gitops.yaml_cases import EDITED, KILLERS, NEW, OLD, REFUSED


@pytest.mark.parametrize("name", EDITED)
def test_edits_only_the_value(name: str) -> None:
    """Files of every style keep all their other bytes."""
    text, pointer = EDITED[name]
    data = text.encode()
    assert read_scalar(data, pointer) == OLD
    at = data.rindex(OLD.encode()) if name == "same text elsewhere" else None
    if at is None:
        assert data.count(OLD.encode()) == 1
        expected = data.replace(OLD.encode(), NEW.encode())
    else:
        expected = data[:at] + NEW.encode() + data[at + len(OLD) :]
    assert replace_scalar(data, pointer, OLD, NEW) == expected


@pytest.mark.parametrize(("data", "pointer", "reason"), REFUSED)
def test_refuses(data: bytes, pointer: str, reason: str) -> None:
    """What cannot be edited safely is refused, for the right reason, to readers too."""
    with pytest.raises(EditRefused) as caught:
        read_scalar(data, pointer)
    assert caught.value.reason == reason
    with pytest.raises(EditRefused) as caught:
        replace_scalar(data, pointer, "1", "2")
    assert caught.value.reason == reason
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", KILLERS)
def test_killers_are_refused_at_once(name: str) -> None:
    """Files that overflow stacks or explode are refused, in this very process.

    The limit is processor time, so that a busy machine does not fail the test.
    """
    data, pointer, reason = KILLERS[name]
    started = time.process_time()
    with pytest.raises(EditRefused) as caught:
        read_scalar(data, pointer)
    assert caught.value.reason == reason
    assert time.process_time() - started < 1.0


def test_deepest_and_most_aliased_allowed() -> None:
    """Files just within the limits are edited."""
    deep = "".join(f"{' ' * level}k:\n" for level in range(98)) + " " * 98 + "k: 1\n"
    assert read_scalar(deep.encode(), "/k" * 99) == "1"
    aliases = b"a: &a 1\nb: [" + b"*a ," * 100 + b"]\nc: x\n"
    assert replace_scalar(aliases, "/c", "x", "z").endswith(b"c: z\n")


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("a: x\n", "yes", "a: 'yes'\n"),
        ("a: x\n", "No", "a: 'No'\n"),
        ("a: x\n", "y", "a: 'y'\n"),
        ("a: x\n", "null", "a: 'null'\n"),
        ("a: x\n", "~", "a: '~'\n"),
        ("a: x\n", "", "a: ''\n"),
        ("a: x\n", "12", "a: '12'\n"),
        ("a: x\n", "1e5", "a: '1e5'\n"),
        ("a: x\n", "0o17", "a: '0o17'\n"),
        ("a: x\n", "1:30", "a: '1:30'\n"),
        ("a: x\n", "2024-01-01", "a: '2024-01-01'\n"),
        ("a: x\n", ".inf", "a: '.inf'\n"),
        ("a: x\n", "=", "a: '='\n"),
        ("a: x\n", "<<", "a: '<<'\n"),
        ("a: x\n", "-", "a: '-'\n"),
        ("a: x\n", "b: c", "a: 'b: c'\n"),
        ("a: x\n", "b #c", "a: 'b #c'\n"),
        ("a: x\n", "it's", "a: 'it''s'\n"),
        ("a: x\n", "*x", "a: '*x'\n"),
        ("a: x\n", "b:", "a: 'b:'\n"),
        ("a: x\n", " b", "a: ' b'\n"),
        ("a: x\n", "l\nm", 'a: "l\\nm"\n'),
        ("a: x\n", "\x07\u2028\u0085", 'a: "\\u0007\\u2028\\u0085"\n'),
        ("a: 'x'\n", "l\nm", 'a: "l\\nm"\n'),
        ('a: "x"\n', 'q"\\', 'a: "q\\"\\\\"\n'),
        ('a: "x"\n', "é☃", 'a: "é☃"\n'),
        ("a: x\n", "models:/m@champion", "a: models:/m@champion\n"),
        ("a: 2\n", "3", "a: 3\n"),
        ("a: 2\n", "03", "a: '03'\n"),
        ("a: '2'\n", "3", "a: '3'\n"),
        ("a: 2\n", "v3", "a: v3\n"),
        ("a: [x]\n", "b:c", "a: ['b:c']\n"),
        ("a: [x]\n", "b,c", "a: ['b,c']\n"),
    ],
)
def test_quotes_what_needs_quotes(before: str, new: str, after: str) -> None:
    """A value never changes its type because it lost its quotes; numbers stay so."""
    pointer = "/a/0" if "[" in before else "/a"
    data = before.encode()
    edited = replace_scalar(data, pointer, read_scalar(data, pointer), new)
    assert edited == after.encode()
    assert read_scalar(edited, pointer) == new


def test_compares_before_it_sets() -> None:
    """A value that is not the expected one is not replaced, nor by itself."""
    with pytest.raises(EditRefused) as caught:
        replace_scalar(b"a: 1\n", "/a", "0", "2")
    assert caught.value.reason == "ValueChanged"
    with pytest.raises(EditRefused) as caught:
        replace_scalar(b"a: 1\n", "/a", "1", "1")
    assert caught.value.reason == "NothingToChange"


def test_unwritable_value() -> None:
    """A value that no file can hold is refused."""
    with pytest.raises(EditRefused) as caught:
        replace_scalar(b"a: 1\n", "/a", "1", "\ud800")
    assert caught.value.reason == "ValueInvalid"


def test_pointer_of_rfc_6901() -> None:
    """The RFC's escapes are undone in its order."""
    assert parse_pointer("") == ()
    assert parse_pointer("/a~1b/m~0n/~01/") == ("a/b", "m~n", "~1", "")


TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\x7f\ufeff", min_codepoint=9),
    max_size=12,
)
KEYS = st.sampled_from(["a", "b", "a/b", "m~n", "1", "yes", "<x", "é", ""])
LEAVES = st.one_of(TEXT, st.integers(), st.booleans(), st.none(), st.floats())
DATA = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


def leaves(node: Any, path: str = "") -> dict[str, Any]:
    """Each scalar node of a composed tree by its pointer."""
    if isinstance(node, yaml.SequenceNode):
        items = [(str(index), value) for index, value in enumerate(node.value)]
    elif isinstance(node, yaml.MappingNode):
        items = [(key.value, value) for key, value in node.value]
    else:
        return {path: node}
    found: dict[str, Any] = {}
    for name, value in items:
        step = name.replace("~", "~0").replace("/", "~1")
        found |= leaves(value, f"{path}/{step}")
    return found


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_exactly_one_leaf_changes(data: st.DataObject) -> None:
    """Whatever is written how: refused, or one leaf changed and no byte beside it.

    The oracle is PyYAML's own composer, in Python, with its marks.
    """
    text = yaml.dump(
        data.draw(DATA),
        default_flow_style=data.draw(st.sampled_from([True, False, None])),
        default_style=data.draw(st.sampled_from([None, "'", '"', "|"])),
        allow_unicode=data.draw(st.booleans()),
        indent=data.draw(st.sampled_from([2, 4, 7])),
        explicit_start=data.draw(st.booleans()),
        width=data.draw(st.sampled_from([20, 80])),
        line_break=data.draw(st.sampled_from(["\n", "\r\n"])),
    )
    before = leaves(yaml.compose(text, Loader=yaml.SafeLoader))
    if not before:
        return
    pointer = data.draw(st.sampled_from(sorted(before)))
    new = data.draw(st.one_of(TEXT, st.integers().map(str)))
    bom = data.draw(st.sampled_from(["", "\ufeff"]))
    leaf = before[pointer]
    try:
        edited = replace_scalar(f"{bom}{text}".encode(), pointer, leaf.value, new)
    except EditRefused as refusal:
        allowed = {"BlockScalar", "NothingToChange", "EmptyValue", "NotYaml"}
        assert refusal.reason in allowed  # noqa: PT017 - the refusal is the result
        return
    result = edited.decode().removeprefix(bom)
    after = leaves(yaml.compose(result, Loader=yaml.SafeLoader))
    assert after[pointer].value == new
    assert {k: (v.tag, v.value) for k, v in before.items() if k != pointer} == {
        k: (v.tag, v.value) for k, v in after.items() if k != pointer
    }
    kept = text[: leaf.start_mark.index], text[leaf.end_mark.index :]
    assert result.startswith(kept[0])
    assert result.endswith(kept[1])
    if leaf.tag == "tag:yaml.org,2002:str":
        assert after[pointer].tag == leaf.tag


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from(list("ab:-,[]{}&*!|>'\"%#?~< \n\t\r1\ufeff")), max_size=60),
    st.sampled_from(["/a", "/a/b", "/0", "", "/b/0/a"]),
    TEXT,
)
def test_any_text_is_edited_or_refused(text: str, pointer: str, new: str) -> None:
    """Text that only looks like YAML raises nothing but a refusal."""
    data = text.encode()
    try:
        old = read_scalar(data, pointer)
        edited = replace_scalar(data, pointer, old, new)
    except EditRefused:
        return
    assert read_scalar(edited, pointer) == new
    with suppress(EditRefused):
        back = replace_scalar(edited, pointer, new, old)
        assert read_scalar(back, pointer) == old


def test_a_value_whose_quotes_would_break_the_file_is_refused_as_such() -> None:
    """After a plain value a line may begin with a tab, after quotes it may not."""
    fine = b"1\r\t"
    edited = replace_scalar(fine, "", "1", "A")
    with pytest.raises(EditRefused, match="with the value in quotes") as caught:
        replace_scalar(edited, "", "A", "1")
    assert caught.value.reason == "ProofFailed"
