"""Pages of one kind as a list of their own, with what it can be filtered by."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ai_cms.pages.models import PageStatus
from ai_cms.pages.querysets import status_condition
from ai_cms.pages.rows import RowMaker

from ..links import link
from ..statuses import status_word
from .base import DeskView

__all__ = ["KindView"]

PER_PAGE = 50


class KindView(DeskView):
    """A list of pages of one type. Subclasses say which (``rows``), and what they can be filtered by beside the status."""

    title: Any = ""
    empty: Any = ""

    def rows(self, words: str) -> Any:
        """Return the rows of the type that the person may see and that have all words, in order."""
        raise NotImplementedError(f"{type(self).__name__} has no rows().")

    def selects(self) -> list[dict[str, Any]]:
        """Return further filters: ``{"name", "label", "options": [(value, label)], "value"}``."""
        return []

    def new_url(self) -> str:
        """Return where one of them is begun, "" for whoever may not."""
        return ""

    def get(self, request: HttpRequest) -> HttpResponse:
        words = request.GET.get("q", "").replace("\x00", "")[:200].strip()
        status = request.GET.get("status", "")
        found = self.rows(words)
        condition = status_condition(status, beside_plan=True)
        if condition is not None:
            found = found.filter(condition)
        mine = request.GET.get("mine") == "1"
        if mine:
            found = found.filter(owner=request.user.pk)
        pages = Paginator(found.values_list("pk", flat=True), PER_PAGE).get_page(request.GET.get("page"))
        keys = list(pages.object_list)
        maker = RowMaker(request)
        by_key = {page.pk: maker.row(page) for page in maker.queryset().filter(pk__in=keys)}
        kept = request.GET.copy()
        kept.pop("page", None)
        return self.show(
            "kinds.html",
            self.title,
            rows=[by_key[key] for key in keys if key in by_key],
            pages=pages,
            query=kept.urlencode(),
            words=words,
            mine=mine,
            chosen=status,
            statuses=[
                {"value": value, "label": label, "here": value == status}
                for value, label in [
                    ("", _("All")),
                    *((item.value, status_word(item)) for item in PageStatus if item != PageStatus.DELETED),
                ]
            ],
            selects=self.selects(),
            filtered=bool(kept),
            empty=self.empty,
            new_url=self.new_url(),
            all_url=request.path,
            tree=link("tree"),
        )
