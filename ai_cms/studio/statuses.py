"""How the status of a page and the kind of a version are said and coloured in the studio: shortly, the same everywhere."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from ai_cms.pages.models import PageStatus, RevisionKind

__all__ = ["kept_word", "status_tone", "status_word"]

_TONES: dict[str, str] = {
    PageStatus.DRAFT: "plain",
    PageStatus.LIVE: "good",
    PageStatus.CHANGED: "warn",
    PageStatus.SCHEDULED: "info",
    PageStatus.EXPIRED: "bad",
    PageStatus.DELETED: "bad",
}
_WORDS: dict[str, StrOrPromise] = {
    PageStatus.DRAFT: _("Draft"),
    PageStatus.LIVE: _("Live"),
    PageStatus.CHANGED: _("Changed"),
    PageStatus.SCHEDULED: _("Scheduled"),
    PageStatus.EXPIRED: _("Expired"),
    PageStatus.DELETED: _("Deleted"),
}
#: Why a version was kept.
_KEPT: dict[str, StrOrPromise] = {
    RevisionKind.AUTOSAVE: _("Saved by itself"),
    RevisionKind.MANUAL: _("Saved"),
    RevisionKind.PUBLISH: _("Published"),
    RevisionKind.RESTORE: _("Gone back"),
    RevisionKind.IMPORT: _("Imported"),
    RevisionKind.PROPOSAL: _("Proposal taken"),
    RevisionKind.CONFLICT: _("Refused: someone else was faster"),
}


def status_tone(status: Any) -> str:
    """Return "plain", "good", "warn", "info" or "bad"."""
    return _TONES.get(status, "plain")


def status_word(status: Any) -> StrOrPromise:
    """Return a word or two for a status."""
    found: StrOrPromise = _WORDS.get(status) or status.label
    return found


def kept_word(kind: Any) -> StrOrPromise:
    """Return why a version was kept, in a word or two."""
    return _KEPT.get(kind, str(kind))
