"""The forms of rooms; what is right is decided by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import MemberRole

__all__ = ["AgentMemberForm", "InviteForm", "RoleForm", "RoomForm", "RoomSettingsForm", "TalkSettingsForm"]


class RoomForm(forms.Form):
    """A room."""

    title = forms.CharField(label=_("Name"), max_length=200)
    description = forms.CharField(
        label=_("What it is about"), max_length=2_000, required=False, widget=forms.Textarea({"rows": 3})
    )
    is_public = forms.BooleanField(
        label=_("Public"), required=False, help_text=_("Everybody who is logged in may read the room and join it.")
    )


def _days() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Days to keep"),
        required=False,
        min_value=1,
        max_value=36_500,
        help_text=_("Deleted after so many days without a message. Empty: as the site has it."),
    )


class RoomSettingsForm(RoomForm):
    """What the moderators of a room decide."""

    is_archived = forms.BooleanField(
        label=_("Archived"), required=False, help_text=_("It is listed among what is archived.")
    )
    retention_days = _days()


class TalkSettingsForm(forms.Form):
    """What the owner of a conversation decides."""

    title = forms.CharField(label=_("Name"), max_length=200, required=False)
    folder = forms.CharField(
        label=_("Folder"),
        max_length=200,
        required=False,
        help_text=_("A path such as Work/Letters; empty for none."),
        widget=forms.TextInput({"list": "chat-folders", "autocomplete": "off"}),
    )
    retention_days = _days()


class RoleForm(forms.Form):
    """Another role for a member."""

    member = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    role = forms.ChoiceField(label=_("Role"), choices=MemberRole.choices)


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
