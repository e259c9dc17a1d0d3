"""What the AI log forgets after a while: texts go, figures stay."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from .conf import gateway_settings
from .models import AILog, LLMCall

__all__ = ["forget_texts"]

_BATCH = 1000


def forget_texts() -> int:
    """Clear prompts and outputs older than ``LLM_LOG_RETENTION_DAYS``; return the number of log entries changed."""
    days = gateway_settings.LLM_LOG_RETENTION_DAYS
    if days is None:
        return 0
    limit = timezone.now() - timedelta(days=days)
    old = AILog.objects.filter(created_at__lt=limit).filter(~Q(output="") | ~Q(prompt=[]) | ~Q(error_detail=""))
    forgotten = 0
    while ids := list(old.order_by().values_list("pk", flat=True)[:_BATCH]):
        forgotten += AILog.objects.filter(pk__in=ids).update(prompt=[], output="", error_detail="")
    LLMCall.objects.filter(created_at__lt=limit, result__isnull=False).update(result=None)
    return forgotten
