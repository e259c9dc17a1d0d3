"""An answer whose process is killed: in a process of its own, on the database of the test."""

from __future__ import annotations

import os
import signal
from typing import Any

__all__ = ["chat_report", "die_in_chat"]


def die_in_chat(user_name: str, words: int) -> dict[str, Any]:
    """Send a message to a model, in the thread pool, and be killed when so many of its words have been shown."""
    import time

    from django.contrib.auth import get_user_model

    from ai_cms.chat.services import create_conversation, send_message
    from ai_cms.llm.handler import llms
    from ai_cms.llm.runs.context import RunContext

    backend: Any = llms["default"]
    backend.answer, backend.delay = "one two three four five six", 0.02
    shown = RunContext.text
    count = 0

    def text(self: RunContext, piece: str) -> None:
        nonlocal count
        shown(self, piece)
        count += 1
        if count == words:
            self.events.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    RunContext.text = text  # type: ignore[method-assign]
    user = get_user_model().objects.get_or_create(username=user_name)[0]
    send_message(create_conversation(actor=user), "Count, please.", actor=user)
    time.sleep(30)
    return {"survived": True}


def chat_report(user_name: str) -> dict[str, Any]:
    """Return what there is of the user's messages, calls and credits."""
    from django.contrib.auth import get_user_model

    from ai_cms.chat.models import Message
    from ai_cms.llm.credits.ledger import account_for
    from ai_cms.llm.models import CreditEntry, LLMCall

    user = get_user_model().objects.get(username=user_name)
    rows = Message.objects.filter(conversation__owner=user).select_related("run").order_by("number")
    account = account_for(user, "text")
    return {
        "messages": [[row.role, row.status, row.live_content, row.error_code] for row in rows],
        "reserved": account.reserved,
        "open": LLMCall.objects.open().filter(user=user).count(),
        "charges": CreditEntry.objects.filter(account=account, kind="charge").count(),
    }
