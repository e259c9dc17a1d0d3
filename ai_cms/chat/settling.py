"""What a run leaves behind that ended before its answers did: stopped, failed, or its process was killed."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Sum

from ai_cms.core.jsontypes import JsonObject
from ai_cms.llm.models import AILog, Run, RunEvent, RunStatus

from .answering import HANDLER
from .citing import kept_citations
from .locks import lock_conversation, next_change
from .models import ApprovalStatus, Message, MessageStatus, ToolApproval

__all__ = ["settle_run", "settle_when_finished"]


def settle_when_finished(sender: object, instance: Run, **kwargs: Any) -> None:
    """Receive ``run_finished``."""
    if instance.handler == HANDLER:
        settle_run(instance)


def settle_run(run: Run) -> int:
    """Close the answers that the finished ``run`` left open, with the text they had; return their number."""
    first = Message.objects.open().filter(run=run).first()
    if first is None:
        return 0
    with transaction.atomic():
        conversation = lock_conversation(first.conversation_id)
        left = list(Message.objects.open().filter(run=run).order_by("number"))
        for message in left:
            begun = message.status in (MessageStatus.STREAMING, MessageStatus.WAITING)
            if message.status == MessageStatus.STREAMING:
                message.content += run.text[message.run_offset :]
                message.citations = kept_citations(message, _cited(run))
                message.tokens_used = max(message.tokens_used, _tokens(run)) if message is left[0] else 0
            message.status = _status(run, message, begun)
            message.error_code, message.error_detail = run.error_code, run.error_detail
            message.change = next_change(conversation)
            message.save(
                update_fields=[
                    "content", "citations", "tokens_used", "status", "error_code", "error_detail", "change", "updated_at",
                ]
            )  # fmt: skip
        waiting = ToolApproval.objects.filter(message__in=left, status=ApprovalStatus.PENDING)
        waiting.update(status=ApprovalStatus.EXPIRED)
    return len(left)


def _status(run: Run, message: Message, begun: bool) -> str:
    if run.status == RunStatus.CANCELLED:
        return MessageStatus.STOPPED
    kept = begun and bool(message.content.strip() or message.rounds)
    return MessageStatus.INTERRUPTED if kept or run.status == RunStatus.INTERRUPTED else MessageStatus.FAILED


def _cited(run: Run) -> list[JsonObject]:
    rows = RunEvent.objects.filter(run=run, type="citation").order_by("seq")
    return list(rows.values_list("data", flat=True))


def _tokens(run: Run) -> int:
    sums = AILog.objects.filter(call__run=run).aggregate(
        total=Sum("tokens_in", default=0) + Sum("tokens_out", default=0)
    )
    return int(sums["total"])
