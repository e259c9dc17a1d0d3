"""How many calls may be open at once, counted in the database, so that it holds across processes.

A call counts while its lease runs; one whose process was killed stops counting by itself.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from ..conf import gateway_settings
from ..exceptions import LLMBusy
from ..models import CreditAccount, LLMCall

__all__ = ["TooManyCalls", "check_open_calls"]


class TooManyCalls(LLMBusy):
    """The user, or everybody together, has as many calls open as allowed; ``whose`` is "user" or "alias"."""

    status_code = 429
    default_code = "ai_too_many_calls"
    default_detail = "There are too many AI requests at once. Try again in a moment."
    default_retryable = False
    counts_as_failure = False

    def __init__(self, *, whose: str, **options: Any) -> None:
        self.whose = whose
        super().__init__(retry_after=5, reason=f"open calls of the {whose}", **options)


def check_open_calls(
    alias: str,
    account: CreditAccount | None,
    user: Any,
    *,
    locked: bool = False,
    besides: LLMCall | None = None,
) -> None:
    """Raise TooManyCalls if one more open call would be too many.

    Call it inside the transaction that makes the call, after breaker.admit(), which locks the alias; this locks the
    user's account, so that two requests never count the same free place. ``locked``: holding credits has done so already.
    ``besides``: the call's own row, where it is there already.
    """
    now = timezone.now()
    per_user, per_alias = gateway_settings.LLM_CALLS_PER_USER, gateway_settings.LLM_CALLS_PER_ALIAS
    counts_user = per_user is not None and user is not None
    if per_alias is None and not counts_user:
        return
    if counts_user and account is not None and not locked:
        CreditAccount.objects.filter(pk=account.pk).update(updated_at=now)
    mine = Q(user=user) if counts_user else Q(pk__in=())
    others = LLMCall.objects.live(now) if besides is None else LLMCall.objects.live(now).exclude(pk=besides.pk)
    open_calls = others.aggregate(of_alias=Count("pk", Q(alias=alias)), of_user=Count("pk", mine))
    if per_alias is not None and open_calls["of_alias"] >= per_alias:
        raise TooManyCalls(whose="alias")
    if per_user is not None and counts_user and open_calls["of_user"] >= per_user:
        raise TooManyCalls(whose="user")
