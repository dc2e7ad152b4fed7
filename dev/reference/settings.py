"""The table of the operator's settings, made from `killick.settings`."""

import ast
import inspect
from collections.abc import Mapping

from pydantic.fields import FieldInfo

from dev.reference.markdown import code, table
from killick import settings

PREFIX = "KILLICK_"


def table_rows() -> list[tuple[str, str, str]]:
    """Return for each setting its variable, its default and its meaning.

    The meaning is the string below the field.

    Raises KeyError for a setting without one.
    """
    meanings = _meanings()
    return [
        (code(f"{PREFIX}{name.upper()}"), _default(field), meanings[name])
        for name, field in settings.Settings.model_fields.items()
    ]


def settings_table() -> str:
    """Return the table of all settings."""
    return table(("variable", "default", "meaning"), table_rows())


def _meanings() -> Mapping[str, str]:
    """Return the string that follows each annotated assignment of the class."""
    (definition,) = (
        node
        for node in ast.parse(inspect.getsource(settings)).body
        if isinstance(node, ast.ClassDef) and node.name == "Settings"
    )
    found: dict[str, str] = {}
    for node, after in zip(definition.body, definition.body[1:], strict=False):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            found[node.target.id] = inspect.cleandoc(str(after.value.value))
    return found


def _default(field: FieldInfo) -> str:
    if isinstance(field.default, bool):
        return code(str(field.default).lower())
    return code(str(field.default)) if field.default not in (None, "") else "none"
