"""Make, change and delete agents; each person has exactly one default agent once there is any."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import PermissionRefused
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.llm.credits.budgets import remove_budget, set_budget
from ai_cms.llm.credits.ledger import in_units
from ai_cms.llm.exceptions import InvalidLLMBackend
from ai_cms.llm.handler import llms
from ai_cms.llm.models import CreditKind
from ai_cms.llm.tools.registry import tools

from .. import get_agent_model
from ..conf import chat_settings
from ..exceptions import InvalidAgent, TooMany
from ..locks import lock_user
from ..validation import problems_of

__all__ = [
    "check_agent",
    "create_agent",
    "default_agent",
    "delete_agent",
    "offered_tools",
    "store_agent",
    "update_agent",
]


def create_agent(*, actor: ActorLike, is_default: bool = False, **values: Any) -> Any:
    """Make an agent of the actor; the first one becomes the default. Raises InvalidAgent, TooMany, PermissionRefused."""
    who = Actor.of(actor)
    model = get_agent_model()
    get_policy(model).require(who, "add")
    if who.account is None:
        raise PermissionRefused
    agent = model(owner=who.account)
    with transaction.atomic():
        lock_user(who.account)
        mine = model.objects.of(who.account)
        if mine.count() >= chat_settings.CHAT_MAX_AGENTS:
            raise TooMany(chat_settings.CHAT_MAX_AGENTS, _("agents"))
        _assign(agent, values)
        if is_default or (agent.is_active and not mine.filter(is_default=True).exists()):
            _make_default(agent)
        agent.save()
        _keep_budget(agent)
    return agent


def update_agent(agent: Any, *, actor: ActorLike, is_default: bool | None = None, **values: Any) -> Any:
    """Change an agent; fields that are not named stay. Raises InvalidAgent and what permissions raise."""
    policy_for(agent).require(actor, "change", agent)
    with transaction.atomic():
        lock_user(agent.owner)
        agent.refresh_from_db()
        _assign(agent, values)
        if is_default is False and agent.is_default:
            raise InvalidAgent({"is_default": [_("Make another agent the default instead.")]})
        if is_default:
            _make_default(agent)
        elif agent.is_default and not agent.is_active:
            agent.is_default = False
        agent.save()
        _keep_budget(agent)
        _choose_default(agent.owner)
    return agent


def store_agent(agent: Any) -> None:
    """Store an agent that was checked, as the staff have changed it."""
    with transaction.atomic():
        lock_user(agent.owner)
        if agent.is_default and not agent.is_active:
            agent.is_default = False
        agent.save()
        _keep_budget(agent)
        _choose_default(agent.owner)


def delete_agent(agent: Any, *, actor: ActorLike) -> None:
    """Delete an agent; its conversations stay, without one. Raises what permissions raise."""
    policy_for(agent).require(actor, "delete", agent)
    owner = agent.owner
    with transaction.atomic():
        lock_user(owner)
        remove_budget(agent.budget_key)
        agent.delete()
        _choose_default(owner)


def default_agent(*, actor: ActorLike) -> Any:
    """Return the actor's default agent, made if there is none. Raises PermissionRefused."""
    who = Actor.of(actor)
    model = get_agent_model()
    if who.account is None:
        raise PermissionRefused
    found = model.objects.of(who.account).filter(is_default=True).first()
    if found is not None:
        return found
    # A token that only reads makes nothing, so it may ask and gets what it would get otherwise.
    get_policy(model).require(who, "add")
    with transaction.atomic():
        lock_user(who.account)
        found = _choose_default(who.account)
        if found is None:
            found = model(owner=who.account, name=_free_name(who.account), is_default=True)
            found.save()
    return found


def offered_tools() -> list[str]:
    """Return the names of the tools that agents may be given."""
    tools.discover()
    allowed = chat_settings.CHAT_TOOLS
    return [name for name in tools if allowed is None or name in allowed]


def _make_default(agent: Any) -> None:
    if not agent.is_active:
        raise InvalidAgent({"is_default": [_("An agent that is not active cannot be the default.")]})
    # Before the other is set: the database admits one at any moment.
    type(agent).objects.of(agent.owner).filter(is_default=True).exclude(pk=agent.pk).update(is_default=False)
    agent.is_default = True


def _choose_default(owner: Any) -> Any | None:
    """Return the default agent of ``owner``; of several that could be the oldest is made it."""
    mine = get_agent_model().objects.of(owner)
    found = mine.filter(is_default=True).first()
    if found is None:
        found = mine.active().order_by("created_at", "pk").first()
        if found is not None:
            mine.filter(pk=found.pk).update(is_default=True)
            found.is_default = True
    return found


def _free_name(owner: Any) -> str:
    wanted = _("Assistant")
    taken = set(get_agent_model().objects.of(owner).values_list("name", flat=True))
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def _assign(agent: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(agent, name, value)
    check_agent(agent)


def check_agent(agent: Any) -> None:
    """Raise InvalidAgent if the agent is not one that its service can carry out, or has the name of another."""
    problems = problems_of(agent)
    if problems:
        raise InvalidAgent(problems)
    errors = _unsupported(agent)
    if get_agent_model().objects.of(agent.owner).filter(name=agent.name).exclude(pk=agent.pk).exists():
        errors["name"] = [_("You have an agent of this name already.")]
    if errors:
        raise InvalidAgent(errors)


def _unsupported(agent: Any) -> dict[str, list[str]]:
    """Return what the agent's AI service cannot do, by field."""
    if agent.llm_provider not in llms:
        known = ", ".join(llms)
        return {"llm_provider": [_("There is no such AI service. Choose one of: %(known)s.") % {"known": known}]}
    try:
        backend = llms[agent.llm_provider]
    except InvalidLLMBackend:
        # What is wrong is for the staff, who read it in the system checks.
        return {"llm_provider": [_("This AI service is not set up correctly.")]}
    errors: dict[str, list[str]] = {}
    window = backend.context_window
    if agent.max_tokens is not None and window is not None and agent.max_tokens >= window:
        text = _("The model takes %(window)d tokens for question and answer together.")
        errors["max_tokens"] = [text % {"window": window}]
    names = agent.tools
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        errors["tools"] = [_("Give a list of names.")]
        return errors
    agent.tools = list(dict.fromkeys(names))
    unknown = [name for name in agent.tools if name not in offered_tools()]
    if unknown:
        text = _("There is no tool “%(name)s”. Choose from: %(known)s.")
        errors["tools"] = [text % {"name": unknown[0][:100], "known": ", ".join(offered_tools()) or "-"}]
    elif agent.tools and not backend.supports_tools:
        errors["tools"] = [_("This AI service cannot use tools.")]
    return errors


def _keep_budget(agent: Any) -> None:
    if agent.budget is None:
        remove_budget(agent.budget_key)
    else:
        limit = in_units(CreditKind.TEXT, agent.budget)
        set_budget(agent.budget_key, limit, kind=CreditKind.TEXT, period=agent.budget_period)
