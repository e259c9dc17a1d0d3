"""Choose a page: a text field with suggestions, limited to what the user may see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from .. import get_page_model
from ..rows import search_pages, visible_pages
from .base import MAX_ID, page_url

if TYPE_CHECKING:
    from ..models import AbstractPage

__all__ = ["PageChoiceField", "PageInput", "label_of"]

_NUMBER = re.compile(r"(?:.*\()?#?(\d{1,19})\)?\s*", re.DOTALL)
SUGGESTIONS = 30


def label_of(page: AbstractPage) -> str:
    """Return how a page is written in the field: its path, and its number, which is what counts."""
    return f"{page.path} (#{page.pk})"


class PageInput(forms.TextInput):
    """A text field with a list of suggestions, which a script fetches while one types."""

    template_name = "admin/ai_cms_pages/includes/page_input.html"

    def __init__(self, request: HttpRequest, site_name: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", "class": "vTextField", **(attrs or {})})
        self.request = request
        self.site_name = site_name

    def get_context(self, name: str, value: object, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        widget["list_id"] = f"{widget['attrs'].get('id', name)}_pages"
        widget["source"] = page_url(self.site_name, "choose")
        widget["pages"] = [(label_of(page), page.title) for page in search_pages(self.request, "")[:SUGGESTIONS]]
        return context


class PageChoiceField(forms.CharField):
    """Take a page's number, its path, or both as the suggestions write them; clean to the page.

    A page the user may not see answers exactly like one that does not exist. ``keep``: a page that may stay although the
    user does not see it.
    """

    default_error_messages = {
        "unknown": gettext_lazy("There is no such page. Type a part of its title or path and choose one."),
    }

    def __init__(self, *, request: HttpRequest, site_name: str, keep: Any = None, **kwargs: Any) -> None:
        self.request = request
        self.keep = keep
        kwargs.setdefault("help_text", gettext_lazy("Type a part of the title or of the path and choose a suggestion."))
        super().__init__(widget=PageInput(request, site_name), **kwargs)

    def prepare_value(self, value: object) -> Any:
        if isinstance(value, int):
            found = visible_pages(self.request).filter(pk=value).order_by().first()
            return label_of(found) if found is not None else ""
        return label_of(value) if isinstance(value, get_page_model()) else value

    def clean(self, value: object) -> Any:
        text = str(super().clean(value)).strip()
        if not text:
            return None
        pages = visible_pages(self.request)
        match = _NUMBER.fullmatch(text)
        if match is not None and int(match[1]) <= MAX_ID:
            found = pages.filter(pk=int(match[1])).order_by().first()
        elif text.startswith("/"):
            found = pages.filter(path=f"/{text.strip('/')}/" if text.strip("/") else "/").order_by("pk").first()
        else:
            # A title that only one page has is as good as its number.
            same = list(pages.filter(title__iexact=text).order_by()[:2])
            found = same[0] if len(same) == 1 else None
        if found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return found

    def has_changed(self, initial: object, data: object) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))
