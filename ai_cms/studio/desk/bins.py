"""The bin: bring back what was deleted, or delete it for good once one has seen what goes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ai_cms.core.exceptions import NotFound, RequestRefused
from ai_cms.core.web import PlainForm, refusal_texts
from ai_cms.pages.exceptions import PathTakenByRoute, SlugTaken
from ai_cms.pages.models import AbstractPage
from ai_cms.pages.rows import LEVEL_SIZE, RowMaker, short, visible_pages
from ai_cms.pages.services import purge_page, restore_page

from ..links import link
from .base import DeskView

__all__ = ["BinView", "PurgeView", "RestoreView"]

#: Pages that the question names; the others are counted.
NAMED = 12


class BinPage(DeskView):
    """A view of the bin."""

    room = "bin"

    def gone(self, pk: int, action: str) -> AbstractPage:
        """Return a page of the bin. Raises NotFound, PermissionRefused."""
        page = self.page(pk, action, deleted=True)
        if page.deleted_at is None:
            raise NotFound
        return page


class BinView(BinPage):
    """What was deleted: of each deletion the page at the top, which brings the others back."""

    def get(self, request: HttpRequest) -> HttpResponse:
        maker = RowMaker(request)
        pages = Paginator(maker.bin(), LEVEL_SIZE).get_page(request.GET.get("page"))
        listed = [
            {
                "page": page,
                "below": page.number_below,
                "may_restore": self.may("restore", maker.typed(page)),
                "may_purge": self.may("purge", maker.typed(page)),
            }
            for page in pages.object_list
        ]
        return self.show("bin.html", _("Bin"), listed=listed, pages=pages, query="")


class SlugForm(PlainForm):
    """Another slug, where a new page has taken the old one."""

    slug = forms.CharField(label=gettext_lazy("Last part of the address"), max_length=100)


class RestoreView(BinPage):
    """Bring a page back as it was, with what was deleted together with it."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.gone(pk, "restore")
        slug = request.POST.get("slug", "").strip()[:100]
        try:
            restored = restore_page(page, actor=self.actor, slug=slug)
        except (SlugTaken, PathTakenByRoute) as error:
            if slug:
                return self._other_address(page, SlugForm({"slug": slug}), error)
            return self._other_address(page, SlugForm({"slug": f"{page.slug[:90]}-2"}), None)
        except RequestRefused as error:
            if self.too_large(error):
                return self.later("restore", page, slug=slug)
            return self.not_done(error, then=link("bin"))
        text = _("“%(title)s” is back as it was.") % {"title": short(restored.title, 60)}
        return self.told(text, then=link("bin"), undo={"undo": "bin", "page": restored.pk})

    def _other_address(self, page: AbstractPage, form: SlugForm, error: RequestRefused | None) -> HttpResponse:
        form.is_valid()
        if error is not None:
            form.add_error("slug", [text for texts in refusal_texts(error).values() for text in texts])
        return self.show(
            "bin_address.html", _("Bring “%(title)s” back") % {"title": short(page.title)}, page=page, form=form
        )


class PurgeView(BinPage):
    """Delete for good, once one has seen the names of what goes."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.gone(pk, "purge")
        title = short(page.title, 60)
        if "confirmed" not in request.POST:
            return self._ask(page)
        try:
            purge_page(page, actor=self.actor)
        except RequestRefused as error:
            return self.not_done(error, then=link("bin"))
        return self.told(_("“%(title)s” was deleted for good.") % {"title": title}, then=link("bin"))

    def _ask(self, page: AbstractPage) -> HttpResponse:
        rows: Any = visible_pages(self.request, deleted=True).non_polymorphic().below(page)
        names = [short(name, 60) for name in rows.order_by("lft").values_list("title", flat=True)[:NAMED]]
        below = page.get_descendant_count()
        title = _("Delete “%(title)s” for good?") % {"title": short(page.title, 60)}
        if below:
            words = ngettext(
                "It goes with %(count)d page below it, their histories and comments. This cannot be undone.",
                "It goes with %(count)d pages below it, their histories and comments. This cannot be undone.",
                below,
            )
            question = words % {"count": below}
        else:
            question = _("It goes with its history and comments. This cannot be undone.")
        return self.ask(
            question,
            title=title,
            submit=_("Delete for good"),
            back=link("bin"),
            danger=True,
            named=names,
            more_named=max(0, below - len(names)),
        )
