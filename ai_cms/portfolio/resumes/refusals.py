"""What a person is told of a suggestion that was refused."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.jsontypes import JsonMapping

__all__ = ["refusal_reason"]

_REASONS = {
    "invented": gettext_lazy("The rows it names do not say: %(words)s."),
    "no_source": gettext_lazy("It names no row for: %(words)s."),
    "unknown_source": gettext_lazy("It names a row that you do not have: %(words)s."),
    "other_entry": gettext_lazy("It tells of this entry what belongs to another: %(words)s."),
    "unknown_place": gettext_lazy("The résumé has no place for it: %(words)s."),
    "twice": gettext_lazy("There is another suggestion for the same place."),
    "not_a_text": gettext_lazy("It is empty, too long or holds characters that no text can."),
    "not_an_order": gettext_lazy("It does not name each item of the list once."),
}


def refusal_reason(refused: JsonMapping) -> str:
    """Return why a suggestion was refused, as a sentence."""
    words = ", ".join(f"“{word}”" for word in refused["words"])
    return _REASONS[refused["code"]] % {"words": words} if refused["code"] in _REASONS else _("It was refused.")
