"""Search and filters of the page list; with any of them set the tree becomes a flat list."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from .models import PageStatus, Revision, Site
from .querysets import PageQuerySet, status_condition
from .rows import visible_pages
from .services import page_types

__all__ = ["PageFilters"]

ORDERINGS = {
    "": ["tree_id", "lft"],
    "title": ["title", "pk"],
    "updated": ["-updated_at", "-pk"],
    "created": ["-created_at", "-pk"],
}
#: So many drafts with the words in their documents are looked at, the newest first: words are names of properties too.
MAX_READ = 500


def pages_with(request: HttpRequest, words: list[str]) -> set[int]:
    """Return the visible pages whose title, path or draft has every word."""
    rows = visible_pages(request).non_polymorphic().order_by()
    named = rows
    for word in words:
        named = named.filter(Q(title__icontains=word) | Q(path__icontains=word))
    found = set(named.values_list("pk", flat=True))
    inside = rows.annotate(aicms_text=Cast("content_json", TextField()))
    for word in words:
        # As JSON has it, and as HTML in JSON.
        written = {json.dumps(text, ensure_ascii=False)[1:-1] for text in (word, escape(word), _in_html(word))}
        condition = Q(title__icontains=word) | Q(path__icontains=word)
        for text in written:
            condition |= Q(aicms_text__icontains=text)
        inside = inside.filter(condition)
    wanted = [word.casefold() for word in words]
    newest = inside.exclude(pk__in=found).order_by("-updated_at", "-pk")
    for page in newest.only("pk", "title", "path", "content_json")[:MAX_READ]:
        text = f"{page.title}\n{page.path}\n{page.content_json.text()}".casefold()
        if all(word in text for word in wanted):
            found.add(page.pk)
    return found


def _in_html(word: str) -> str:
    """Return a word as the sanitiser writes it: quotes stay as they are."""
    return word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class PageFilters(forms.Form):
    """The filters, offering only what occurs among the pages the user sees."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)
    status = forms.ChoiceField(label=_("Status"), required=False)
    type = forms.ChoiceField(label=_("Type"), required=False)
    locale = forms.ChoiceField(label=_("Language"), required=False)
    site = forms.ChoiceField(label=_("Site"), required=False)
    mine = forms.BooleanField(label=_("Changed by me"), required=False)
    order = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[
            ("", _("As in the tree")),
            ("title", _("Title")),
            ("updated", _("Newest change first")),
            ("created", _("Newest page first")),
        ],
    )

    def __init__(self, request: HttpRequest, data: Any) -> None:
        super().__init__(data)
        self.request = request
        self.label_suffix = ""
        everything = ("", _("All"))
        visible = visible_pages(request).non_polymorphic().order_by()
        sites = Site.objects.filter(pk__in=visible.values("site")).order_by("name")
        choices: dict[str, list[tuple[str, Any]]] = {
            "status": [(value, label) for value, label in PageStatus.choices if value != PageStatus.DELETED],
            "type": [(name, str(model._meta.verbose_name)) for name, model in page_types().items()],
            "locale": [(code, code) for code in visible.order_by("locale").values_list("locale", flat=True).distinct()],
            "site": [(str(site.pk), site.name) for site in sites],
        }
        for name, found in choices.items():
            field: Any = self.fields[name]
            field.choices = [everything, *found]
            # A choice of one is none.
            if len(found) < 2:
                del self.fields[name]

    @property
    def active(self) -> bool:
        """Whether anything is searched for or filtered by, so that the list is flat."""
        return (self.is_valid() and any(value for value in self.cleaned_data.values())) or bool(self.errors)

    @property
    def narrowed(self) -> bool:
        """Whether any filter beside the search is set."""
        return self.is_valid() and any(value for name, value in self.cleaned_data.items() if name != "q")

    def apply(self, rows: PageQuerySet) -> PageQuerySet:
        """Return the rows that fit; none for filters that are not among those offered."""
        if not self.is_valid():
            return rows.none()
        values = self.cleaned_data
        words = values.get("q", "").split()[:16]
        if words:
            rows = rows.filter(pk__in=pages_with(self.request, words))
        condition = status_condition(values.get("status") or "", beside_plan=True)
        if condition is not None:
            rows = rows.filter(condition)
        if values.get("type"):
            rows = rows.of_type(page_types()[values["type"]])
        if values.get("locale"):
            rows = rows.filter(locale=values["locale"])
        if values.get("site"):
            rows = rows.filter(site_id=int(values["site"]))
        if values.get("mine"):
            own = Revision.objects.filter(page_id=OuterRef("pk"), author=self.request.user.pk)
            rows = rows.filter(Exists(own))
        return rows.order_by(*ORDERINGS[values.get("order") or ""])
