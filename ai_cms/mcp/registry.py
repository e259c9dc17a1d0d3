"""The tools of the MCP server: functions with a Pydantic model of arguments, in the order in which they were registered.

::

    class FindArguments(Arguments):
        query: str

    @tool(scope="read")
    def find_recipes(context: Context, arguments: FindArguments) -> JsonObject:
        \"\"\"Find recipes by their words.\"\"\"

Modules called ``cms_mcp`` of the installed apps are imported after the library's own tools, so that a host can add some and take
some away. A tool asks for its rights by the services it calls; what goes wrong is told to the model with what to do next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, get_type_hints

from django.http import HttpRequest
from django.utils.module_loading import import_string
from pydantic import BaseModel, ConfigDict, ValidationError

from ai_cms.core.permissions import Actor
from ai_cms.core.registry import Autodiscovery, Registry

from ..core.jsontypes import JsonObject
from .exceptions import BadArguments
from .principals import Caller

__all__ = ["Arguments", "Context", "Tool", "available_tools", "tool", "tools"]


class Arguments(BaseModel):
    """Base of the arguments of tools: unknown ones are refused by name, and nothing is turned into something else."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


@dataclass(frozen=True)
class Context:
    """What a tool has beside its arguments. ``can_ask``: the client says that it can show its person an address to open.

    ``asked_before``: what the client sent back of an ``input_required`` of this very call; it is no approval.
    """

    caller: Caller
    request: HttpRequest
    can_ask: bool = False
    asked_before: str = ""

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    @property
    def writes(self) -> bool:
        """Whether changes are made at once; else they are proposed."""
        return self.actor.has_scope("write")

    def address(self, path: str) -> str:
        """Return the whole address of a path, "" for none."""
        return self.request.build_absolute_uri(path) if path else ""


@dataclass(frozen=True)
class Tool:
    """A registered tool. ``scope``: what a token needs for it to exist; ``destructive``: it can take something away.

    ``atomic``: it may run in one transaction with the
    record of its idempotency key.
    """

    name: str
    function: Callable[[Context, Any], Any]
    arguments: type[Arguments]
    description: str
    scope: str = "read"
    destructive: bool = False
    idempotent: bool = False
    atomic: bool = True

    def allowed(self, actor: Actor) -> bool:
        """Return whether the tool is there for ``actor``."""
        return actor.has_scope(self.scope)

    @cached_property
    def schema(self) -> JsonObject:
        """The JSON Schema of the arguments, without what a model does not need."""
        found: JsonObject = _slim(self.arguments.model_json_schema())
        return found

    def described(self) -> JsonObject:
        """Return the tool as clients list it; the hints are always there, since what is absent counts as destructive."""
        reads = self.scope == "read"
        hints = {"readOnlyHint": reads, "destructiveHint": self.destructive}
        return {
            "name": self.name,
            "description": self.description,
            "inputSchema": self.schema,
            "annotations": hints if reads else {**hints, "idempotentHint": self.idempotent},
        }

    def read(self, raw: JsonObject) -> Arguments:
        """Return the arguments. Raises BadArguments with a short sentence for each problem."""
        try:
            return self.arguments.model_validate(self._parsed(raw))
        except ValidationError as error:
            known = ", ".join(self.schema.get("properties", {})) or "none"
            problems = [_problem(item) for item in error.errors(include_url=False, include_context=False)[:8]]
            raise BadArguments(f"{' '.join(problems)} Arguments of {self.name}: {known}.") from None

    def _parsed(self, raw: JsonObject) -> JsonObject:
        """Return the arguments with those that should be lists or objects, and came as a JSON text, read."""
        found = dict(raw)
        for name, schema in self.schema.get("properties", {}).items():
            if schema.get("type") in ("array", "object") and isinstance(found.get(name), str):
                try:
                    value = json.loads(found[name])
                except (ValueError, RecursionError):
                    continue
                if isinstance(value, list | dict):
                    found[name] = value
        return found


def _slim(value: Any) -> Any:
    """Return a schema without titles, and without "or null" for what may be left out."""
    if isinstance(value, list):
        return [_slim(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: inner for key, inner in value.items() if key != "title" or not isinstance(inner, str)}
    choices = [choice for choice in found.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        found = {**choices[0], **{key: inner for key, inner in found.items() if key not in ("anyOf", "default")}}
    if found.get("default", "") in ("", None, [], {}):
        found.pop("default", None)
    if found.get("type") == "object" and found.get("additionalProperties") is True:
        del found["additionalProperties"]
    if isinstance(found.get("maximum"), int) and found["maximum"] > 1_000_000:
        # What a column holds; no model comes near it.
        del found["maximum"]
    return {key: _slim(inner) for key, inner in found.items()}


def _problem(item: Any) -> str:
    where = ".".join(str(part) for part in item["loc"])[:100]
    match item["type"]:
        case "missing":
            return f"{where} is missing."
        case "extra_forbidden":
            return f"There is no argument {where}."
        case _:
            return f"{where}: {item['msg']}."


class ToolRegistry(Registry[Tool]):
    """The tools by name; the library's and those of ``cms_mcp`` modules are imported when it is first asked."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.discover = Autodiscovery("cms_mcp", ours=lambda: import_string("ai_cms.mcp.tools.load")())

    def arrange(self, order: Sequence[str]) -> None:
        """Put the tools of ``order`` first, in that order."""
        rest = [name for name in self._items if name not in order]
        self._items = {name: self._items[name] for name in (*order, *rest) if name in self._items}


tools = ToolRegistry("MCP tool")
F = TypeVar("F", bound=Callable[..., Any])


def tool(*, name: str = "", **options: Any) -> Callable[[F], F]:
    """Register a function (context, arguments) as a tool; its docstring is what the model reads. Options as for Tool."""

    def register(function: F) -> F:
        hints = [hint for key, hint in get_type_hints(function).items() if key != "return"]
        models = [hint for hint in hints if isinstance(hint, type) and issubclass(hint, Arguments)]
        title, text = name or function.__name__, " ".join((function.__doc__ or "").split())
        if len(models) != 1 or not text:
            raise TypeError(f"The tool {title!r} needs one argument annotated with Arguments, and a docstring.")
        tools.register(title, Tool(title, function, models[0], text, **options))
        return function

    return register


def available_tools(actor: Actor) -> list[Tool]:
    """Return the tools that are there for ``actor``, in their fixed order."""
    tools.discover()
    return [item for _name, item in tools.items() if item.allowed(actor)]
