"""Conversations from elsewhere: a file, and what came of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..services import Imported, import_file
from .visiting import ChatFormPage

__all__ = ["ImportForm", "ImportView"]

#: Lines about what was left out that one page shows.
MOST_LINES = 200


class ImportForm(forms.Form):
    """An export file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "The ZIP archive or conversations.json of ChatGPT, or an export of LibreChat or of this site."
        ),
        widget=forms.ClearableFileInput({"accept": ".json,.zip,application/json,application/zip"}),
    )


class ImportView(ChatFormPage):
    """Take in a file, once however often it comes."""

    template_name = "ai_cms/chat/import.html"
    form_class = ImportForm
    title = gettext_lazy("Take in conversations")
    submit = gettext_lazy("Take in")

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        done = import_file(data["file"], actor=self.actor)
        if not done.dropped:
            self.notice(_told(done))
            return self.go("index")
        context = self.get_context_data(form=ImportForm(), told=_told(done), dropped=done.dropped[:MOST_LINES])
        return self.render_to_response(context)


def _told(done: Imported) -> str:
    """Return a sentence about what came of a file."""
    count = len(done.created)
    told = ngettext("%(count)d conversation was taken in.", "%(count)d conversations were taken in.", count)
    told %= {"count": count}
    if done.unchanged:
        told += " " + _("Already there: %(count)d.") % {"count": done.unchanged}
    return told
