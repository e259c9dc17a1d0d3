"""What the viewsets of pages have in common."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.response import Response

from ai_cms.core.api.versions import expected_version, set_version
from ai_cms.core.api.viewsets import ServiceViewSet
from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused
from ai_cms.core.mappings import CleanedData
from ai_cms.core.permissions import get_policy
from ai_cms.pages import get_page_model

from ..current_site import site_of
from ..models import AbstractPage, PageAct, Proposal
from ..outside import outside_in
from ..permissions import PagePolicy
from ..querysets import PageQuerySet
from ..services import approval_address, ask_approval, start_tree_work
from .messages import no_such_page, required
from .serializers.pages import PageSerializer
from .serializers.work import TreeWorkSerializer

__all__ = ["PagesViewSet", "as_id", "created"]


def as_id(raw: object) -> int:
    """Return the number in a path. Raises NotFound for what is none."""
    text = str(raw)
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise NotFound
    return int(text)


def created(response: Response, route: str, pk: int) -> Response:
    """Make ``response`` a 201 that says where the new object is."""
    response.status_code = 201
    response["Location"] = reverse(f"ai_cms_api:{route}", kwargs={"id": pk})
    return response


_STANDARD = ("list", "retrieve", "create", "update", "partial_update", "destroy")


def _actions(viewset: type[object]) -> set[str]:
    """Return the names of the methods of a viewset that routes may lead to."""
    extra = (getattr(member, "mapping", None) or {} for _name, member in inspect.getmembers(viewset))
    named = {name for mapping in extra if isinstance(mapping, Mapping) for name in mapping.values()}
    return {name for name in _STANDARD if hasattr(viewset, name)} | named


class PagesViewSet(ServiceViewSet):
    """Look pages up as the actor sees them, and answer with one.

    ``rights``: the right that each action asks for, of the object that its path names (the page, or the proposal or template);
    a class whose actions lack a row is refused when it is defined. Services ask again, and for what else they touch.
    """

    rights: ClassVar[Mapping[str, str]] = {}
    #: Actions that make a proposal, or ask a person, for tokens that may only propose.
    proposable: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        missing = _actions(cls) - cls.rights.keys()
        if missing:
            raise ImproperlyConfigured(f"{cls.__qualname__}.rights has no row for: {', '.join(sorted(missing))}.")

    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"

    def outside(self, response: Any) -> str:
        return outside_in(getattr(response, "data", None))

    @property
    def right(self) -> str:
        """The right that the present action asks for."""
        if self.proposes:
            return "propose_add" if self.rights[self.action] == "add" else "propose"
        return self.rights[self.action]

    @property
    def proposes(self) -> bool:
        """Whether the present action is only suggested: it can be, and the token's scopes end there."""
        if self.action not in self.proposable or not self.actor.has_scope("propose"):
            return False
        right = self.rights[self.action]
        return not self.actor.has_scope(PagePolicy.scopes.get(right, "admin"))

    def proposed(self, proposal: Proposal) -> Response:
        """Answer 202 with where the proposal is that was made instead of a write."""
        words = _("The token may only propose, so this waits as a proposal until a person accepts it.")
        address = reverse("ai_cms_api:proposal-detail", kwargs={"id": proposal.pk})
        data = {"detail": words, "code": "proposed", "proposal": proposal.pk, "approval": None, "url": address}
        response = Response(data, status=202)
        response["Location"] = address
        return response

    def asked(self, page: AbstractPage, act: PageAct, arguments: CleanedData | None = None) -> Response:
        """Ask a person to do ``act``, and answer 202 with where to read what became of it."""
        expected = expected_version(self.request)
        approval = ask_approval(page, act, actor=self.actor, arguments=arguments, expected_version=expected)
        address = reverse("ai_cms_api:page-approval", kwargs={"id": approval.pk})
        path = approval_address(approval)
        data = {
            "detail": _("The token may only propose, so a person has to approve this; nothing was done so far."),
            "code": "approval_needed",
            "proposal": None,
            "approval": str(approval.pk),
            "url": self.request.build_absolute_uri(path) if path else None,
        }
        response = Response(data, status=202)
        response["Location"] = address
        return response

    def visible_pages(self, *, deleted: bool = False) -> PageQuerySet:
        """Return the pages that the actor may read: those that are not in the bin, or those that are."""
        model = get_page_model()
        rows: PageQuerySet = model.all_objects.deleted() if deleted else model.objects.all()
        return rows.visible_to(self.actor)

    def page(self, *, deleted: bool = False) -> AbstractPage:
        """Return the page named in the path. Raises NotFound, PermissionRefused where the actor lacks the action's right."""
        page: AbstractPage | None = (
            self.visible_pages(deleted=deleted).filter(pk=as_id(self.kwargs["id"])).order_by().first()
        )
        if page is None:
            raise NotFound
        self.require_page(self.right, page)
        return page

    def page_named(self, field: str, pk: int) -> AbstractPage:
        """Return the page with an id from the body. Raises InvalidInput, the same for a hidden as for a missing one."""
        page: AbstractPage | None = self.visible_pages().filter(pk=pk).order_by().first()
        if page is None:
            raise InvalidInput(errors={field: [no_such_page()]})
        return page

    def parent_in(self, values: CleanedData) -> AbstractPage:
        """Return the page named ``parent`` in the body, by default the home page of the site."""
        return self.page_named("parent", values["parent"]) if "parent" in values else self._home()

    def _home(self) -> AbstractPage:
        """Return the home page of the site. Raises PermissionRefused where the actor may not see it."""
        site = site_of(self.request)
        if site is None or site.root_id is None:
            raise InvalidInput(errors={"parent": [required()]})
        home: AbstractPage | None = self.visible_pages().filter(pk=site.root_id).order_by().first()
        if home is None:
            # That a site has a home page is no secret, so this is a refusal, not a riddle.
            raise PermissionRefused
        return home

    def require_page(self, action: str, page: AbstractPage) -> None:
        """Raise NotFound or PermissionRefused unless the actor may do ``action`` to a page."""
        get_policy(get_page_model()).require(self.actor, action, page)

    def refreshed(self, page: models.Model) -> AbstractPage:
        """Return the page as the database has it now."""
        found: AbstractPage = get_page_model().all_objects.get(pk=page.pk)
        return found

    def page_answer(self, page: AbstractPage, status: int = 200) -> Response:
        """Answer with a page, its version as the ETag."""
        response = Response(PageSerializer(page).data, status=status)
        set_version(response, page.version)
        return response

    def later(
        self, kind: str, page: AbstractPage, *, target: AbstractPage | None = None, **options: object
    ) -> Response:
        """Have long work done, and answer 202 with where to read how far it is; ``options``: those of its service."""
        work = start_tree_work(kind, page, actor=self.actor, target=target, options=options)
        response = Response(TreeWorkSerializer(work).data, status=202)
        response["Location"] = reverse("ai_cms_api:tree-work-detail", kwargs={"id": str(work.pk)})
        return response
