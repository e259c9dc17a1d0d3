"""Agents of others: programs that act for their owner under a name of their own.

What one may do is what its token, its own limits, its owner and the site (``AI_CMS["AGENT_SCOPES"]``) all allow. ``propose`` is
what it gets unless somebody names more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from .conf import core_settings
from .exceptions import InvalidInput, LimitExceeded
from .limits import check_limit
from .models import AgentAccount, ApiToken
from .permissions import reach_of, scopes_up_to
from .tokens import create_token

__all__ = ["admit_token", "create_agent", "create_agent_token", "mark_outside", "release_from_outside", "stop_agent"]


def create_agent(
    owner: Any,
    *,
    name: str,
    scope: str = "propose",
    subtrees: Iterable[int] = (),
    block_types: Iterable[str] = (),
    rate_per_minute: int = 120,
    max_calls: int | None = None,
    expires_at: datetime | None = None,
) -> AgentAccount:
    """Make an agent that acts for ``owner``.

    ``subtrees``: keys of the pages it keeps to, with all below them, and ``block_types``: what it may write; empty for all that
    the owner may. Raises InvalidInput for a scope that agents cannot have, no name, and an expiry in the past.
    """
    errors: dict[str, list[Any]] = {}
    allowed = reach_of(core_settings.AGENT_SCOPES)
    if scope not in allowed:
        names = ", ".join(allowed)
        errors["scope"] = [_("On this site agents may have: %(names)s.") % {"names": names}]
    if not name.strip():
        errors["name"] = [_("An agent needs a name.")]
    if expires_at is not None and expires_at <= timezone.now():
        errors["expires_at"] = [_("The expiry must be in the future.")]
    if rate_per_minute < 1:
        errors["rate_per_minute"] = [_("At least one request a minute.")]
    if errors:
        raise InvalidInput(errors=errors)
    return AgentAccount.objects.create(
        name=name.strip()[:80],
        owner=owner,
        scope=scope,
        subtrees=sorted(set(subtrees)),
        block_types=sorted(set(block_types)),
        rate_per_minute=rate_per_minute,
        max_calls=max_calls,
        expires_at=expires_at,
    )


def create_agent_token(agent: AgentAccount, *, name: str = "") -> tuple[ApiToken, str]:
    """Make a token of an agent and return it with its secret, which cannot be had again. It ends with the agent."""
    return create_token(agent.owner, scopes=scopes_up_to(agent.scope), name=name or agent.name, agent=agent)


def stop_agent(agent: AgentAccount) -> None:
    """End an agent with all its tokens, from the next request on."""
    if agent.stopped_at is None:
        agent.stopped_at = timezone.now()
        agent.save(update_fields=["stopped_at"])


def admit_token(token: ApiToken) -> None:
    """Count one request of the token's agent, if it has one. Raises LimitExceeded over its rate or its budget of requests."""
    agent = token.agent
    if agent is None:
        return
    check_limit("agent", str(agent.pk), agent.rate_per_minute, 60)
    if agent.max_calls is None:
        return
    within = AgentAccount.objects.filter(pk=agent.pk, calls__lt=F("max_calls"))
    if not within.update(calls=F("calls") + 1):
        raise LimitExceeded(
            _("The agent has made all the requests it may. Its owner can raise the limit."), code="agent_budget_used"
        )


def mark_outside(token: ApiToken, source: str) -> None:
    """Have the token's agent (or the token, without one) only propose for a while: it has read text from outside.

    ``source``: where the text stood, for the people who look after it. Each further reading begins the while anew.
    """
    now = timezone.now()
    window = timedelta(seconds=core_settings.AGENT_OUTSIDE_SECONDS)
    until = now + window
    marked: Any = token.agent or token
    # Written once in a while, not with every reading.
    if marked.outside_until is None or marked.outside_until < until - window / 10:
        type(marked).objects.filter(pk=marked.pk).update(outside_until=until, outside_source=source[:200])
        marked.outside_until, marked.outside_source = until, source[:200]


def release_from_outside(agent: AgentAccount) -> None:
    """Let an agent write again at once; for a person who has looked at what it read."""
    AgentAccount.objects.filter(pk=agent.pk).update(outside_until=None, outside_source="")
    agent.outside_until, agent.outside_source = None, ""
