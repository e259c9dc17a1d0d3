"""One's agents: the list, a form with checks while one types, and deletion."""

from __future__ import annotations

import copy
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import get_policy

from .. import get_agent_model
from ..services import check_agent, create_agent, delete_agent, update_agent
from .agent_form import AgentForm
from .visiting import ChatFormPage, ChatPage, ShellPage

__all__ = ["AgentView", "AgentsView", "CheckView", "DeleteAgentView", "NewAgentView"]


class AgentsView(ShellPage):
    """The list."""

    template_name = "ai_cms/chat/agents.html"
    title = gettext_lazy("Your agents")

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        return super().get_context_data(mine=get_agent_model().objects.of(self.request.user), **kwargs)


class _OneAgent(ChatPage):
    def agent(self, key: object) -> Any:
        """Return one of the visitor's agents. Raises Http404."""
        model = get_agent_model()
        found = get_policy(model).visible(self.actor, model.objects.all()).filter(pk=key).first()
        if found is None:
            raise Http404
        return found


class NewAgentView(_OneAgent, ChatFormPage):
    """Make an agent."""

    template_name = "ai_cms/chat/agent.html"
    form_class = AgentForm
    title = gettext_lazy("New agent")
    instance: Any = None

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor, "instance": self.instance}

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        agent = create_agent(actor=self.actor, **data)
        self.notice(_("“%(name)s” is there.") % {"name": agent.name})
        return self.go("agents")


class AgentView(NewAgentView):
    """Change an agent."""

    @cached_property
    def instance(self) -> Any:
        return self.agent(self.kwargs["pk"])

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        if self.instance.is_default:
            # The default is given away, not given up.
            data.pop("is_default")
        update_agent(self.instance, actor=self.actor, **data)
        self.notice(_("Saved."))
        return self.go("agents")

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        return super().get_context_data(**{"title": self.instance.name, "agent": self.instance, **kwargs})


class DeleteAgentView(_OneAgent):
    """Delete an agent; its conversations stay."""

    def post(self, request: HttpRequest, pk: object) -> HttpResponse:
        agent = self.agent(pk)
        delete_agent(agent, actor=self.actor)
        self.notice(_("“%(name)s” is deleted. Its conversations are still there.") % {"name": agent.name})
        return self.go("agents")


class CheckView(_OneAgent):
    """Say what is wrong with the values of a form, before it is sent."""

    def post(self, request: HttpRequest) -> HttpResponse:
        key = self.request.GET.get("agent", "")
        agent = self.agent(self.asked("agent")) if key else None
        form = AgentForm(request.POST, actor=self.actor, instance=agent)
        errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        if not errors:
            trial = copy.copy(agent) if agent is not None else get_agent_model()(owner=request.user)
            for name, value in form.cleaned_data.items():
                setattr(trial, name, value)
            try:
                check_agent(trial)
            except InvalidInput as error:
                errors = {name: [str(text) for text in texts] for name, texts in (error.errors or {}).items()}
        return JsonResponse({"errors": errors})
