"""The bin: delete pages with what is below them, bring them back, delete them for good."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import Actor

from ..exceptions import PageStale, PathTakenByRoute, PublishNeeded, SlugTaken, TreeTooLarge
from ..models import AbstractPage, Publication
from ..rows import LEVEL_SIZE, RowMaker, short, visible_pages
from ..services import delete_page, purge_page, restore_page
from .work import WorkViews

__all__ = ["DeletionViews"]

#: Pages listed by name on the question whether to delete.
NAMED = 100


class SlugForm(forms.Form):
    """Another slug, where a new page has taken the old one."""

    slug = forms.CharField(
        label=gettext_lazy("New slug"),
        max_length=100,
        help_text=gettext_lazy("Another page has taken the old one meanwhile."),
    )


class DeletionViews(WorkViews):
    """The views that delete and bring back."""

    def page_urls(self) -> list[URLPattern]:
        return [
            *super().page_urls(),
            self.route("bin/", self.bin_view, "bin", "GET"),
            self.route("<int:pk>/delete/", self.delete_page_view, "delete", "GET", "POST"),
            self.route("<int:pk>/restore/", self.restore_view, "restore", "GET", "POST"),
            self.route("<int:pk>/purge/", self.purge_view, "purge", "GET", "POST"),
        ]

    def delete_page_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk, "delete")
        if request.method == "POST":
            return self._delete(request, page)
        below = visible_pages(request).non_polymorphic().below(page).defer("content_json")
        count = below.count()
        return self.show_step(
            request,
            page,
            _("Delete"),
            None,
            _("Move to the bin"),
            _("The page can be brought back from the bin as it was.")
            if page.parent_id
            else _("The home page of a site cannot be deleted."),
            danger=True,
            blocked=page.parent_id is None,
            version=page.version,
            below=list(below.order_by("lft")[:NAMED]),
            more_below=max(0, count - NAMED),
            live_below=Publication.objects.filter(page__in=below.order_by().values("pk"), active=True).count(),
        )

    def _delete(self, request: HttpRequest, page: AbstractPage) -> HttpResponse:
        version = request.POST.get("version", "")
        expected = int(version) if version.isdecimal() and len(version) < 10 else None
        try:
            count = delete_page(page, actor=Actor.from_request(request), expected_version=expected)
        except TreeTooLarge:
            return self.later(request, "delete", page, expected_version=expected)
        except PageStale:
            self.tell(request, _("The page was changed meanwhile. Look at it again before you delete it."), 30)
            return HttpResponseRedirect(self.link("delete", page.pk))
        except PublishNeeded as error:
            self.tell_refusal(request, error)
            return HttpResponseRedirect(self.link("delete", page.pk))
        except PermissionRefused:
            self.tell(request, _("Below it are pages that you may not delete."), 40)
            return HttpResponseRedirect(self.link("delete", page.pk))
        except NotFound:
            raise
        except RequestRefused as error:
            self.tell_refusal(request, error)
            return HttpResponseRedirect(self.link("change", page.pk))
        self.log_change(request, page, _("Moved to the bin."))
        self.tell(
            request,
            ngettext("%(number)d page is in the bin now.", "%(number)d pages are in the bin now.", count)
            % {"number": count},
        )
        parent = visible_pages(request).non_polymorphic().order_by().filter(pk=page.parent_id).exists()
        return HttpResponseRedirect(
            self.link("changelist", parent=page.parent_id) if parent else self.link("changelist")
        )

    def bin_view(self, request: HttpRequest) -> HttpResponse:
        """List what was deleted: of each deletion the page at the top, which brings the others back."""
        maker = RowMaker(request)
        pages = Paginator(maker.bin(), LEVEL_SIZE).get_page(request.GET.get("page"))
        found = []
        for page in pages.object_list:
            row = maker.row(page)
            found.append({"row": row, "below": page.number_below, "may_purge": self._may_purge(request, page)})
        return self.show(request, "page/bin.html", _("Bin"), crumbs=[(_("Bin"), "")], rows=found, pages=pages, query="")

    def _may_purge(self, request: HttpRequest, page: AbstractPage) -> bool:
        return self.may(request, "purge", page)

    def _from_bin(self, request: HttpRequest, pk: int, action: str) -> AbstractPage:
        page = self.find_page(request, pk, action, deleted=True)
        if page.deleted_at is None:
            raise Http404
        return page

    def restore_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self._from_bin(request, pk, "restore")
        form = SlugForm(
            request.POST if request.POST.get("slug") else None, label_suffix="", initial={"slug": page.slug}
        )
        if request.method == "POST" and (not form.is_bound or form.is_valid()):
            slug = form.cleaned_data["slug"] if form.is_bound else ""
            try:
                restored = restore_page(page, actor=Actor.from_request(request), slug=slug)
            except SlugTaken:
                form = SlugForm({"slug": slug or page.slug}, label_suffix="")
                form.add_error("slug", _("Another page has this slug; choose another one."))
            except PathTakenByRoute as error:
                form = SlugForm({"slug": slug or page.slug}, label_suffix="")
                form.add_error("slug", str(error.detail))
            except PublishNeeded as error:
                self.tell_refusal(request, error)
                return HttpResponseRedirect(self.link("bin"))
            except TreeTooLarge:
                return self.later(request, "restore", page, slug=slug)
            except (NotFound, PermissionRefused):
                raise
            except RequestRefused as error:
                self.tell_refusal(request, error)
                return HttpResponseRedirect(self.link("bin"))
            else:
                self.tell(request, _("“%(title)s” is back as it was.") % {"title": short(restored.title)})
                kept = request.POST.get("conflict", "")
                if kept.isdecimal() and len(kept) < 10:
                    # Somebody wrote for it while it was in the bin; their text waits in the history.
                    return HttpResponseRedirect(self.link("conflict", restored.pk, int(kept)))
                return HttpResponseRedirect(self.link("change", restored.pk))
        return self._bin_step(
            request,
            page,
            _("Restore"),
            form if form.is_bound else None,
            _("Bring it back"),
            _("The page comes back with everything that was deleted together with it."),
        )

    def purge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self._from_bin(request, pk, "purge")
        if request.method == "POST":

            def work() -> None:
                # Logged before: afterwards there is no page to name.
                self.log_change(request, page, _("Deleted for good."))
                purge_page(page, actor=Actor.from_request(request))

            text = _("“%(title)s” was deleted for good.") % {"title": short(page.title)}
            return self.carry_out(request, work, done=text, then=self.link("bin"))
        count = page.get_descendant_count() + 1
        about = ngettext(
            "%(number)d page with its history is deleted. This cannot be undone.",
            "%(number)d pages with their history are deleted. This cannot be undone.",
            count,
        ) % {"number": count}
        return self._bin_step(request, page, _("Delete for good"), None, _("Delete for good"), about, danger=True)

    def _bin_step(
        self,
        request: HttpRequest,
        page: Any,
        step: object,
        form: object,
        submit: object,
        about: object,
        danger: bool = False,
    ) -> HttpResponse:
        crumbs = [(_("Bin"), self.link("bin")), (str(step), "")]
        title = f"{step}: {short(page.title)}"
        values = {"page": page, "form": form, "submit": submit, "about": about, "danger": danger}
        return self.show(request, "page/step.html", title, crumbs=crumbs, cancel=self.link("bin"), **values)
