"""What a model may do here: functions with a Pydantic model of arguments, a permission and a risk.

::

    class FindArguments(BaseModel):
        query: str

    @tool(name="find_pages", risk="read")
    def find_pages(context: ToolContext, arguments: FindArguments) -> list[str]:
        \"\"\"Find pages by their words.\"\"\"

Modules called ``cms_tools`` of the installed apps are imported by themselves. A tool runs with the rights of the user
for whom the model works, and asks for them again inside; what goes wrong is told to the model, never raised to the
user.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from pydantic import BaseModel, ValidationError

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.core.registry import Autodiscovery, Registry

from ..messages import ToolCall, ToolDefinition
from ..schema import describe_problems, lenient_schema

__all__ = [
    "Risk",
    "Tool",
    "ToolContext",
    "ToolResult",
    "approval_key",
    "as_tool",
    "available_tools",
    "execute_tool",
    "preview_of",
    "tool",
    "tools",
]

logger = logging.getLogger("ai_cms.llm.tools")

Risk = Literal["read", "write", "destructive", "outward"]
#: Characters of a result that a model is shown.
MAX_RESULT = 20_000
_NEEDS_APPROVAL = ("destructive", "outward")


@dataclass(frozen=True)
class ToolContext:
    """For whom a tool works.

    ``request_id``: of the call to the model. ``approved``: the :func:`approval_key` of each call that a person has
    confirmed. ``cautious``: the model has read what others wrote, so that a person has to confirm every change. ``extra``: what
    the caller wants its tools to know (a page, a conversation).
    """

    actor: Actor
    request_id: str = ""
    approved: frozenset[str] = frozenset()
    cautious: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ToolResult:
    """What a call came to. ``text`` is for the model; ``needs_approval``: nothing was done, a person has to confirm ``key``."""

    call: ToolCall
    text: str
    ok: bool = True
    needs_approval: bool = False
    value: Any = None
    key: str = ""


@dataclass(frozen=True)
class Tool:
    """A registered tool. ``permission``: a Django permission, or a function of the actor, or ``None``.

    ``state``: returns what a person's approval is bound to beside the arguments, such as the version of the page they name.
    ``trusted``: its results hold nothing that others have written. ``public``: they hold only what everybody may see, so that
    they may be told in a room. ``preview``: returns what a call would change, for a person who has to confirm it:
    ``[{"what": str, "text": [["equal" | "insert" | "delete", str]]}]``.
    """

    name: str
    function: Callable[[ToolContext, Any], Any]
    arguments: type[BaseModel]
    description: str
    risk: Risk
    permission: str | Callable[[Actor], bool] | None = None
    state: Callable[[ToolContext, Any], str] | None = None
    trusted: bool = False
    public: bool = False
    preview: Callable[[ToolContext, Any], list[JsonObject]] | None = None

    @property
    def needs_approval(self) -> bool:
        """Return whether a person has to confirm each call."""
        return self.risk in _NEEDS_APPROVAL

    def needs_approval_in(self, context: ToolContext) -> bool:
        """Return whether a person has to confirm a call made there."""
        return self.needs_approval or (context.cautious and self.risk == "write")

    def key_of(self, raw_arguments: str, context: ToolContext, arguments: Any) -> str:
        """Return what binds an approval to these arguments and the present state of what they name. May raise RequestRefused."""
        state = self.state(context, arguments) if self.state is not None else ""
        return approval_key(self.name, raw_arguments, state)

    def allowed(self, actor: Actor) -> bool:
        """Return whether ``actor`` may use the tool at all."""
        if not actor.has_scope("read" if self.risk == "read" else "write"):
            return False
        if self.permission is None:
            return True
        return actor.has_perm(self.permission) if isinstance(self.permission, str) else self.permission(actor)

    def definition(self) -> ToolDefinition:
        """Return the tool as a model sees it."""
        return ToolDefinition(self.name, self.description, lenient_schema(self.arguments))


class ToolRegistry(Registry[Tool]):
    """The tools by name; the ``cms_tools`` modules are imported when it is first asked."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        #: Import the ``cms_tools`` modules of the installed apps, once.
        self.discover = Autodiscovery("cms_tools")

    @contextmanager
    def temporarily(self, name: str, item: Tool) -> Iterator[Tool]:
        """Register ``item`` for the length of a ``with`` block, in place of whatever has the name (for tests)."""
        self.discover()
        with super().temporarily(name, item):
            yield item


tools = ToolRegistry("tool")
F = TypeVar("F", bound=Callable[..., Any])
_tools_of: dict[Callable[..., Any], Tool] = {}


def tool(
    *,
    name: str = "",
    permission: str | Callable[[Actor], bool] | None = None,
    risk: Risk = "read",
    description: str = "",
    state: Callable[[ToolContext, Any], str] | None = None,
    trusted: bool = False,
    public: bool = False,
    preview: Callable[[ToolContext, Any], list[JsonObject]] | None = None,
) -> Callable[[F], F]:
    """Register a function (context, arguments) as a tool; its docstring is what the model reads.

    It stays the function, and can be offered to run_tools() as it is.

    Raises TypeError if the second argument is not annotated with a Pydantic model, ValueError for an unknown risk.
    """
    if risk not in get_args(Risk):
        raise ValueError(f"The risk of a tool is one of {', '.join(get_args(Risk))}, not {risk!r}.")

    def register(function: F) -> F:
        made = make_tool(
            function,
            name=name,
            permission=permission,
            risk=risk,
            description=description,
            state=state,
            trusted=trusted,
            public=public,
            preview=preview,
        )
        tools.register(made.name, made)
        _tools_of[function] = made
        return function

    return register


def as_tool(item: Tool | Callable[[ToolContext, Any], object]) -> Tool:
    """Return the tool that a function was made by the decorator. Raises TypeError for another function."""
    if isinstance(item, Tool):
        return item
    found = _tools_of.get(item)
    if found is None:
        raise TypeError(f"{item!r} is no tool: decorate it with @tool, or make one of it with make_tool().")
    return found


def make_tool(function: Callable[[ToolContext, Any], Any], *, name: str = "", **options: Any) -> Tool:
    """Return a Tool of ``function`` without registering it."""
    hints = [hint for key, hint in get_type_hints(function).items() if key != "return"]
    models = [hint for hint in hints if isinstance(hint, type) and issubclass(hint, BaseModel)]
    title = name or function.__name__
    if len(models) != 1:
        raise TypeError(f"The tool {title!r} needs one argument that is annotated with a Pydantic model.")
    text = options.pop("description", "") or (function.__doc__ or "").strip().partition("\n\n")[0]
    if not text:
        raise TypeError(f"The tool {title!r} needs a docstring or a description: it is what the model reads.")
    return Tool(title, function, models[0], " ".join(text.split()), **options)


def available_tools(actor: Actor, names: Iterable[str] | None = None) -> list[Tool]:
    """Return the tools that ``actor`` may use, all or those of ``names``."""
    tools.discover()
    wanted = None if names is None else set(names)
    return [item for key, item in tools.items() if (wanted is None or key in wanted) and item.allowed(actor)]


def approval_key(name: str, raw_arguments: str, state: str = "") -> str:
    """Return what binds a person's approval to exactly these arguments of this tool, and to a state of what they name."""
    try:
        arguments = json.dumps(json.loads(raw_arguments or "{}"), sort_keys=True)
    except (ValueError, RecursionError):
        arguments = raw_arguments
    bound = f"{name}\n{arguments}\n{state}" if state else f"{name}\n{arguments}"
    return hashlib.sha256(bound.encode("utf-8", "replace")).hexdigest()


def execute_tool(
    name: str,
    raw_arguments: str,
    context: ToolContext,
    *,
    call_id: str = "",
    offered: Mapping[str, Tool] | None = None,
) -> ToolResult:
    """Run a tool as the model asked for it and return what to tell the model.

    ``offered``: the tools the model was offered; others do not exist for it. Nothing is raised but what is no
    Exception.
    """
    call = ToolCall(call_id, name, raw_arguments)
    tools.discover()
    found = offered.get(name) if offered is not None else tools.get(name)
    # The same words for both, so that a model cannot find out what its user may not use.
    if found is None or not found.allowed(context.actor):
        known = ", ".join(sorted(offered)) if offered is not None else ""
        return _failed(call, f"There is no tool {name!r}." + (f" Tools: {known}." if known else ""))
    try:
        data = json.loads(raw_arguments or "{}")
        arguments = found.arguments.model_validate(data)
    except ValidationError as error:
        return _failed(call, f"The arguments are not valid.\n{describe_problems(error)}")
    except (ValueError, RecursionError) as error:
        return _failed(call, f"The arguments are not valid JSON: {error}.")
    if found.needs_approval_in(context):
        try:
            key = found.key_of(raw_arguments, context, arguments)
        except RequestRefused as error:
            return _failed(call, f"Refused ({error.code}): {error.detail}")
        if key not in context.approved:
            text = "Nothing was done: a person has to confirm this first. Say what you would like to do and stop."
            return ToolResult(call, text, ok=False, needs_approval=True, key=key)
    return _run(found, call, context, arguments)


def preview_of(name: str, raw_arguments: str, context: ToolContext) -> list[JsonObject]:
    """Return what a call would change as its tool shows it to a person; nothing for a tool that shows nothing.

    Nothing is raised: whoever looks at a call may refuse it, whatever it holds.
    """
    tools.discover()
    found = tools.get(name)
    if found is None or found.preview is None or not found.allowed(context.actor):
        return []
    try:
        return found.preview(context, found.arguments.model_validate(json.loads(raw_arguments or "{}")))
    except (RequestRefused, ValidationError, ValueError, RecursionError):
        return []
    except Exception:
        logger.exception("The preview of the tool %s failed.", name)
        return []


def _run(found: Tool, call: ToolCall, context: ToolContext, arguments: BaseModel) -> ToolResult:
    try:
        if found.risk in ("write", "destructive"):
            with transaction.atomic():
                value = found.function(context, arguments)
        else:
            value = found.function(context, arguments)
        text = _told(value)
    except RequestRefused as error:
        problems = f" {json.dumps(error.errors, cls=DjangoJSONEncoder)}" if error.errors else ""
        return _failed(call, f"Refused ({error.code}): {error.detail}{problems}"[:MAX_RESULT])
    except ValidationError as error:
        return _failed(call, f"Refused: {describe_problems(error)}"[:MAX_RESULT])
    except Exception:
        # A bug of the tool is for the log; the model only needs to know that it did not work.
        logger.exception("The tool %s failed.", found.name, extra={"request_id": context.request_id})
        return _failed(call, "The tool failed. Do not try it again with the same arguments.")
    return ToolResult(call, text, value=value)


def _told(value: object) -> str:
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    text = (
        value if isinstance(value, str) else json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, default=None)
    )
    if len(text) > MAX_RESULT:
        return f"{text[:MAX_RESULT]}\n[cut: {len(text)} characters in all]"
    return text


def _failed(call: ToolCall, text: str) -> ToolResult:
    return ToolResult(call, text, ok=False)
