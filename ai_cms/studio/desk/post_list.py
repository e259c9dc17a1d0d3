"""The posts as a list, with their categories; where posts are installed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages.rows import short, visible_pages
from ai_cms.posts import get_blog_model, get_category_model, get_post_model
from ai_cms.posts.querysets import PostFilter

from ..links import edit_url, link
from ..registry import Finder, Found, Room, finders, rooms
from .kinds import KindView

__all__ = ["PostsView", "furnish_posts", "post_routes"]


def _posts(actor: Actor, wanted: PostFilter) -> Any:
    """Return the posts whose drafts the actor may read, the newest first."""
    model = get_post_model()
    rows = model.objects.non_polymorphic().filter(wanted.of_drafts())
    return get_policy(model).visible(actor, rows).order_by("-posted_at", "-pk")


class PostsView(KindView):
    """The posts, by status, category and words."""

    room = "posts"
    title = gettext_lazy("Posts")
    empty = gettext_lazy("There is no post yet that you may see. A post stands below a blog.")

    def rows(self, words: str) -> Any:
        category = self.request.GET.get("category", "").replace("\x00", "")[:100]
        return _posts(self.actor, PostFilter(categories=(category,) if category else (), search=words))

    def selects(self) -> list[dict[str, Any]]:
        found = list(get_category_model()._default_manager.order_by("name").values_list("slug", "name")[:500])
        if not found:
            return []
        options = [("", _("All categories")), *found]
        return [
            {
                "name": "category",
                "label": _("Category"),
                "options": options,
                "value": self.request.GET.get("category", ""),
            }
        ]

    def new_url(self) -> str:
        blog = visible_pages(self.request).of_type(get_blog_model()).order_by("level", "pk").first()
        if blog is None or not self.may("add", blog):
            return ""
        return link("create", parent=blog.pk, type=get_post_model().type_name())


def _find(request: HttpRequest, words: str, limit: int) -> list[Found]:
    if not words:
        return []
    # By title alone: the switcher is for what one knows the name of.
    rows = _posts(Actor.from_request(request), PostFilter()).filter(title__icontains=words)
    return [Found(short(row.title), edit_url(row.pk), row.path, "pen") for row in rows.defer("content_json")[:limit]]


def furnish_posts() -> None:
    """Register what the studio shows of posts; called when the apps are ready."""
    rooms.register("posts", Room(gettext_lazy("Posts"), "pen", "ai_cms_studio:posts"))
    finders.register("posts", Finder(gettext_lazy("Posts"), _find))


post_routes: list[URLPattern] = [path("posts/", PostsView.as_view(), name="posts")]
