"""The forms of rooms; what is right is decided by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import MemberRole

__all__ = ["AgentMemberForm", "InviteForm", "RoomForm"]


class RoomForm(forms.Form):
    """A room."""

    title = forms.CharField(label=_("Name"), max_length=200)
    description = forms.CharField(
        label=_("What it is about"), max_length=2_000, required=False, widget=forms.Textarea({"rows": 3})
    )
    is_public = forms.BooleanField(
        label=_("Public"), required=False, help_text=_("Everybody who is logged in may read the room and join it.")
    )


class InviteForm(forms.Form):
    """Somebody to ask in."""

    user = forms.CharField(label=_("User name or e-mail address"), max_length=254)
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[(value, label) for value, label in MemberRole.choices if value != MemberRole.OWNER],
        initial=MemberRole.MEMBER,
    )


class AgentMemberForm(forms.Form):
    """An agent of one's own to let in."""

    agent: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_("One of your agents"), queryset=None, empty_label=None
    )

    def __init__(self, *args: Any, agents: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agent"].queryset = agents  # type: ignore[attr-defined]
