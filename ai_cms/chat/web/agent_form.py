"""The form of an agent; what is right is decided by the services, so that it is the same over REST."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ai_cms.core.permissions import Actor
from ai_cms.llm.handler import llms
from ai_cms.llm.tools.registry import available_tools

from .. import get_agent_model
from ..services import offered_tools

__all__ = ["AgentForm"]


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]
    """An agent."""

    llm_provider = forms.ChoiceField(label=_("AI service"))
    tools = forms.MultipleChoiceField(
        label=_("Tools"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What it may use, with your rights. What changes something you are asked about first."),
    )
    is_default = forms.BooleanField(
        label=_("Answers new conversations"), required=False, help_text=_("The default agent; there is always one.")
    )

    class Meta:
        model = get_agent_model()
        fields = [
            "name", "description", "llm_provider", "model", "temperature", "max_tokens", "system_prompt", "personality",
            "tools", "budget", "budget_period", "is_active",
        ]  # fmt: skip
        widgets = {
            "description": forms.Textarea({"rows": 2}),
            "system_prompt": forms.Textarea({"rows": 6}),
            "personality": forms.Textarea({"rows": 2}),
        }

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agent = self.instance
        self.fields["llm_provider"].choices = [(name, name) for name in llms]  # type: ignore[attr-defined]
        offered = available_tools(actor, offered_tools())
        # One that is gone stays to be seen, and to be taken off.
        gone = [name for name in agent.tools if name not in {item.name for item in offered}]
        self.fields["tools"].choices = [  # type: ignore[attr-defined]
            *((item.name, f"{item.name}: {item.description}") for item in offered),
            *((name, name) for name in gone),
        ]
        self.initial.setdefault("is_default", agent.is_default)
        if agent.is_default:
            self.fields["is_default"].disabled = True

    def _post_clean(self) -> None:
        """Leave the row alone: the service looks at the values, under a lock."""
