"""Read the front matter of a text file: YAML between ``---``, or TOML between ``+++``.

YAML is read by PyYAML's safe loader, with the scalars of YAML 1.2: ``yes`` and ``12:30`` are texts, as they are for newer
generators, and a date is the text it is written as, for its owner to read.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Callable
from typing import Any

import yaml

from ..exceptions import ImportRefused

__all__ = ["json_value", "split_front_matter"]

MAX_LINES = 5_000
#: Aliases may repeat what they name: so many values a front matter may come to.
MAX_VALUES = 20_000
MAX_DEPTH = 50

_KEY = re.compile(r"""(?:[A-Za-z_][\w. -]*|"[^"\\]*"|'[^']*')[ \t]*:(?:\s|\Z)""")
# PyYAML knows no tabs where YAML has them: at the end of a line, before a comment, between a key or a dash and what follows.
_TABS = re.compile(r"(?m)(?<![ \t]) *\t[ \t]*(?=$|#)|(?<=[:-]) *\t[ \t]*(?=\S)")


class _Loader(yaml.SafeLoader):
    """The safe loader, its scalars read as YAML 1.2 reads them; keys that stand in one mapping twice are remembered."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.repeated: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    self.repeated.append((key.value, key.start_mark.line + 2))
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?[0-9]{1,18}\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,2})?", "-+0123456789"),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first))


def split_front_matter(
    text: str, *, source: str = "", warn: Callable[[int, str], None] | None = None
) -> tuple[dict[str, Any], str, int]:
    """Return (values, rest of the text, line on which the rest begins).

    A text without front matter has no values. ``warn``: called with the line and a sentence for keys that stand there twice.
    Raises ImportRefused with the line for what cannot be read.
    """
    text = text.removeprefix("\ufeff")
    lines = text.split("\n")
    mark = lines[0].rstrip("\r \t")
    if mark not in ("---", "+++"):
        return {}, text, 1
    ends = ("---", "...") if mark == "---" else ("+++",)
    end = next((index for index, line in enumerate(lines[1 : MAX_LINES + 2], 1) if line.rstrip("\r \t") in ends), None)
    if end is None:
        if mark == "---" and not any(_KEY.match(line) for line in lines[1:3]):
            # A line of its own at the top: a rule of Markdown.
            return {}, text, 1
        raise ImportRefused(f"The front matter has no closing {mark}.", source=source, line=1)
    head = "\n".join([*(line.rstrip("\r") for line in lines[1:end]), ""])
    rest = "\n".join(lines[end + 1 :])
    values = _read_yaml(head, source, warn) if mark == "---" else _read_toml(head, source)
    return values, rest, end + 2


def _read_toml(head: str, source: str) -> dict[str, Any]:
    try:
        values = tomllib.loads(head)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"line ([0-9]+)", str(error))
        raise ImportRefused(
            f"The TOML front matter cannot be read: {error}.", source=source, line=int(found[1]) + 1 if found else 1
        ) from None
    return {key: json_value(value) for key, value in values.items()}


def _read_yaml(head: str, source: str, warn: Callable[[int, str], None] | None = None) -> dict[str, Any]:
    try:
        try:
            values, repeated = _load(head)
        except yaml.MarkedYAMLError:
            if "\t" not in head:
                raise
            values, repeated = _load(_TABS.sub(" ", head))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = error.problem or error.context or "it is no YAML"
        hint = "; a text with a colon has to be in quotes" if "mapping values are not allowed" in reason else ""
        raise ImportRefused(
            f"The front matter cannot be read: {reason}{hint}.", source=source, line=mark.line + 2 if mark else 1
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = head.count("\n", 0, getattr(error, "position", 0) or 0) + 2
        raise ImportRefused(
            f"The front matter cannot be read: {str(error).splitlines()[0][:200]}.", source=source, line=line
        ) from None
    for key, line in repeated if warn else ():
        warn(line, f"“{key[:80]}” stands in the front matter twice; the last one counts.")  # type: ignore[misc]
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ImportRefused(
            "The front matter cannot be read: it has to be lines of “key: value”.", source=source, line=2
        )
    budget = [MAX_VALUES]
    try:
        return {str(key): json_value(value, budget) for key, value in values.items()}
    except ValueError as error:
        raise ImportRefused(f"The front matter cannot be read: {error}", source=source, line=2) from None


def _load(head: str) -> tuple[Any, list[tuple[str, int]]]:
    loader = _Loader(head)
    try:
        return loader.get_single_data(), loader.repeated
    finally:
        loader.dispose()


def json_value(value: object, budget: list[int] | None = None, depth: int = 0) -> Any:
    """Return a value as JSON has it: dates as text, keys as text. Raises ValueError for more than there may be."""
    if budget is not None:
        budget[0] -= 1
        if budget[0] < 0 or depth > MAX_DEPTH:
            raise ValueError("it holds more values than can be meant.")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): json_value(item, budget, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [json_value(item, budget, depth + 1) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
