"""Answers without a model: by rules, from the content given, the same each time.

It is what a site has before anybody enters a key, and what a demonstration runs on. It is honest about it: results
carry the provenance "rules", a task without a rule is refused, and in a conversation it says that no model is set up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from pydantic import BaseModel

from ai_cms.core.registry import Registry
from ai_cms.llm.exceptions import LLMUnsupported
from ai_cms.llm.messages import LLMRequest, LLMResponse
from ai_cms.llm.tokens import estimate_usage

from ....core.jsontypes import JsonMapping
from ..base import BaseLLMBackend
from . import text as local_text

__all__ = ["LocalBackend", "Rule", "rule", "rules"]

Rule = Callable[[LLMRequest], "str | JsonMapping | BaseModel"]

rules: Registry[Rule] = Registry("local rule")


def rule(task: str, *, replace: bool = False) -> Callable[[Rule], Rule]:
    """Register a function of the request as the rule for ``task``.

    It returns a text, or for a task with a ``response_model`` an object of it or a dict that it accepts. ``replace``:
    put it in the place of an earlier rule instead of raising AlreadyRegistered.
    """

    def register(function: Rule) -> Rule:
        if replace and task in rules:
            rules.unregister(task)
        return rules.register(task, function)

    return register


class LocalBackend(BaseLLMBackend):
    """Rules instead of a model; ``LLMRequest.task`` chooses the rule and ``LLMRequest.payload`` is its data."""

    supports_structured = True
    makes_real_calls = False
    provenance = "rules"

    def _generate(self, request: LLMRequest) -> LLMResponse:
        found = rules.get(request.task) if request.task else None
        if found is not None:
            answer = found(request)
        elif request.structured:
            raise LLMUnsupported(
                _("Without an AI model this site cannot do this."),
                reason=f"no local rule for the task {request.task!r}",
            )
        else:
            answer = _conversation(request)
        text = _as_text(answer, structured=request.structured)
        limit = (request.max_tokens or 0) * 4
        truncated = not request.structured and 0 < limit < len(text)
        return LLMResponse(
            text=local_text.shorten(text, limit) if truncated else text,
            usage=estimate_usage(request, text),
            finish_reason="length" if truncated else "stop",
            model=request.model or self.model or "rules",
        )


def _as_text(answer: object, *, structured: bool) -> str:
    if isinstance(answer, BaseModel):
        answer = answer.model_dump(mode="json")
    if structured:
        return json.dumps(answer, ensure_ascii=False)
    return answer if isinstance(answer, str) else _readable(answer)


def _readable(value: object) -> str:
    """Return a rule's result as text for a reader."""
    if isinstance(value, Mapping):
        return local_text.joined([_readable(item) for item in value.values()])
    if isinstance(value, (list, tuple)):
        return "\n".join(_readable(item) for item in value)
    return str(value)


def _conversation(request: LLMRequest) -> str:
    """Say that there is no model, and quote what was given that bears on the question."""
    users = [message for message in request.messages if message.role == "user"]
    question = users[-1].text if users else ""
    material = [message.text for message in request.messages if message.role in ("tool", "system")]
    material += [message.text for message in users[:-1]]
    material += [value for value in request.payload.values() if isinstance(value, str)]
    notice = _("No AI model is set up on this site, so this answer is not written by one.")
    quoted = local_text.relevant("\n".join(material), question)
    if not quoted:
        return notice
    lines = "\n".join(f"> {sentence}" for sentence in quoted)
    return f"{notice}\n\n{_('What was given says about it:')}\n\n{lines}"


def _text(request: LLMRequest) -> str:
    """Return the text a task is about: from the payload, else the last message of the user."""
    for name in ("text", "content", "html", "brief"):
        value = request.payload.get(name)
        if isinstance(value, str) and value.strip():
            return value
    users = [message.text for message in request.messages if message.role == "user"]
    return users[-1] if users else ""


def _number(request: LLMRequest, name: str, default: int) -> int:
    value = request.payload.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default


def _given(request: LLMRequest, name: str) -> str:
    value = request.payload.get(name)
    return value if isinstance(value, str) else ""


@rule("summarise")
def summarise(request: LLMRequest) -> JsonMapping:
    return {"summary": local_text.summary(_text(request), _number(request, "sentences", 3))}


@rule("excerpt")
def excerpt(request: LLMRequest) -> JsonMapping:
    return {"excerpt": local_text.shorten(local_text.plain(_text(request)), _number(request, "max_length", 280))}


@rule("keywords")
def keywords(request: LLMRequest) -> JsonMapping:
    return {"keywords": local_text.keywords(_text(request), _number(request, "count", 8))}


@rule("seo")
def seo(request: LLMRequest) -> JsonMapping:
    text = _text(request)
    return {
        "title": local_text.seo_title(text, _given(request, "title")),
        "description": local_text.seo_description(text),
        "keywords": local_text.keywords(text, _number(request, "count", 8)),
    }


@rule("headlines")
def headlines(request: LLMRequest) -> JsonMapping:
    return {"headlines": local_text.headlines(_text(request), _given(request, "title"), _number(request, "count", 5))}


@rule("outline")
def outline(request: LLMRequest) -> JsonMapping:
    sections = local_text.outline(_text(request))
    return {"sections": [{"heading": heading, "text": local_text.joined(texts)} for heading, texts in sections]}


@rule("alt_text")
def alt_text(request: LLMRequest) -> JsonMapping:
    return {"alt": local_text.alt_text(_given(request, "file_name"), _given(request, "context"))}


@rule("proofread")
def proofread(request: LLMRequest) -> JsonMapping:
    return {"text": local_text.proofread(_text(request))}
