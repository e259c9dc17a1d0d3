"""Pages to link to, and saved groups of blocks to put in."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import get_policy
from ai_cms.pages import get_page_model, get_template_model
from ai_cms.pages.services.templates import save_template

from .answers import JsonView

__all__ = ["LinksView", "PatternsView"]

MAX_FOUND = 20
MAX_PATTERNS = 100


class LinksView(JsonView):
    """Pages that the actor may see, by words in title or path; without words those that were changed last."""

    def get(self, request: HttpRequest, pk: int) -> JsonResponse:
        self.page()
        words = request.GET.get("q", "").replace("\x00", "").split()[:8]
        model = get_page_model()
        rows = get_policy(model).visible(self.actor, model.objects.non_polymorphic())
        for word in words:
            rows = rows.filter(Q(title__icontains=word[:100]) | Q(path__icontains=word[:100]))
        rows = rows.order_by("lft") if words else rows.order_by("-updated_at")
        found = [
            {
                "id": page.pk,
                "title": page.title,
                "path": page.path,
                "url": page.get_absolute_url(),
                "live": page.live,
                "locale": page.locale,
            }
            for page in rows[:MAX_FOUND]
        ]
        return self.answer({"results": found})


class PatternsView(JsonView):
    """Templates as groups of blocks to put into a page; ``POST`` saves blocks as one."""

    def get(self, request: HttpRequest, pk: int) -> JsonResponse:
        page = self.page()
        model = get_template_model()
        rows = get_policy(model).visible(self.actor, model._default_manager.all())
        rows = rows.filter(page_type__in=("", page.type_name())).order_by("name")[:MAX_PATTERNS]
        found = [
            {"id": row.pk, "name": row.name, "description": row.description, "blocks": row.layout_json.to_json()}
            for row in rows
        ]
        return self.answer({"results": found, "may_add": get_policy(model).can(self.actor, "add")})

    def post(self, request: HttpRequest, pk: int) -> JsonResponse:
        self.page()
        body = self.body()
        name, blocks = body.get("name"), body.get("blocks")
        if not isinstance(name, str) or not name.strip():
            raise InvalidInput(errors={"name": [_("Give the pattern a name.")]})
        if not isinstance(blocks, list) or not blocks:
            raise InvalidInput(errors={"blocks": [_("Choose the blocks to save.")]})
        values = {"name": name, "description": "", "page_type": "", "layout_json": blocks}
        row = save_template(None, actor=self.actor, values=values)
        return self.answer({"id": row.pk, "name": row.name}, status=201)
