"""Answers where no model is set up: honest about it, and made of what was said."""

from __future__ import annotations

from django.utils.translation import gettext as _

from ai_cms.core.jsontypes import JsonMapping
from ai_cms.llm.backends.local import text as local_text
from ai_cms.llm.backends.local.backend import rule
from ai_cms.llm.messages import LLMRequest

__all__ = ["answer", "sum_up"]


@rule("chat")
def answer(request: LLMRequest) -> str:
    """Say that there is no model, and quote what was said that bears on the question."""
    question = str(request.payload.get("question", ""))
    said = [message.text for message in request.messages if message.role in ("user", "tool")]
    notice = _("No AI model is set up on this site, so this answer is not written by one.")
    quoted = local_text.relevant("\n".join(said[:-1]), question)
    if not quoted:
        return notice
    lines = "\n".join(f"> {sentence}" for sentence in quoted)
    return f"{notice}\n\n{_('What was said about it before:')}\n\n{lines}"


@rule("chat_summary")
def sum_up(request: LLMRequest) -> JsonMapping:
    """Return the sentences that say most."""
    return {"summary": local_text.summary(str(request.payload.get("text", "")), 6)}
