"""The summary that stands in for the beginning of a long conversation; made once, kept with the message it reaches up to."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ai_cms.core.permissions import Actor
from ai_cms.llm import gateway
from ai_cms.llm.exceptions import LLMCancelled, LLMError
from ai_cms.llm.gateway.options import Carrier
from ai_cms.llm.messages import LLMRequest
from ai_cms.llm.messages import Message as Turn

from .conf import chat_settings
from .models import ContextSummary, Message, MessageRole
from .prompts import SUMMARY_PROMPT, fenced

__all__ = ["sum_up"]

logger = logging.getLogger("ai_cms.chat")
#: Characters of the messages that one summary is made of, and tokens it may have.
MOST_CHARACTERS = 60_000
MOST_TOKENS = 800


def sum_up(
    messages: Sequence[Message],
    earlier: ContextSummary | None,
    *,
    agent: Any,
    actor: Actor,
    conversation: Any,
    run: Carrier,
) -> ContextSummary | None:
    """Have a model sum up ``messages`` and what ``earlier`` says; ``None`` where it cannot: then they are only left out.

    Raises LLMCancelled.
    """
    if not messages or not chat_settings.CHAT_SUMMARIES:
        return None
    said = [f"{_who(message)}: {message.content}" for message in messages if message.content]
    text = "\n\n".join([*([f"Before: {earlier.text}"] if earlier else []), *said])[-MOST_CHARACTERS:]
    request = LLMRequest(
        [Turn.system(SUMMARY_PROMPT), Turn.user(fenced(text))],
        model=agent.model,
        max_tokens=MOST_TOKENS,
        payload={"text": text},
    )
    try:
        result = gateway.call(
            request,
            actor=actor,
            alias=agent.llm_provider,
            task="chat_summary",
            target=conversation,
            agent=agent.budget_key,
            run=run,
        )
    except LLMCancelled:
        raise
    except LLMError as error:
        logger.info("A conversation could not be summed up: %s", error.code)
        return None
    made, _created = ContextSummary.objects.update_or_create(
        message=messages[-1],
        defaults={
            "text": result.text,
            "covered": len(messages) + (earlier.covered if earlier else 0),
            "tokens": result.usage.output_tokens,
            "model": result.log.model_answered or result.log.model_asked,
        },
    )
    return made


def _who(message: Message) -> str:
    return "Person" if message.role == MessageRole.USER else "Assistant"
