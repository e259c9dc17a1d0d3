"""One's own posts: the list, a form with a picture, publishing, the bin. They need no script."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _

from ai_cms.assets.services import update_asset
from ai_cms.core.exceptions import PermissionRefused
from ai_cms.core.permissions import get_policy, policy_for
from ai_cms.core.web import OwnFormView, OwnPage, OwnTemplateView, PlainForm, preview_address
from ai_cms.pages.current_site import site_of
from ai_cms.pages.models import AbstractPage
from ai_cms.posts import get_post_model
from ai_cms.posts.services import create_post, delete_post, update_post, with_picture

from .post_form import PostForm
from .texts import MARKDOWN, text_as_html, text_of

__all__ = ["DeletePostView", "MyPostsView", "PostView"]

_POSTS_ON_A_PAGE = 50


class PostPage(OwnPage):
    """A page about one's own posts on the site."""

    namespace = "ai_cms_posts_web"

    def posts(self) -> Any:
        """Return the posts that are one's own, or whose draft one may change as a further author."""
        model = get_post_model()
        site = site_of(self.request)
        rows = model.objects.filter(site_id=None if site is None else site.pk)
        return get_policy(model).visible(self.actor, rows)

    def post_named(self) -> Any:
        """Return the post named in the path, ``None`` for a new one. Raises Http404."""
        if "pk" not in self.kwargs:
            return None
        if not hasattr(self, "_post"):
            found = self.posts().filter(pk=self.kwargs["pk"]).order_by().first()
            if found is None:
                raise Http404
            policy_for(found).require(self.actor, "change", found)
            self._post = found
        return self._post


class MyPostsView(PostPage, OwnTemplateView):
    """My posts, what was changed last first."""

    template_name = "ai_cms/posts/web/index.html"
    title = _("Your posts")

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        rows = self.posts().non_polymorphic().defer("content_json", "draft_text")
        mine = rows.filter(owner=self.actor.user.pk).order_by("-updated_at", "-pk")
        page = Paginator(mine, _POSTS_ON_A_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(page=page, **kwargs)


class PostView(PostPage, OwnFormView):
    """Write a post: a new one, or one that is there."""

    form_class = PostForm
    template_name = "ai_cms/posts/web/post.html"
    submit = _("Publish")

    @property
    def written(self) -> str:
        """How the text is typed."""
        post = self.post_named()
        return MARKDOWN if post is None else text_of(post.content_json.blocks)[0]

    def get_form_kwargs(self) -> dict[str, Any]:
        post = self.post_named()
        options = {"written": self.written, "picture": getattr(post, "thumbnail_id", None), "is_new": post is None}
        return {**super().get_form_kwargs(), **options}

    def get_initial(self) -> dict[str, Any]:
        post = self.post_named()
        if post is None:
            return {}
        return {
            "version": post.version,
            "title": post.title,
            "body": text_of(post.content_json.blocks)[1],
            "alt": post.thumbnail.alt if post.thumbnail_id is not None else "",
            "excerpt": post.excerpt,
            "categories": [str(pk) for pk in post.categories.values_list("pk", flat=True)],
            "tags": ", ".join(tag.name for tag in post.public_facts().tags),
        }

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        post = self.post_named()
        publish = "publish" in self.request.POST
        if "unpublish" in self.request.POST and post is not None:
            update_post(post, actor=self.actor, is_published=False)
            self.notice(_("Nobody but you sees it now."))
            return self.go("post", post.pk)
        values = self.values(data)
        with with_picture(values, actor=self.actor, alt=data["alt"]):
            made = self._written(post, values, data, publish)
        self._name_picture(made, data["alt"])
        self.notice(_("It is published.") if publish else _("Saved."))
        return self.go("post", made.pk)

    def values(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what the form says as the services take it."""
        fields: dict[str, Any] = {"excerpt": data["excerpt"]}
        if "categories" in data:
            fields["categories"] = [int(pk) for pk in data["categories"]]
        if data["thumbnail"]:
            fields["thumbnail"] = data["thumbnail"]
        elif data.get("without_picture"):
            fields["thumbnail"] = None
        return {"title": data["title"], "tags": data["tags"] or [], "fields": fields}

    def _written(self, post: Any, values: dict[str, Any], data: dict[str, Any], publish: bool) -> AbstractPage:
        if post is None:
            body = text_as_html(data["body"], MARKDOWN)
            return create_post(actor=self.actor, site=site_of(self.request), body=body, is_published=publish, **values)
        written, text = text_of(post.content_json.blocks)
        same = data["body"].replace("\r\n", "\n").strip() == text.strip()
        return update_post(
            post,
            actor=self.actor,
            # What was not touched stays block by block as it is.
            body=None if same else text_as_html(data["body"], written),
            is_published=True if publish else None,
            expected_version=data["version"],
            **values,
        )

    def _name_picture(self, post: Any, alt: str) -> None:
        """Say what the post's picture shows, if it is one's own and says something else."""
        picture = post.thumbnail
        if picture is None or not alt or picture.alt == alt:
            return
        try:
            update_asset(picture, actor=self.actor, alt=alt)
        except PermissionRefused:
            # Somebody else's picture: its words are theirs.
            return

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        post = self.post_named()
        if post is None:
            return super().get_context_data(title=_("Write a post"), may_publish=True, **kwargs)
        return super().get_context_data(
            title=post.title,
            post=post,
            picture=post.public_facts().picture(),
            preview=preview_address(post.pk),
            may_publish=policy_for(post).can(self.actor, "publish", post),
            may_delete=policy_for(post).can(self.actor, "delete", post),
            **kwargs,
        )


class DeletePostView(PostPage, OwnFormView):
    """Put a post into the bin."""

    form_class = PlainForm
    template_name = "ai_cms/posts/web/confirm.html"
    title = _("Delete this post?")
    submit = _("Delete")

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        delete_post(self.post_named(), actor=self.actor)
        self.notice(_("It is deleted. Whoever looks after this site can bring it back."))
        return self.go("index")

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        return super().get_context_data(post=self.post_named(), **kwargs)
