"""Who may do what where: the rights of groups in subtrees, and who is in the groups, for those who may look after them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import Actor
from ai_cms.core.web import PlainForm, refusal_texts
from ai_cms.pages.models import PageGroupPermission
from ai_cms.pages.rows import search_pages, short

from ..links import link
from ..mentions import person_json
from ..services import grant_rights, revoke_rights
from ..services.granting import RIGHTS, may_grant
from .base import DeskView, key_of
from .undo import undos

__all__ = ["GrantView", "PeopleView", "RevokeView", "may_see_people"]

#: Members of a group that are named; the others are counted.
NAMED = 8
PLACES = 20
LABELS = {
    "add": gettext_lazy("Add pages"),
    "change": gettext_lazy("Edit and move"),
    "delete": gettext_lazy("Delete"),
    "publish": gettext_lazy("Publish"),
}


def may_see_people(actor: Actor) -> bool:
    """Return whether the actor may see who has which rights."""
    return may_grant(actor, "view") or may_grant(actor, "change")


class PeoplePage(DeskView):
    """A view of rights, for those who may look after them."""

    room = "people"

    def checked(self) -> None:
        """Raise NotFound for whoever has no business here: they need not know that there is a here."""
        if not may_see_people(self.actor):
            raise NotFound


class PeopleView(PeoplePage):
    """The groups, who is in them, and what they may do below which page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.checked()
        grants = PageGroupPermission.objects.filter(page__in=self.pages.order_by().values("pk")).select_related("page")
        grants = grants.defer("page__content_json", "page__metadata").order_by("page__tree_id", "page__lft")
        users = get_user_model()._default_manager.filter(is_active=True).order_by("pk")
        groups = Group.objects.order_by("name").prefetch_related(
            Prefetch("page_permissions", grants, to_attr="studio_grants"),
            Prefetch("user_set", users, to_attr="studio_members"),
        )
        listed = []
        for group in groups:
            found: Any = group
            members = [person_json(user) for user in found.studio_members[:NAMED]]
            listed.append(
                {
                    "group": group,
                    "members": members,
                    "more": max(0, len(found.studio_members) - NAMED),
                    "grants": [{"grant": grant, "rights": _rights_of(grant)} for grant in found.studio_grants],
                }
            )
        return self.show(
            "people.html",
            _("People and rights"),
            listed=listed,
            may_change=may_grant(self.actor, "change"),
            may_delete=may_grant(self.actor, "delete"),
        )


class GrantForm(PlainForm):
    """Which group may do what."""

    group = forms.ModelChoiceField(Group.objects.order_by("name"), label=gettext_lazy("Group"), empty_label=None)
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("May do there"),
        choices=[(right, LABELS[right]) for right in RIGHTS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one right, or take the grant back.")},
    )


class GrantView(PeoplePage):
    """Give a group rights at a page and below it; first the page is chosen."""

    def get(self, request: HttpRequest) -> HttpResponse:
        self._may()
        raw = request.GET.get("page", "")
        if not raw:
            words = request.GET.get("q", "")[:200].replace("\x00", "")
            places = list(search_pages(request, words)[:PLACES])
            return self.show(
                "grant_place.html", _("Give rights"), places=places, words=words, group=request.GET.get("group", "")
            )
        page = self.page(raw)
        group = key_of(request.GET.get("group", ""))
        grant = PageGroupPermission.objects.filter(page_id=page.pk, group_id=group or 0).first()
        rights = _names_of(grant) if grant is not None else ["add", "change"]
        return self._form(page, GrantForm(initial={"group": group, "rights": rights}))

    def post(self, request: HttpRequest) -> HttpResponse:
        self._may()
        page = self.page(request.GET.get("page", ""))
        form = GrantForm(request.POST)
        if not form.is_valid():
            return self._form(page, form)
        group = form.cleaned_data["group"]
        before = PageGroupPermission.objects.filter(page_id=page.pk, group=group).first()
        rights = _names_of(before) if before is not None else []
        try:
            grant_rights(group, page, form.cleaned_data["rights"], actor=self.actor)
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            for name, texts in refusal_texts(error).items():
                form.add_error(name if name in form.fields else None, texts)
            return self._form(page, form)
        undo = {"undo": "grant", "group": group.pk, "page": page.pk, "rights": rights}
        text = _("“%(group)s” has these rights below “%(title)s” now.") % {
            "group": group,
            "title": short(page.title, 60),
        }
        return self.told(text, then=link("people"), undo=undo)

    def _may(self) -> None:
        self.checked()
        if not (may_grant(self.actor, "add") and may_grant(self.actor, "change")):
            raise PermissionRefused

    def _form(self, page: Any, form: GrantForm) -> HttpResponse:
        return self.show("grant.html", _("Give rights"), page=page, form=form, back=link("people"))


class RevokeView(PeoplePage):
    """Take a grant back."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.checked()
        rows = PageGroupPermission.objects.select_related("group", "page").filter(
            page__in=self.pages.order_by().values("pk")
        )
        grant = rows.filter(pk=pk).first()
        if grant is None:
            raise NotFound
        names = _names_of(grant)
        revoke_rights(grant, actor=self.actor)
        text = _("“%(group)s” has no rights of its own below “%(title)s” any more.")
        undo = {"undo": "grant", "group": grant.group_id, "page": grant.page_id, "rights": names}
        values = {"group": grant.group, "title": short(grant.page.title, 60)}
        return self.told(text % values, then=link("people"), undo=undo)


def _names_of(grant: PageGroupPermission) -> list[str]:
    return [right for right in RIGHTS if getattr(grant, f"can_{right}")]


def _rights_of(grant: PageGroupPermission) -> list[Any]:
    return [LABELS[right] for right in _names_of(grant)]


def _as_before(view: DeskView, values: dict[str, Any]) -> str:
    page = view.page(values["page"])
    group = Group.objects.filter(pk=values["group"]).first()
    if group is None:
        raise NotFound
    if values["rights"]:
        grant_rights(group, page, values["rights"], actor=view.actor)
    else:
        grant = PageGroupPermission.objects.filter(group=group, page_id=page.pk).first()
        if grant is not None:
            revoke_rights(grant, actor=view.actor)
    return _("The rights of “%(group)s” are as they were.") % {"group": group}


undos.register("grant", _as_before)
