"""Which acts are meant: those of a run, a call, a token or an agent, since a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.llm.models import AILog

from ..exceptions import NothingSelected
from ..models import Act

__all__ = ["Selection", "acts_of"]


@dataclass(frozen=True)
class Selection:
    """``run``: id of a run. ``call``: id of a logged call (of the log, or of the call itself). ``token``: key of an API token.
    ``agent``: name or key of an agent. Several narrow one another. ``since``, ``until``: from when and up to when."""

    run: str = ""
    call: str = ""
    token: str = ""
    agent: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def to_json(self) -> JsonObject:
        """Return what is set, for reports."""
        found: JsonObject = {
            name: value for name in ("run", "call", "token", "agent") if (value := getattr(self, name))
        }
        for name in ("since", "until"):
            if (moment := getattr(self, name)) is not None:
                found[name] = moment.isoformat()
        return found

    def condition(self) -> Q:
        """Return the condition on acts. Raises NothingSelected."""
        if not (self.run or self.call or self.token or self.agent):
            raise NothingSelected
        where = Q()
        if self.run:
            # A writing task's call is logged with its run; its proposals name the call.
            calls = AILog.objects.filter(call__run_id=self.run) if _is_uuid(self.run) else AILog.objects.none()
            where &= Q(run=self.run) | Q(call__in=[str(pk) for pk in calls.values_list("pk", flat=True)])
        if self.call:
            names = {self.call}
            if _is_uuid(self.call):
                names |= {str(pk) for pk in AILog.objects.filter(call_id=UUID(self.call)).values_list("pk", flat=True)}
            where &= Q(call__in=names)
        if self.token:
            where &= Q(token=self.token)
        if self.agent:
            where &= Q(agent=self.agent) | Q(agent_key=self.agent)
        if self.since is not None:
            where &= Q(at__gte=self.since)
        if self.until is not None:
            where &= Q(at__lte=self.until)
        return where


def _is_uuid(text: str) -> bool:
    return len(text.replace("-", "")) == 32 and all(char in "0123456789abcdefABCDEF-" for char in text)


def acts_of(selection: Selection, actor: Actor) -> QuerySet[Act]:
    """Return the acts that are meant and not undone yet, of those that ``actor`` may see, the newest first."""
    rows = Act.objects.filter(selection.condition(), undo=None)
    return get_policy(Act).visible(actor, rows).order_by("-pk")
