"""What the fields and choices of payloads are called in forms. A task adds its own by ``labels``."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

__all__ = ["choice_label", "field_label"]

FIELDS: Mapping[str, Promise] = {
    "audience": _("Audience"),
    "blocks": _("Blocks"),
    "brief": _("Brief"),
    "context": _("Context"),
    "count": _("How many"),
    "file_name": _("File name"),
    "goal": _("Goal"),
    "html": _("The text is HTML"),
    "instruction": _("What to change"),
    "job": _("Job advertisement"),
    "language": _("Language"),
    "length": _("Length"),
    "max_length": _("Characters at most"),
    "name": _("Name"),
    "notes": _("Notes"),
    "resume": _("Résumé"),
    "role": _("Role"),
    "sentences": _("Sentences"),
    "technologies": _("Technologies"),
    "text": _("Text"),
    "title": _("Title"),
    "tone": _("Tone"),
}
CHOICES: Mapping[str, Promise] = {
    "confident": _("confident"),
    "formal": _("formal"),
    "freelance": _("find clients"),
    "friendly": _("friendly"),
    "job": _("find a job"),
    "long": _("long"),
    "longer": _("longer"),
    "medium": _("medium"),
    "neutral": _("neutral"),
    "personal": _("personal"),
    "plain": _("plain"),
    "playful": _("playful"),
    "same": _("about the same"),
    "short": _("short"),
    "shorter": _("shorter"),
}


def field_label(name: str, labels: Mapping[str, str | Promise]) -> str | Promise:
    """Return what a payload field is called: as the task says, as it is called everywhere, or its name in words."""
    return labels.get(name) or FIELDS.get(name) or name.replace("_", " ").capitalize()


def choice_label(value: object) -> str | Promise:
    """Return what a choice is called."""
    return CHOICES.get(str(value)) or str(value).replace("_", " ")
