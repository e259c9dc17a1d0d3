"""Credits: what a user may spend, when it is granted, and the ledger that explains the balance.

A text credit pays for ``LLM_TOKENS_PER_CREDIT`` tokens, input and output together, an image credit for one image.
Accounts count in tokens and images, so that the ledger equals what the provider bills to the token; only people are
shown credits. Every change is one conditional UPDATE, and every change of a balance writes the entry that explains it
in the same transaction.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import Conflict, InvalidInput, PermissionRefused
from ai_cms.core.permissions import Actor, ActorLike, get_policy

from ...core.permissions import UserLike
from ..conf import gateway_settings
from ..models import CreditAccount, CreditEntry, CreditKind, EntryKind, LLMCall
from ..signals import credits_granted, credits_running_low

__all__ = [
    "account_for",
    "allowance_of",
    "grant_credits",
    "in_credits",
    "in_units",
    "last_granted",
    "tier_changed",
    "tier_of",
]


def tier_of(user: UserLike) -> str:
    """Return the tier of ``user``: its ``subscription_tier`` where the user model has one, else "free"."""
    return str(getattr(user, "subscription_tier", "") or "free")


def in_units(kind: str, credits: int) -> int:
    """Return how many tokens (text) or images that many credits are."""
    return credits * gateway_settings.LLM_TOKENS_PER_CREDIT if kind == CreditKind.TEXT else credits


def in_credits(kind: str, units: int) -> int:
    """Return how many whole credits that many tokens or images are, rounded down."""
    return units // gateway_settings.LLM_TOKENS_PER_CREDIT if kind == CreditKind.TEXT else units


def rounded(kind: str, units: int) -> int:
    """Return ``units`` rounded up to the step in which tokens are charged."""
    step = 1 if kind == CreditKind.IMAGE else gateway_settings.LLM_CHARGE_STEP
    return -(-units // step) * step


def allowance_of(user: UserLike, kind: str) -> int:
    """Return what ``user`` gets each month, in the unit of the account; unknown tiers get what "free" gets."""
    tiers = gateway_settings.LLM_ALLOWANCES
    amounts = tiers.get(import_string(gateway_settings.LLM_TIER)(user), tiers.get("free", {}))
    return in_units(kind, amounts.get(kind, 0))


def account_for(user: Any, kind: str) -> CreditAccount:
    """Return the account of ``user``, made and with this month's allowance granted where that was due."""
    account, _created = CreditAccount.objects.get_or_create(user=user, kind=kind)
    if not has_allowance(account):
        _grant_allowance(account)
        account.refresh_from_db()
    return account


def has_allowance(account: CreditAccount) -> bool:
    """Return whether this month's allowance has been granted to ``account``."""
    return account.allowance_month == _month()


def tier_changed(user: UserLike) -> None:
    """Grant the difference between this month's allowance and what ``user`` has had of it, after a change of tier."""
    month = _month()
    for kind in CreditKind.values:
        account = account_for(user, kind)
        with transaction.atomic():
            locked = CreditAccount.objects.select_for_update().get(pk=account.pk)
            had = locked.entries.filter(kind=EntryKind.ALLOWANCE, key__startswith=f"allowance:{month}").aggregate(
                total=Sum("amount", default=0)
            )["total"]
            missing = allowance_of(user, kind) - had
            if missing > 0:
                _add(locked, EntryKind.ALLOWANCE, missing, key=f"allowance:{month}:{had + missing}", lapses=True)


def grant_credits(
    *, actor: ActorLike, user: UserLike, kind: str, credits: int, note: str = "", idempotency_key: str = ""
) -> CreditEntry:
    """Give ``user`` credits (a negative number takes them away) and return the entry.

    The same ``idempotency_key`` for the same account grants once; with another amount it raises Conflict. Raises
    PermissionRefused, InvalidInput.
    """
    who = Actor.of(actor)
    if not get_policy(CreditAccount).can(who, "grant"):
        raise PermissionRefused
    if kind not in CreditKind.values:
        raise InvalidInput(errors={"kind": [_("This is not a kind of credits.")]})
    if isinstance(credits, bool) or credits == 0 or abs(credits) > 10**9:
        raise InvalidInput(errors={"credits": [_("Give a whole number other than zero, at most a billion.")]})
    account = account_for(user, kind)
    key = f"grant:{idempotency_key}"[:200] if idempotency_key else None
    amount = in_units(kind, credits)
    try:
        with transaction.atomic():
            entry = _add(account, EntryKind.GRANT, amount, key=key, note=note[:200], created_by=who.account)
    except IntegrityError:
        found = CreditEntry.objects.filter(account=account, key=key).first() if key else None
        if found is None:
            raise
        if found.amount != amount:
            raise Conflict(_("This grant was made before, with another amount."), code="idempotency_conflict") from None
        return found
    transaction.on_commit(lambda: credits_granted.send(CreditEntry, instance=entry, actor=who))
    return entry


def hold(account: CreditAccount, amount: int) -> bool:
    """Reserve ``amount`` for a call if that much is free; return whether it was. Call it in the call's transaction."""
    return _hold(CreditAccount.objects.filter(pk=account.pk), amount)


def hold_of(user: Any, kind: str, amount: int) -> bool:
    """As hold(), without having read the account: false too for a user without one, or before this month's allowance."""
    return _hold(CreditAccount.objects.filter(user=user, kind=kind, allowance_month=_month()), amount)


def _hold(accounts: QuerySet[CreditAccount], amount: int) -> bool:
    enough = accounts.filter(balance__gte=F("reserved") + amount)
    return enough.update(reserved=F("reserved") + amount) == 1


def spend(call: LLMCall, *, released: int, amount: int, tokens: int) -> None:
    """Give back what ``call`` held and charge ``amount``, writing the entry. Call it in the settling transaction."""
    if call.account_id is None:
        return
    CreditAccount.objects.filter(pk=call.account_id).update(
        reserved=F("reserved") - released,
        balance=F("balance") - amount,
        allowance_left=Greatest(F("allowance_left") - amount, Value(0)),
        updated_at=timezone.now(),
    )
    if amount:
        CreditEntry.objects.create(
            account_id=call.account_id, kind=EntryKind.CHARGE, amount=-amount, tokens=tokens, call=call, note=call.task
        )
        if _may_run_low(call, released, amount):
            # Robust: who is told of it may send mail, and no mail server decides about a paid answer.
            transaction.on_commit(lambda: _warn_if_low(call.account_id), robust=True)


def _add(account: CreditAccount, kind: str, amount: int, *, lapses: bool = False, **fields: object) -> CreditEntry:
    # The entry first: its unique key decides whether the balance moves.
    entry = CreditEntry.objects.create(account=account, kind=kind, amount=amount, **fields)
    CreditAccount.objects.filter(pk=account.pk).update(
        balance=F("balance") + amount,
        allowance_left=F("allowance_left") + (amount if lapses else 0),
        low_notified=False,
        updated_at=timezone.now(),
    )
    return entry


def _grant_allowance(account: CreditAccount) -> None:
    month = _month()
    amount = allowance_of(account.user, account.kind)
    with transaction.atomic():
        locked = CreditAccount.objects.select_for_update().get(pk=account.pk)
        # The month is claimed by a compare-and-set; where two come at once, the second finds nothing to do.
        claimed = CreditAccount.objects.filter(pk=account.pk, allowance_month=locked.allowance_month).exclude(
            allowance_month=month
        )
        if not claimed.update(allowance_month=month, allowance_left=0):
            return
        # What open calls hold stays: they began in the old month.
        lapsed = max(0, min(locked.allowance_left, locked.balance - locked.reserved))
        if lapsed:
            _add(locked, EntryKind.LAPSE, -lapsed, key=f"lapse:{month}")
        if amount:
            _add(locked, EntryKind.ALLOWANCE, amount, key=f"allowance:{month}", lapses=True)


def last_granted() -> Subquery:
    """Return a subquery for the newest amount that an account was given."""
    newest = CreditEntry.objects.filter(account=OuterRef("pk"), amount__gt=0).order_by("-created_at", "-pk")
    return Subquery(newest.values("amount")[:1])


def _may_run_low(call: LLMCall, held: int, amount: int) -> bool:
    """Return whether an account may be low once ``amount`` is spent, and all that other calls held when this one was admitted.

    By what was read then, with ``granted`` and with what this one held; where nothing was, it may. A provider may report
    more than was held.
    """
    account = call._state.fields_cache.get("account")
    if account is None or not hasattr(account, "granted"):
        return True
    left = account.balance - account.reserved - max(amount - held, 0)
    return not account.low_notified and _is_low(account, left)


def _is_low(account: Any, left: int) -> bool:
    base = max(allowance_of(account.user, account.kind), account.granted or 0)
    return bool(base) and left * 100 <= base * gateway_settings.LLM_CREDITS_LOW


def _warn_if_low(account_id: Any) -> None:
    accounts = CreditAccount.objects.select_related("user").annotate(granted=last_granted())
    account = accounts.filter(pk=account_id, low_notified=False).first()
    if account is None or not _is_low(account, account.balance):
        return
    percent = gateway_settings.LLM_CREDITS_LOW
    if CreditAccount.objects.filter(pk=account.pk, low_notified=False).update(low_notified=True):
        credits_running_low.send(CreditAccount, instance=account, remaining=account.balance, percent=percent)


def _month() -> str:
    return f"{timezone.localdate():%Y-%m}"
