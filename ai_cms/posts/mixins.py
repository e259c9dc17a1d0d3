"""What makes a page a post or a blog.

A host that swaps the page model writes ``class Post(PostMixin, MyPage)`` and names it by ``AI_CMS_POST_MODEL``; the same for
the blog. Importing this module does not need this app to be installed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from ai_cms.assets import get_image_model_string
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor
from ai_cms.pages.services import delete_page, restore_page

from . import get_category_model_string, get_tag_model_string
from .body import body_html
from .excerpts import cut_words
from .extras import extras
from .facts import Facts, facts_of
from .fields import DraftTextField, PictureField, PostedField, TagsField
from .refusals import refused_fields

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage, Publication

    # What a mixin may count on: it is always mixed into a page.
    _Base = AbstractPage
else:
    _Base = models.Model

__all__ = ["BlogMixin", "PostMixin"]


class PostMixin(_Base):
    """The fields of a post, beside those of every page.

    ``author``: who is named first; ``owner``, whose rights count, is the same person unless an editor says otherwise.
    ``posted_at``: the first publication, or the creation until then; lists are in its order.
    """

    owner_may_publish: ClassVar[bool] = True
    #: Shown in the order in which they were given.
    ordered_relations: ClassVar[tuple[str, ...]] = ("coauthors", "categories", "tags")
    page_templates: ClassVar[tuple[str, ...]] = ("ai_cms/posts/post.html",)

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("author"),
    )
    coauthors = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("further authors"),
        help_text=gettext_lazy("They are named too, and may change the draft."),
    )
    excerpt = models.TextField(
        gettext_lazy("excerpt"),
        blank=True,
        max_length=2_000,
        help_text=gettext_lazy("Empty for the first 40 words."),
    )
    categories: Any = models.ManyToManyField(
        get_category_model_string(), blank=True, related_name="+", verbose_name=gettext_lazy("categories")
    )
    tags = TagsField(get_tag_model_string(), blank=True, related_name="+", verbose_name=gettext_lazy("tags"))
    thumbnail = PictureField(
        get_image_model_string(),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("picture"),
        help_text=gettext_lazy("Shown in lists, and where the post is shared."),
    )
    series = models.CharField(
        gettext_lazy("series"), max_length=100, blank=True, help_text=gettext_lazy("The same for all its parts.")
    )
    series_position = models.PositiveSmallIntegerField(gettext_lazy("part"), null=True, blank=True)
    sticky = models.BooleanField(
        gettext_lazy("sticky"), default=False, help_text=gettext_lazy("Stands before newer posts on the blog.")
    )
    posted_at = PostedField(gettext_lazy("posted"), null=True, editable=False)
    draft_text = DraftTextField(blank=True, editable=False)

    class Meta:
        abstract = True
        base_manager_name = "all_objects"
        verbose_name = gettext_lazy("post")
        verbose_name_plural = gettext_lazy("posts")
        permissions = [("publish_post", "Can publish posts")]
        indexes = [models.Index(fields=["-posted_at"], name="aicms_%(class)s_posted")]

    def save(  # type: ignore[override]
        self, *, force_insert: bool = False, update_fields: Iterable[str] | None = None, using: str | None = None
    ) -> None:
        names = None if update_fields is None else set(update_fields)
        if names is not None and "content_json" in names:
            names.add("draft_text")
        super().save(force_insert=force_insert, update_fields=names, using=using)

    @property
    def body(self) -> str:
        """The draft as HTML."""
        return body_html(self.content_json.blocks)

    @property
    def is_published(self) -> bool:
        """Whether the public sees the post, were it not expired."""
        return self.published_version is not None and self.deleted_at is None

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        """Put the post into the bin as the system; deleting it again changes nothing.

        Where somebody's rights are to be asked, use ``ai_cms.posts.services.delete_post``.
        """
        if self.is_deleted:
            return 0, {}
        number = delete_page(self, actor=Actor.system("post.delete"))
        self._take_over(self._reread())
        return number, {self._meta.label: number}

    delete.alters_data = True  # type: ignore[attr-defined]

    def restore(self) -> None:
        """Bring the post back from the bin as the system, published if it was."""
        if self.is_deleted:
            self._take_over(restore_page(self, actor=Actor.system("post.restore")))

    restore.alters_data = True  # type: ignore[attr-defined]

    def _reread(self) -> Any:
        return type(self).all_objects.get(pk=self.pk)

    def _take_over(self, fresh: AbstractPage) -> None:
        for name in ("deleted_at", "deletion", "slug", "path"):
            setattr(self, name, getattr(fresh, name))

    def get_excerpt(self, text: str) -> str:
        """Return the excerpt that was given, else the first 40 words."""
        return self.excerpt.strip() or cut_words(text)

    @classmethod
    @contextmanager
    def loaded_for_public(cls, pages: Sequence[AbstractPage]) -> Iterator[None]:
        for page, facts in zip(pages, facts_of(pages, public=True), strict=True):
            page.__dict__["_facts"] = facts
        try:
            yield
        finally:
            for page in pages:
                page.__dict__.pop("_facts", None)

    def public_facts(self) -> Facts:
        """Return what the public sees of the post beside its text."""
        loaded: Facts | None = self.__dict__.get("_facts")
        return loaded or facts_of([self], public=True)[0]

    def public_fields(self) -> JsonObject:
        own = {"series": self.series, "series_position": self.series_position, "sticky": self.sticky}
        return {**super().public_fields(), **self.public_facts().to_json(), **own}

    def facets(self) -> dict[str, list[str]]:
        """Return categories (those above too) and authors by slug, tags by name and key, the series, the picture."""
        found = {**super().facets(), **self.public_facts().facets()}
        if self.series:
            found["series"] = [self.series]
        if self.sticky:
            found["sticky"] = ["1"]
        return found

    def search_extra(self) -> str:
        """Return categories, tags, authors and the series, so that words find them."""
        return "\n".join(part for part in (super().search_extra(), self.series, self.public_facts().words()) if part)

    def refused_fields(self, changed: Collection[str], actor: Actor) -> dict[str, list[str]]:
        return {**super().refused_fields(changed, actor), **refused_fields(self, changed, actor)}

    def get_context(self, request: HttpRequest | None = None) -> TemplateContext:
        context = {**super().get_context(request), "post": self, "facts": self.public_facts()}
        for more in extras.post_context:
            context.update(more(self))
        return context

    def sharing_picture(self) -> str:
        picture = self.public_facts().picture()
        return str(picture["src"]) if picture else ""

    def linked_data(self, data: JsonObject, *, origin: str, publication: Publication | None) -> JsonObject:
        data = super().linked_data(data, origin=origin, publication=publication)
        for more in extras.linked_data:
            data = more(data, self, origin)
        return data

    @classmethod
    def after_publishing(cls, published: Sequence[tuple[AbstractPage, Publication]]) -> None:
        super().after_publishing(published)
        for follow in extras.after_publishing:
            follow(published)


class BlogMixin(_Base):
    """The fields of a page below which posts stand."""

    page_templates: ClassVar[tuple[str, ...]] = ("ai_cms/posts/blog.html",)

    posts_per_page = models.PositiveSmallIntegerField(gettext_lazy("posts on a page"), default=10)

    def get_context(self, request: HttpRequest | None = None) -> TemplateContext:
        context = super().get_context(request)
        for more in extras.blog_context:
            context.update(more(self))
        return context

    class Meta:
        abstract = True
        base_manager_name = "all_objects"
        verbose_name = gettext_lazy("blog")
        verbose_name_plural = gettext_lazy("blogs")
