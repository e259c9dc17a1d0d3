"""The page: one node of the tree with its working document."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from mptt.models import MPTTModel, TreeForeignKey
from polymorphic.models import PolymorphicModel

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.fields import BlocksField
from ai_cms.core.mappings import TemplateContext

from ...core.jsontypes import JsonObject
from .. import get_page_model_string, get_template_model_string
from ..addresses import public_url
from ..exceptions import NotPlaced
from ..polytree import TREE_FIELDS, PageBase, base_model
from ..querysets import AllPagesManager, PageManager, PageQuerySet
from ..relations import is_plain_relation, save_related

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from ai_cms.core.permissions import Actor

    from .publication import Publication

__all__ = ["AbstractPage", "AbstractPageMeta", "Page", "PageStatus"]

EXCERPT_WORDS = 40


class PageStatus(models.TextChoices):
    """What an editor sees of a page's state; derived, not stored."""

    DRAFT = "draft", _("Draft")
    LIVE = "live", _("Live")
    CHANGED = "changed", _("Live, with unpublished changes")
    SCHEDULED = "scheduled", _("Scheduled")
    EXPIRED = "expired", _("Expired")
    DELETED = "deleted", _("Deleted")


class AbstractPage(PolymorphicModel, MPTTModel, metaclass=PageBase):  # type: ignore[misc]
    """Everything a page is; a host that swaps the page model derives from this and :class:`AbstractPageMeta`.

    Class attributes a page type may set:

    ``page_templates``: template names tried first. ``allowed_blocks``: block type names, ``None`` for all.
    ``parent_page_types`` / ``child_page_types``: labels such as ``"shop.productpage"``, ``None`` for all.
    ``html_cached``: whether the finished HTML is kept with the publication; it is then rendered for an anonymous visitor,
    so pages that show something of the visitor set it to ``False``. ``owner_may_publish``: whether the owner alone may
    publish it. ``private_fields``: fields of the type that the public does not get.
    """

    page_templates: ClassVar[tuple[str, ...]] = ()
    allowed_blocks: ClassVar[tuple[str, ...] | None] = None
    parent_page_types: ClassVar[tuple[str, ...] | None] = None
    child_page_types: ClassVar[tuple[str, ...] | None] = None
    html_cached: ClassVar[bool] = True
    owner_may_publish: ClassVar[bool] = False
    private_fields: ClassVar[tuple[str, ...]] = ()

    title = models.CharField(_("title"), max_length=255)
    slug = models.CharField(_("slug"), max_length=100, blank=True, help_text=_("The page's part of the URL."))
    # path, site and the mptt columns are caches of parent_id; ai_cms.pages.tree alone writes them.
    path = models.CharField(_("path"), max_length=2000, editable=False)
    site = models.ForeignKey(
        "ai_cms_pages.Site", on_delete=models.PROTECT, related_name="+", editable=False, verbose_name=_("site")
    )
    parent = TreeForeignKey(
        get_page_model_string(),
        # RESTRICT, not PROTECT: purging a subtree deletes parents together with their children.
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="children",
        editable=False,
        verbose_name=_("parent"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    template = models.ForeignKey(
        get_template_model_string(),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("template"),
    )
    locale = models.CharField(_("language"), max_length=12, help_text=_("Language code, such as en or pt-br."))
    translation_key = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    content_json = BlocksField(verbose_name=_("content"), blank=True, drafts=True)
    metadata = models.JSONField(
        _("metadata"),
        default=dict,
        blank=True,
        help_text=_("Free data kept with the page, such as tags and categories."),
    )
    seo_title = models.CharField(_("search engine title"), max_length=255, blank=True)
    seo_description = models.TextField(_("search engine description"), max_length=500, blank=True)
    in_menus = models.BooleanField(_("show in menus"), default=False)

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    latest_revision = models.PositiveIntegerField(default=0, editable=False)
    published_version = models.PositiveIntegerField(null=True, editable=False)
    go_live_at = models.DateTimeField(_("goes live at"), null=True, editable=False)
    expire_at = models.DateTimeField(_("expires at"), null=True, editable=False)
    scheduled_revision = models.PositiveIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    # One id for all pages of one deletion: restoring brings back just these.
    deletion = models.UUIDField(null=True, editable=False)

    objects = PageManager()  # type: ignore[misc]
    all_objects = AllPagesManager()

    class Meta:
        abstract = True
        base_manager_name = "all_objects"

    def __str__(self) -> str:
        return self.title

    def save(  # type: ignore[override]
        self, *, force_insert: bool = False, update_fields: Iterable[str] | None = None, using: str | None = None
    ) -> None:
        """Save the page's own columns; slug, parent and what follows of them are written by ``ai_cms.pages.services`` alone.

        Raises NotPlaced for a page that has no place yet, and for ``update_fields`` that name its place.
        """
        if self._state.adding:
            raise NotPlaced(
                f"{type(self).__name__} has no place in the tree. Use ai_cms.pages.services.create_page(), or "
                "create_site() for the first page of a site."
            )
        names = None if update_fields is None else set(update_fields)
        placed = {*TREE_FIELDS, "slug"}
        if names is not None and (refused := sorted(placed & {*names, *(name.removesuffix("_id") for name in names)})):
            raise NotPlaced(
                f"{', '.join(refused)}: a page's place in the tree is written by ai_cms.pages.services.move_page() and "
                "update_page(slug=…), which bring everything below it along."
            )
        related = save_related(self, names)
        if names is None:
            update_fields = {
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name not in placed and field.attname in self.__dict__
            }
        else:
            update_fields = names - related
        models.Model.save(self, update_fields=update_fields, using=using)

    def move_to(self, *args: object, **kwargs: object) -> Any:
        """Refuse: mptt's own move takes no lock, and leaves paths and redirects as they were."""
        raise NotPlaced("Use ai_cms.pages.services.move_page().")

    def delete(self, *args: object, **kwargs: object) -> Any:
        """Refuse: a page is deleted with its subtree by ``ai_cms.pages.services.delete_page``."""
        raise NotPlaced("Use ai_cms.pages.services.delete_page(), and purge_page() to delete for good.")

    @classmethod
    def type_name(cls) -> str:
        """Return the name of the page type in the API, such as ``"ai_cms_pages.page"``."""
        return cls._meta.label_lower

    @property
    def type(self) -> str:
        return self.type_name()

    @property
    def live(self) -> bool:
        return self.published_version is not None

    @property
    def has_unpublished_changes(self) -> bool:
        return self.published_version is not None and self.published_version != self.version

    @property
    def has_expired(self) -> bool:
        """Whether the time has passed at which the public stops seeing the page, taken off already or not."""
        return self.expire_at is not None and self.expire_at <= timezone.now()

    @property
    def status(self) -> PageStatus:
        if self.deleted_at is None and self.go_live_at is not None:
            return PageStatus.SCHEDULED
        return self.state

    @property
    def state(self) -> PageStatus:
        """The status without what is planned, for those who show the plan beside it."""
        if self.deleted_at is not None:
            return PageStatus.DELETED
        if self.published_version is None:
            return PageStatus.DRAFT
        if self.has_expired:
            return PageStatus.EXPIRED
        return PageStatus.CHANGED if self.has_unpublished_changes else PageStatus.LIVE

    def get_children(self) -> PageQuerySet:
        """Return the children in order, those added since the page was loaded too."""
        if hasattr(self, "_cached_children"):
            cached: PageQuerySet = super().get_children()
            return cached
        base = base_model(type(self))
        found: PageQuerySet = base._default_manager.filter(parent_id=self.pk).order_by("lft")
        return found

    def get_descendants(self, include_self: bool = False) -> PageQuerySet:
        """Return the pages below, in the order of the tree, those added since the page was loaded too."""
        rows = base_model(type(self))._default_manager
        found: PageQuerySet = rows.below(self, include_self=include_self).order_by("lft")
        return found

    def get_descendant_count(self) -> int:
        """Return how many pages are below, those in the bin too; one query, unless there is none."""
        if self.is_leaf_node():
            return 0
        rows = base_model(type(self)).all_objects.non_polymorphic().order_by()
        found: int = rows.below(self).count()
        return found

    def is_leaf_node(self) -> bool:
        """Return whether nothing was below the page when it was loaded."""
        leaf: bool = self.rght == self.lft + 1
        return leaf

    @property
    def is_root(self) -> bool:
        return self.parent_id is None

    def get_absolute_url(self) -> str:
        return public_url(self.path)

    @classmethod
    def template_names(cls) -> list[str]:
        """Return the templates tried for the public page, the most special first."""
        meta = cls._meta
        return [
            *cls.page_templates,
            f"{meta.app_label}/{meta.model_name}.html",
            f"ai_cms/pages/{meta.model_name}.html",
            "ai_cms/pages/page.html",
        ]

    def get_context(self, request: HttpRequest | None = None) -> TemplateContext:
        """Return more context for the page's template; override and extend."""
        return {}

    def shown_document(self, *, editing: bool) -> Document:
        """Return the part of the document that the page's template shows; ``editing``: between the marks of an editor."""
        document: Document = self.content_json
        return document

    def linked_data(self, data: JsonObject, *, origin: str, publication: Publication | None) -> JsonObject:
        """Return the schema.org data of the page's head; ``data`` is what every page says. Override to say more."""
        return data

    def sharing_picture(self) -> str:
        """Return the address of the picture to be shown where the page is shared, if its metadata names none; "" for none."""
        return ""

    @classmethod
    def after_publishing(cls, published: Sequence[tuple[AbstractPage, Publication]]) -> None:
        """Do more for pages of this type that were published, in the same transaction; an import has many at once."""

    def receive(self, request: HttpRequest) -> HttpResponseBase | None:
        """Answer a form that was sent to the published page (POST); ``None``: the page takes none, which is answered 405.

        The CSRF token has been checked. A form needs one of its own for each visitor: set ``html_cached = False``.
        """
        return None

    @classmethod
    def type_fields(cls) -> list[models.Field[Any, Any]]:
        """Return the fields that this page type adds to the base page, in order; many-to-many fields come last.

        A many-to-many field with a ``through`` model of its own is not among them: its rows hold more than a draft can.
        """
        shared = {field.name for field in AbstractPage._meta.get_fields()} | {"id", "polymorphic_ctype", *TREE_FIELDS}
        return [
            field
            for field in [*cls._meta.concrete_fields, *filter(is_plain_relation, cls._meta.many_to_many)]
            if field.name not in shared and field.editable and not field.primary_key and not field.auto_created
        ]

    def facets(self) -> dict[str, list[str]]:
        """Return what public lists can be filtered by: by default the lists of words in ``metadata`` (tags, categories)."""
        found: dict[str, list[str]] = {}
        for name, value in (self.metadata or {}).items():
            if isinstance(value, list):
                words = [str(item)[:200] for item in value if isinstance(item, str | int)]
                if words:
                    found[str(name)[:50]] = words
        return found

    def search_extra(self) -> str:
        """Return more text of the page type to be found by the full-text search."""
        return ""

    def get_excerpt(self, text: str) -> str:
        """Return a short text for lists: of the metadata, the search engine description or the first 40 words of ``text``."""
        given = (self.metadata or {}).get("excerpt")
        if isinstance(given, str) and given.strip():
            return given.strip()
        if self.seo_description:
            return self.seo_description
        words = text.split(None, EXCERPT_WORDS)
        return " ".join(words[:EXCERPT_WORDS]) + ("…" if len(words) > EXCERPT_WORDS else "")

    def public_fields(self) -> JsonObject:
        """Return values of the type's fields as the public reads them, in place of the keys of rows; in lists too."""
        return {}

    @classmethod
    @contextmanager
    def loaded_for_public(cls, pages: Sequence[AbstractPage]) -> Iterator[None]:
        """Load at once what facets and public fields of ``pages``, all of this type, need while they are published."""
        yield

    def refused_fields(self, changed: Collection[str], actor: Actor) -> dict[str, list[str]]:
        """Return messages by field for those of the ``changed`` fields that hold what ``actor`` may not put there."""
        return {}


class AbstractPageMeta:
    """Constraints, indexes and permissions of the concrete base page.

    Apart from ``AbstractPage.Meta`` because that is inherited by every subtype too, whose table lacks these columns
    (``models.E016``). A host's page says ``class Meta(AbstractPageMeta)``.
    """

    verbose_name = _("page")
    verbose_name_plural = _("pages")
    base_manager_name = "all_objects"
    permissions = [
        ("publish_page", "Can publish pages"),
    ]
    indexes = [
        # Without a line of its own mptt's index is silently missing from migrations: 7.3 ms against 0.8 ms.
        models.Index(fields=["tree_id", "lft"], name="aicms_%(class)s_tree"),
        models.Index(fields=["site", "path"], name="aicms_%(class)s_path"),
        models.Index(fields=["go_live_at"], name="aicms_%(class)s_golive", condition=Q(go_live_at__isnull=False)),
        models.Index(fields=["expire_at"], name="aicms_%(class)s_expire", condition=Q(expire_at__isnull=False)),
    ]
    constraints = [
        models.UniqueConstraint(fields=["parent", "slug"], condition=Q(deleted_at=None), name="aicms_%(class)s_slug"),
        models.UniqueConstraint(fields=["site"], condition=Q(parent=None), name="aicms_%(class)s_root"),
    ]


class Page(AbstractPage):
    """The default page: a title and a document."""

    class Meta(AbstractPageMeta):
        swappable = "AI_CMS_PAGE_MODEL"
