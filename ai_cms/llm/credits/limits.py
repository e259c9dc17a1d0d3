"""How many calls may be open at once, counted in the database, so that it holds across processes.

A call counts while its lease runs; one whose process was killed stops counting by itself.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from ..conf import gateway_settings
from ..exceptions import LLMBusy
from ..models import CreditAccount, LLMCall
from ..querysets import LLMCallQuerySet
from .ledger import last_granted

__all__ = ["NoAccount", "TooManyCalls", "check_open_calls", "check_open_calls_of"]


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


class NoAccount(Exception):
    """The user has no credit account yet, whose row is the lock under which open calls are counted."""


def check_open_calls(alias: str) -> None:
    """Raise TooManyCalls if one more open call of ``alias`` would be too many, whoever makes it.

    Call it after breaker.admit(), which locks the alias, in the transaction that makes the call.
    """
    limit = gateway_settings.LLM_CALLS_PER_ALIAS
    if limit is not None and _open_calls().filter(alias=alias).count() >= limit:
        raise TooManyCalls(whose="alias")


def check_open_calls_of(
    user: Any, kind: str, alias: str, *, locked: bool, besides: LLMCall | None = None
) -> CreditAccount:
    """As check_open_calls(), and for the open calls of ``user``; return their account, read by the same query.

    It locks the account, so that two requests never count the same free place; ``locked``: holding credits has done so
    already. ``besides``: the call's own row, where it is there already. Raises NoAccount.
    """
    per_user, per_alias = gateway_settings.LLM_CALLS_PER_USER, gateway_settings.LLM_CALLS_PER_ALIAS
    accounts = CreditAccount.objects.filter(user=user, kind=kind)
    if per_user is not None and not locked:
        accounts.update(updated_at=timezone.now())
    calls = _open_calls() if besides is None else _open_calls().exclude(pk=besides.pk)
    account = (
        accounts.annotate(
            granted=last_granted(),
            of_alias=_number(calls.filter(alias=alias), "alias"),
            of_user=_number(calls.filter(user=user), "user"),
        )
        .order_by()
        .first()
    )
    if account is None:
        raise NoAccount
    account.user = user
    if per_alias is not None and account.of_alias >= per_alias:
        raise TooManyCalls(whose="alias")
    if per_user is not None and account.of_user >= per_user:
        raise TooManyCalls(whose="user")
    return account


def _open_calls() -> LLMCallQuerySet[LLMCall]:
    calls: LLMCallQuerySet[LLMCall] = LLMCall.objects.live(timezone.now()).order_by()
    return calls


def _number(calls: LLMCallQuerySet[LLMCall], of: str) -> Coalesce:
    return Coalesce(Subquery(calls.values(of).annotate(number=Count("pk")).values("number")), 0)
