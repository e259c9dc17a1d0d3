"""Pydantic models as the JSON Schema that providers accept, and answers as objects of those models.

Strict structured output takes less than JSON Schema: every property is required, nothing is open, there is no
``oneOf``, no ``default`` and no length. :func:`output_schema` reduces a model's schema to that and says what it dropped
in the descriptions, where a model reads it; the answer is validated with the real class, so nothing dropped is lost.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from pydantic import BaseModel, RootModel, ValidationError

from ..core.jsontypes import JsonMapping, JsonObject
from .exceptions import LLMInvalidOutput
from .messages import LLMRequest, Message
from .nulls import validate_answer

__all__ = [
    "OutputSchema",
    "extract_json",
    "lenient_schema",
    "output_schema",
    "parse_json",
    "parse_output",
    "repair_request",
    "strict_schema",
]

M = TypeVar("M", bound=BaseModel)

#: What a strict schema may contain besides the structure that is handled by name.
_KEPT = ("type", "description", "enum")
_WRAPPER = "result"
#: Limits that local servers can hold a model to, and up to which number: a grammar counts by repeating its rules.
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems")
_LIMITS = (*_COUNTS, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern")
_MOST = 1000
_HINTS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "pattern": "matches {}",
    "format": "format {}",
}
_MAX_PROBLEMS = 20
_MAX_ECHO = 20_000


@dataclass(frozen=True)
class OutputSchema:
    """``schema``: what to send, without limits; ``limited``: with those that a grammar can express. ``strict``: it keeps
    all of strict mode's rules. ``wrapped``: the value is in ``result``.
    """

    name: str
    schema: JsonMapping
    strict: bool
    wrapped: bool
    limited: JsonMapping


class _Reducer:
    """Walk a JSON Schema once and note whether strict mode can take it."""

    def __init__(self, definitions: JsonMapping, *, all_required: bool = True, limits: bool = False) -> None:
        self.definitions = definitions
        self.all_required = all_required
        self.limits = limits
        self.strict = True

    def reduce(self, node: object) -> JsonObject:
        if not isinstance(node, Mapping) or not node:
            # Any value at all: only a lax schema can say so.
            self.strict = False
            return {}
        if "$ref" in node:
            reference = {"$ref": node["$ref"]}
            # A reference may have no siblings; one alternative with a description says the same.
            return {"anyOf": [reference], "description": node["description"]} if "description" in node else reference
        if "allOf" in node:
            return self.reduce(self._merged(node))
        result: JsonObject = {key: node[key] for key in _KEPT if key in node}
        if self.limits:
            result |= {key: node[key] for key in _LIMITS if key in node and _is_plain(key, node[key])}
        if "const" in node:
            result["enum"] = [node["const"]]
        choices = node.get("anyOf", node.get("oneOf"))
        if choices is not None:
            result["anyOf"] = [self.reduce(choice) for choice in choices]
        kind = node.get("type")
        if kind == "object" or "properties" in node:
            self._object(node, result)
        elif kind == "array":
            self._array(node, result)
        elif kind is None and not ({"anyOf", "enum"} & set(result)):
            self.strict = False
        hints = _hints(node)
        if hints:
            result["description"] = " ".join(filter(None, [node.get("description", ""), f"({'; '.join(hints)})"]))
        return result

    def _object(self, node: JsonMapping, result: JsonObject) -> None:
        result["type"] = "object"
        extra = node.get("additionalProperties")
        open_values = isinstance(extra, Mapping) or extra is True
        if open_values or (not node.get("properties") and extra is None):
            self.strict = False
            result["additionalProperties"] = self.reduce(extra) if isinstance(extra, Mapping) and extra else True
        else:
            result["additionalProperties"] = False
        properties = {name: self.reduce(child) for name, child in node.get("properties", {}).items()}
        result["properties"] = properties
        needed = properties if self.all_required else [name for name in node.get("required", ()) if name in properties]
        result["required"] = list(needed)

    def _array(self, node: JsonMapping, result: JsonObject) -> None:
        if "prefixItems" in node:
            kinds: list[JsonObject] = []
            for item in node["prefixItems"]:
                reduced = self.reduce(item)
                if reduced not in kinds:
                    kinds.append(reduced)
            result["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
        else:
            result["items"] = self.reduce(node.get("items"))

    def _merged(self, node: JsonMapping) -> JsonObject:
        merged = {key: value for key, value in node.items() if key != "allOf"}
        for part in node["allOf"]:
            resolved = self._resolve(part) if len(node["allOf"]) > 1 or "properties" in merged else part
            for key, value in resolved.items():
                if key in ("properties", "$defs") and key in merged:
                    merged[key] = {**merged[key], **value}
                else:
                    merged.setdefault(key, value)
        return merged

    def _resolve(self, node: JsonMapping) -> JsonMapping:
        reference = node.get("$ref", "")
        found = self.definitions.get(reference.removeprefix("#/$defs/"), node) if reference else node
        return found if isinstance(found, Mapping) else node


def _hints(node: JsonMapping) -> list[str]:
    """Return in words what limits a value, in few: they are paid for with each request."""
    found = []
    for things, least, most in (("characters", "minLength", "maxLength"), ("items", "minItems", "maxItems")):
        low, high = node.get(least) or 0, node.get(most)
        if high is not None:
            found.append(f"{low} to {high} {things}" if low else f"at most {high} {things}")
        elif low:
            found.append("not empty" if low == 1 else f"at least {low} {things}")
    return found + [text.format(node[key]) for key, text in _HINTS.items() if key in node]


def _is_plain(key: str, value: object) -> bool:
    """Return whether a grammar can express a limit."""
    if key in _COUNTS:
        return isinstance(value, int) and 0 < value <= _MOST
    if key == "pattern":
        # Anchored, and without what is only Python's or only a backtracking engine's.
        return (
            str(value).startswith("^") and str(value).endswith("$") and not re.search(r"\(\?|\\[bBpPAZ1-9]", str(value))
        )
    return True


def without_limits(schema: JsonMapping) -> JsonObject:
    """Return a schema without the limits that some servers refuse."""

    def stripped(node: object, *, names: bool = False) -> Any:
        if isinstance(node, Mapping):
            # A property may well be called "pattern".
            return {
                key: stripped(value, names=not names and key in ("properties", "$defs"))
                for key, value in node.items()
                if names or key not in _LIMITS
            }
        return [stripped(item) for item in node] if isinstance(node, (list, tuple)) else node

    found: JsonObject = stripped(schema)
    return found


def _root(schema: JsonMapping) -> JsonMapping:
    """Return the schema of the value itself; a model that contains itself is a reference at the root."""
    if "$ref" in schema:
        found: JsonMapping = schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        return found
    return {key: value for key, value in schema.items() if key != "$defs"}


def strict_schema(schema: JsonMapping, *, limits: bool = False) -> tuple[JsonObject, bool, bool]:
    """Reduce a JSON Schema; return the schema, whether it is strict, and whether its value is wrapped in ``result``.

    ``limits``: keep lengths, counts, ranges and patterns, for servers that hold a model to them.
    """
    definitions = schema.get("$defs", {})
    reducer = _Reducer(definitions, limits=limits)
    reduced = reducer.reduce(_root(schema))
    wrapped = reduced.get("type") != "object"
    if wrapped:
        reduced = {
            "type": "object",
            "additionalProperties": False,
            "properties": {_WRAPPER: reduced},
            "required": [_WRAPPER],
        }
    if definitions:
        reduced["$defs"] = {name: reducer.reduce(node) for name, node in definitions.items()}
    return reduced, reducer.strict, wrapped


def lenient_schema(model: type[BaseModel]) -> JsonObject:
    """Return the schema of a tool's arguments: reduced like an answer's, but what has a default may be left out."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    reducer = _Reducer(definitions, all_required=False)
    reduced = reducer.reduce(_root(schema))
    reduced.pop("description", None)
    if definitions:
        reduced["$defs"] = {name: reducer.reduce(node) for name, node in definitions.items()}
    return reduced


_cache: WeakKeyDictionary[type[BaseModel], OutputSchema] = WeakKeyDictionary()
_cache_lock = threading.Lock()


def output_schema(model: type[BaseModel]) -> OutputSchema:
    """Return the schema to send for answers of ``model``; derived once a class."""
    with _cache_lock:
        found = _cache.get(model)
    if found is None:
        limited, strict, wrapped = strict_schema(model.model_json_schema(), limits=True)
        name = re.sub(r"[^a-zA-Z0-9_-]", "_", model.__name__)[:64] or "output"
        found = OutputSchema(name, without_limits(limited), strict, wrapped, limited)
        with _cache_lock:
            _cache[model] = found
    return found


def _is_wrapped(model: type[BaseModel]) -> bool:
    # Only what stands for another value can be anything but an object; so models made for one request need no schema here.
    return issubclass(model, RootModel) and output_schema(model).wrapped


def requested_schema(request: LLMRequest) -> OutputSchema | None:
    """Return the schema that ``request`` asks for, ``None`` for free text."""
    if request.response_schema is not None:
        if "schema" in request.memo:
            known: OutputSchema = request.memo["schema"]
            return known
        name = request.response_model.__name__ if request.response_model else "output"
        wrapped = request.response_model is not None and _is_wrapped(request.response_model)
        given = request.response_schema
        name = re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64]
        request.memo["schema"] = made = OutputSchema(name, without_limits(given), True, wrapped, given)
        return made
    return output_schema(request.response_model) if request.response_model is not None else None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def json_values(text: str) -> list[Any]:
    """Return the JSON values in ``text``, the likeliest answer first. Raises ValueError where there is none.

    The whole text, else what stands in code fences or between sentences: the last first, for models think aloud before
    they answer.
    """
    # Models put line breaks into strings as they are; nobody is helped by refusing them.
    decoder = json.JSONDecoder(parse_constant=_no_constant, strict=False)
    text = text.strip().removeprefix("\ufeff")
    try:
        return [decoder.decode(text)]
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError as error:
        problem: Exception = error
    found: list[Any] = []
    for part in [*(fence.group(1) for fence in _FENCE.finditer(text)), text]:
        within: list[Any] = []
        at, tries = 0, 0
        while tries < _TRIES and (start := _OPENING.search(part, at)) is not None:
            tries += 1
            try:
                value, at = decoder.raw_decode(part, start.start())
            except RecursionError:
                raise ValueError("nested too deeply") from None
            except ValueError as error:
                problem, at = (error if tries == 1 else problem), start.end()
                if part[start.start()] == "{" and not _has_end(part, start.start()):
                    # Cut off: what can be read inside of it is a part of the answer, not one.
                    break
            else:
                within.append(value)
        found = within[::-1] + found if part is not text else found + within[::-1]
    if not found:
        raise ValueError(str(problem))
    # A list among an answer's words is seldom it: "as asked [1]".
    return sorted(found, key=lambda value: not isinstance(value, dict))


_FENCE = re.compile(r"```(?:json)?\s*\n?(.*?)```", re.DOTALL)
_OPENING = re.compile(r"[\[{]")
#: Brackets that are tried; a text of nothing else is no answer.
_TRIES = 200


def _has_end(text: str, start: int) -> bool:
    """Return whether as many braces close after ``start`` as open, roughly."""
    return text.count("}", start) >= text.count("{", start)


def extract_json(text: str) -> Any:
    """Return the JSON value in ``text``, also from within a code fence or between sentences. Raises ValueError."""
    return json_values(text)[0]


def _storable(value: object) -> bool:
    """Return whether databases take every string in ``value``: no NUL, no lone surrogate."""
    dumped = json.dumps(value, ensure_ascii=False)
    return "\\u0000" not in dumped and not any("\ud800" <= character <= "\udfff" for character in dumped)


def parse_json(text: str, **facts: Any) -> Any:
    """Return the JSON value in ``text``. Raises LLMInvalidOutput with ``facts``."""
    facts = {"received": True, "partial": text, **facts}
    try:
        value = extract_json(text)
        storable = _storable(value)
    except (ValueError, RecursionError) as error:
        raise LLMInvalidOutput(problems=f"Not valid JSON: {error}.", reason=f"not JSON: {error}", **facts) from None
    if not storable:
        problem = "It holds characters that no text may hold."
        raise LLMInvalidOutput(problems=problem, reason="NUL or surrogate", **facts)
    return value


def parse_output(model: type[M], text: str, /, **facts: Any) -> M:
    """Return ``text`` as a validated ``model``.

    ``facts`` (usage, request_id …) go to the LLMInvalidOutput that is raised if the text is not JSON or not valid.
    """
    facts = {"received": True, "partial": text, **facts}
    first = parse_json(text, **facts)
    wrapped = _is_wrapped(model)
    problem: ValidationError | None = None
    for value in [first, *json_values(text)[1:]]:
        if not _storable(value):
            continue
        if wrapped and isinstance(value, dict) and set(value) == {_WRAPPER}:
            value = value[_WRAPPER]
        try:
            return validate_answer(model, value)
        except ValidationError as error:
            problem = problem or error
    assert problem is not None  # noqa: S101 - the first value was stored or refused
    problems = describe_problems(problem)
    raise LLMInvalidOutput(problems=problems, reason=problems.splitlines()[0], **facts) from problem


def describe_problems(error: ValidationError) -> str:
    """Return the errors of a validation as lines a model can act on."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [f"{'.'.join(str(step) for step in item['loc']) or 'the answer'}: {item['msg']}" for item in found]
    more = len(lines) - _MAX_PROBLEMS
    return "\n".join(lines[:_MAX_PROBLEMS] + ([f"and {more} more"] if more > 0 else []))


def repair_request(request: LLMRequest, error: LLMInvalidOutput) -> LLMRequest:
    """Return ``request`` with the wrong answer and what is wrong with it appended, for the one repair attempt."""
    return request.replace(
        messages=[
            *request.messages,
            Message.assistant(error.partial[:_MAX_ECHO]),
            Message.user(
                "Your answer could not be used. Problems:\n"
                f"{error.problems or 'It is not valid.'}\n"
                "Answer again with the complete corrected JSON and nothing else."
            ),
        ]
    )
