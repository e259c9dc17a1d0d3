"""``/posts/``: posts by slug, in the shape of a simple blog."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.parsers import FormParser, JSONParser, MultiPartParser
from ai_cms.core.api.versions import expected_version, set_version
from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused
from ai_cms.core.mappings import CleanedData, Columns
from ai_cms.pages.addresses import url_prefix
from ai_cms.pages.api.base import PagesViewSet
from ai_cms.pages.api.page_filters import flag
from ai_cms.pages.current_site import site_of
from ai_cms.pages.models import AbstractPage, Publication, Redirect
from ai_cms.pages.routing import site_key
from ai_cms.posts import get_category_model, get_post_model
from ai_cms.posts.authors import author_condition, author_slug
from ai_cms.posts.conf import posts_settings
from ai_cms.posts.listing import PostEntry, PostList
from ai_cms.posts.names import MAX_TAGS
from ai_cms.posts.querysets import PostFilter
from ai_cms.posts.services import create_post, delete_post, restore_post, update_post, with_picture

from .serializers import (
    PostCreateSerializer,
    PostReplaceSerializer,
    PostRestoreSerializer,
    PostRowSerializer,
    PostSerializer,
    PostUpdateSerializer,
    PostWrittenSerializer,
)
from .shapes import draft_json, draft_rows, published_json, published_row

__all__ = ["PostViewSet"]

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)
MOVED = OpenApiResponse(description="The post has another slug now; Location has it.")
WORDS = 16

LIST_PARAMETERS = [
    OpenApiParameter("is_published", bool),
    OpenApiParameter("categories", str, description="A slug; its sub-categories are included. Several between commas."),
    OpenApiParameter("author", str, description="The slug of an author, or me."),
    OpenApiParameter("tags", str, description="A tag, in any spelling. Several between commas: any of them."),
    OpenApiParameter("search", str, description="Words in title and body."),
]


def bodies(shape: object) -> dict[str, Any]:
    """Return the media types that a body may have, for the schema."""
    return {"application/json": shape, "multipart/form-data": shape}


@extend_schema_view(
    list=extend_schema(
        summary="List posts",
        description="The newest first: what is published, one's own drafts, and for editors all drafts.",
        parameters=LIST_PARAMETERS,
        responses=PostRowSerializer(many=True),
    ),
    retrieve=extend_schema(
        summary="Read a post",
        description="The draft for those who may read it, else what was published.",
        parameters=[SLUG],
        responses={200: PostSerializer, 301: MOVED},
    ),
    create=extend_schema(
        summary="Create a post", request=bodies(PostCreateSerializer), responses={201: PostWrittenSerializer}
    ),
    update=extend_schema(
        summary="Replace a post",
        parameters=[SLUG],
        request=bodies(PostReplaceSerializer),
        responses=PostWrittenSerializer,
    ),
    partial_update=extend_schema(
        summary="Change a post",
        parameters=[SLUG],
        request=bodies(PostUpdateSerializer),
        responses=PostWrittenSerializer,
    ),
    destroy=extend_schema(
        summary="Put a post into the bin",
        description="/posts/{slug}/restore/ brings it back.",
        parameters=[SLUG],
        responses={204: None},
    ),
)
class PostViewSet(PagesViewSet):
    """Posts."""

    serializer_class = PostSerializer
    filter_backends = ()
    lookup_url_kwarg = "slug"
    parser_classes = (MultiPartParser, FormParser, JSONParser)
    versioned = frozenset({"update", "partial_update", "destroy", "restore"})
    rights = {
        "list": "view",
        "retrieve": "view",
        # Asked of the service: members write below the blog without a right to the blog itself.
        "create": "add",
        "update": "change",
        "partial_update": "change",
        "destroy": "delete",
        "restore": "restore",
    }

    @property
    def idempotency_atomic(self) -> bool:  # type: ignore[override]
        # A picture goes to a storage; no transaction may be held meanwhile.
        return not self.request.content_type.startswith("multipart/")

    def base_queryset(self) -> Any:
        return get_post_model().objects.all()

    def list(self, request: Request) -> Response:
        wanted = self.wanted()
        # A search is by the rules of the site's language.
        site = site_of(request._request) if wanted.search else None
        posts: Any = PostList(
            self.actor,
            site.pk if site else partial(site_key, request._request),
            wanted,
            locale=site.locale if site else "",
            window=asked_window(self.paginator, request),
            host="" if site else request.get_host(),
        )
        found: Sequence[PostEntry] = self.page_of(posts)
        # A draft that is as it was published is read from its publication, which needs no further query.
        changed = [entry.pk for entry in found if entry.is_draft]
        drafts = get_post_model().objects.non_polymorphic().in_bulk(changed) if changed else {}
        shown = dict(zip(drafts, draft_rows(list(drafts.values()), request), strict=True))
        prefix = url_prefix()
        return self.get_paginated_response(
            [shown[entry.pk] if entry.pk in shown else published_row(entry, request, prefix) for entry in found]
        )

    def retrieve(self, request: Request, slug: str) -> Response:
        post = self.find()
        if post is None:
            return self.moved()
        if self.policy.can(self.actor, "view", post):
            response = Response(draft_json(post, request))
            set_version(response, post.version)
            return response
        publication = public_version(post)
        if publication is None:
            raise NotFound
        return Response(published_json(post, publication, request))

    def create(self, request: Request) -> Response:
        values = self.values(PostCreateSerializer)
        site = site_of(request._request)
        if site is None:
            raise InvalidInput(errors={"parent": [_("There is no site yet.")]})
        with with_picture(values, actor=self.actor):
            post = create_post(actor=self.actor, site=site, **values)
        response = self.written(post, status=201)
        response["Location"] = reverse("ai_cms_api:post-detail", kwargs={"slug": post.slug})
        return response

    def update(self, request: Request, slug: str) -> Response:
        return self._write(PostReplaceSerializer)

    def partial_update(self, request: Request, slug: str) -> Response:
        return self._write(PostUpdateSerializer, partial=True)

    def destroy(self, request: Request, slug: str) -> Response:
        delete_post(self.post_to_write(), actor=self.actor, expected_version=expected_version(request))
        return Response(status=204)

    @extend_schema(
        summary="Bring a post back from the bin",
        description="As it was: published, if it was.",
        parameters=[SLUG],
        request=PostRestoreSerializer,
        responses=PostSerializer,
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, slug: str) -> Response:
        values = self.body(request, PostRestoreSerializer)
        site = site_of(request._request)
        rows = self.policy.visible(self.actor, get_post_model().all_objects.deleted())
        rows = rows.filter(site_id=getattr(site, "pk", None), slug=slug)
        post = rows.order_by("-deleted_at").first()
        if post is None:
            raise NotFound
        self.require(self.right, post)
        post = restore_post(
            post, actor=self.actor, slug=values.get("slug", ""), expected_version=expected_version(request)
        )
        response = Response(draft_json(post, request))
        set_version(response, post.version)
        return response

    def wanted(self) -> PostFilter:
        """Return what the query asks for. Raises InvalidInput, naming the parameter."""
        query = self.request.query_params
        words = " ".join(query.get("search", "").split())
        if len(words.split()) > WORDS:
            raise InvalidInput(errors={"search": [_("At most %(limit)d words.") % {"limit": WORDS}]})
        author = query.get("author", "").strip()
        if author == "me":
            author = author_slug(self.actor.user)
        return PostFilter(
            is_published=flag_or_none(query, "is_published"),
            categories=listed(query, "categories"),
            author=author,
            tags=listed(query, "tags"),
            search=words,
        )

    def find(self) -> AbstractPage | None:
        """Return the post that the path names, whoever may see it."""
        site = site_of(self.request._request)
        rows = get_post_model().objects.filter(site_id=getattr(site, "pk", None), slug=self.kwargs["slug"])
        # One slug may stand below several pages; the blog's goes first.
        return min(rows.order_by()[:50], key=lambda row: (not _on_blog(row), row.pk), default=None)

    def moved(self) -> Response:
        """Answer 301 for a slug that a published post had before. Raises NotFound."""
        site = site_of(self.request._request)
        path = f"{posts_settings.POSTS_PARENT}{self.kwargs['slug']}/"
        old = Redirect.objects.filter(site=site, old_path=path, target="")
        post = get_post_model().objects.filter(pk__in=old.values("page_id")).first()
        if post is None or (public_version(post) is None and not self.policy.can(self.actor, "view", post)):
            raise NotFound
        address = reverse("ai_cms_api:post-detail", kwargs={"slug": post.slug})
        return Response(status=301, headers={"Location": address})

    def post_to_write(self) -> AbstractPage:
        """Return the post that the path names. Raises NotFound, PermissionRefused where the public may read it."""
        post = self.find()
        if post is None:
            raise NotFound
        if not self.policy.can(self.actor, "view", post):
            if public_version(post) is not None:
                raise PermissionRefused
            raise NotFound
        self.require(self.right, post)
        return post

    def _write(self, shape: type[BaseSerializer[Any]], **options: object) -> Response:
        post = self.post_to_write()
        values = self.values(shape, **options)
        with with_picture(values, actor=self.actor):
            post = update_post(post, actor=self.actor, expected_version=expected_version(self.request), **values)
        return self.written(post)

    def written(self, post: AbstractPage, *, status: int = 200) -> Response:
        """Answer with a post that was just written."""
        data = draft_json(post, self.request)
        data["categories"] = [row["id"] for row in data["categories"]]
        response = Response(data, status=status)
        set_version(response, post.version)
        return response

    def values(self, shape: type[BaseSerializer[Any]], **options: object) -> CleanedData:
        """Return the body as the services take it, a picture in it as with_picture() does."""
        given = self.body(self.request, shape, **options)
        names = ("title", "body", "slug", "tags", "is_published")
        found: CleanedData = {name: given[name] for name in names if name in given}
        own = ("excerpt", "series", "series_position", "sticky")
        fields: Columns = {name: given[name] for name in own if name in given}
        if "categories" in given:
            fields["categories"] = category_keys(given["categories"])
        if "coauthors" in given:
            fields["coauthors"] = [user_of(slug, "coauthors").pk for slug in given["coauthors"]]
        if given.get("author"):
            found["author"] = user_of(given["author"], "author")
        if given.get("thumbnail") is not None:
            fields["thumbnail"] = given["thumbnail"]
        elif "thumbnail_id" in given:
            fields["thumbnail"] = given["thumbnail_id"]
        return {**found, "fields": fields}


def asked_window(paginator: Any, request: Request) -> slice | None:
    """Return the part of a list that a query asks for; ``None`` where the paginator has to find out or to refuse."""
    number = request.query_params.get(paginator.page_query_param, "1")
    if not (number.isascii() and number.isdecimal()) or len(number) > 9 or not int(number):
        return None
    size = paginator.get_page_size(request)
    return slice((int(number) - 1) * size, int(number) * size)


def _on_blog(post: AbstractPage) -> bool:
    return bool(post.path == f"{posts_settings.POSTS_PARENT}{post.slug}/")


def public_version(post: AbstractPage) -> Publication | None:
    """Return what the public sees of a post, or ``None``."""
    return Publication.objects.public().filter(page_id=post.pk).first()


def flag_or_none(parameters: QueryDict, name: str) -> bool | None:
    """Return a parameter that is true, false or absent. Raises InvalidInput."""
    return flag(parameters, name) if parameters.get(name) else None


def listed(parameters: QueryDict, name: str) -> tuple[str, ...]:
    """Return the values of a parameter: repeated, or between commas. Raises InvalidInput."""
    parts = [part.strip() for raw in parameters.getlist(name) for part in raw.split(",")]
    found = tuple(dict.fromkeys(part for part in parts if part))
    if len(found) > MAX_TAGS:
        raise InvalidInput(errors={name: [_("At most %(limit)d values.") % {"limit": MAX_TAGS}]})
    return found


def category_keys(given: list[int | str]) -> list[Any]:
    """Return the keys of categories named by id or slug. Raises InvalidInput."""
    rows = get_category_model()._base_manager
    ids = [item for item in given if isinstance(item, int)]
    slugs = [item for item in given if isinstance(item, str)]
    known: dict[Any, Any] = {pk: pk for pk in rows.filter(pk__in=ids).values_list("pk", flat=True)} if ids else {}
    known |= dict(rows.filter(slug__in=slugs).values_list("slug", "pk")) if slugs else {}
    missing = [str(item)[:100] for item in given if item not in known]
    if missing:
        raise InvalidInput(
            errors={"categories": [_("There is no category %(names)s.") % {"names": ", ".join(missing)}]}
        )
    return list(dict.fromkeys(known[item] for item in given))


def user_of(slug: str, field: str) -> Any:
    """Return the active user of a slug. Raises InvalidInput."""
    found = get_user_model()._default_manager.filter(author_condition(slug), is_active=True).first()
    if found is None:
        raise InvalidInput(errors={field: [_("There is no author %(name)s.") % {"name": slug[:100]}]})
    return found
