"""Make posts of what importers read as posts: with categories, tags, authors, their place in a series, and their lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.urls import NoReverseMatch

from ai_cms.assets import get_image_model
from ai_cms.core.mappings import Columns
from ai_cms.core.permissions import Actor, ActorLike
from ai_cms.core.slugs import make_slug
from ai_cms.transfer import ImportedAuthor, ImportedTerm, ImportHook, ImportItem, OldArchive, importers

from . import get_blog_model, get_category_model, get_post_model, get_tag_model
from .archives import archive_url, feed_url
from .authors import author_slug
from .exceptions import CategoryTaken
from .names import MAX_TAGS, TAG_LENGTH, tag_key
from .services import create_category, tags_named

if TYPE_CHECKING:
    from .taxonomy import AbstractCategory

__all__ = ["PostMaker"]

_REFERENCE = re.compile(r"asset:([0-9]{1,18})")


@importers.register
class PostMaker(ImportHook):
    """Turn items of the kind "post" into posts, and the pages above them into blogs."""

    takes_terms = True
    runs_last = True

    def __init__(self) -> None:
        self.locale = "en"
        self.may_add_users = False
        self._categories: dict[tuple[Any, str], Any] = {}
        self._people: dict[ImportedAuthor, Any] = {}
        self._pictures: dict[int, bool] = {}

    def begin(self, target: Any, actor: ActorLike) -> None:
        who = Actor.of(actor)
        users = get_user_model()._meta
        self.locale = target.locale
        self.may_add_users = who.is_system or who.has_perm(f"{users.app_label}.add_{users.model_name}")

    def before_item(self, item: ImportItem) -> ImportItem | None:
        if item.page_type is not None:
            return item
        if item.kind == "post":
            item.page_type = get_post_model().type_name()
            _move_to_fields(item)
            self._move_picture(item)
        elif item.lists_posts:
            item.page_type = get_blog_model().type_name()
            # A blog lists its posts by itself.
            item.blocks = [block for block in item.blocks if block.get("type") != "page_list"]
        return item

    def values(self, item: ImportItem) -> Mapping[str, Any]:
        if item.page_type != get_post_model().type_name():
            return {}
        people = [self.person(author) for author in item.authors]
        # Keys as the fields of pages take them: a UUID as text.
        keys = [pk if isinstance(pk, int) else str(pk) for pk in dict.fromkeys(user.pk for user in people if user)]
        words = [term.name[:TAG_LENGTH].strip() for term in item.terms if term.kind == "tag"]
        # Spellings of one word are one tag; the limit is for those.
        names = list({tag_key(name): name for name in words if tag_key(name)}.values())[:MAX_TAGS]
        categories = [self.category(term) for term in item.terms if term.kind == "category"]
        found: dict[str, Any] = {
            "author": keys[0] if keys else None,
            "coauthors": keys[1:],
            "tags": [tag.pk for tag in tags_named(names, locale=self.locale)],
            "categories": list(dict.fromkeys(row.pk for row in categories)),
        }
        if series := next((term.name for term in item.terms if term.kind == "series"), ""):
            found["series"] = series[:100]
        return found

    def _move_picture(self, item: ImportItem) -> None:
        """Make the featured picture the post's, where it was taken in as an asset; an address stays in the metadata."""
        match = _REFERENCE.fullmatch(str(item.metadata.get("image") or ""))
        if match is None:
            return
        key = int(match[1])
        if key not in self._pictures:
            self._pictures[key] = get_image_model()._base_manager.filter(pk=key).exists()
        if self._pictures[key]:
            item.fields["thumbnail"] = key
            for name in ("image", "image_alt"):
                item.metadata.pop(name, None)

    # Rows for what the source names

    def category(self, term: ImportedTerm) -> Any:
        """Return the category of a term, made with those above it if it is missing."""
        parent: Any = None
        for each in term.line():
            key = (None if parent is None else parent.pk, each.slug or each.name)
            if key not in self._categories:
                self._categories[key] = self._find(each, parent) or self._make(each, parent)
            parent = self._categories[key]
        return parent

    def _find(self, term: ImportedTerm, parent: Any) -> AbstractCategory | None:
        rows = get_category_model()._base_manager
        beside = rows.filter(parent=parent, name__iexact=_name(term)).first()
        return beside or (rows.filter(slug=make_slug(term.slug)).first() if term.slug else None)

    def _make(self, term: ImportedTerm, parent: Any) -> Any:
        values = {
            "actor": Actor.system("import"),
            "name": _name(term),
            "description": term.description[:5_000],
            "parent": parent,
        }
        slug = make_slug(term.slug, fallback="") if term.slug else ""
        try:
            return create_category(slug=slug, **values)
        except CategoryTaken:
            return create_category(**values)

    def person(self, author: ImportedAuthor) -> Any:
        """Return the account of an author: by the e-mail address, the slug or the name. One is made, for nobody to log in
        with, where the source has an address for it and who imports may make accounts. ``None``: the name is kept as text."""
        if author not in self._people:
            found = self._account(author)
            self._people[author] = found or self._make_account(author)
        return self._people[author]

    def _account(self, author: ImportedAuthor) -> Any:
        model = get_user_model()
        fields = {field.name for field in model._meta.concrete_fields}
        # The first that finds somebody: an address is sure, a name is not.
        asked = [("email__iexact", author.email), ("slug", author.slug), ("username__iexact", author.slug)]
        asked += [("username__iexact", author.name), ("name__iexact", author.name), ("slug", make_slug(author.name))]
        for lookup, value in asked:
            if value and lookup.partition("__")[0] in fields:
                found = model._base_manager.filter(Q(**{lookup: value})).order_by("pk")[:2]
                if len(found) == 1:
                    return found[0]
        return None

    def _make_account(self, author: ImportedAuthor) -> Any:
        if not author.email or "@" not in author.email or not self.may_add_users:
            return None
        model: Any = get_user_model()
        fields = {field.name for field in model._meta.concrete_fields}
        values: Columns = {"email": author.email, "is_active": False}
        if "username" in fields:
            values["username"] = (author.slug or author.name)[:150]
        if "name" in fields:
            values["name"] = author.name[:150]
        elif "first_name" in fields:
            values["first_name"] = author.name[:150]
        user = model(**values)
        user.set_unusable_password()
        user.save()
        return user

    # Lists of old

    def archive_url(self, archive: OldArchive) -> str | None:
        slug = self._slug_of(archive)
        if slug is None:
            return None
        try:
            return feed_url(archive.feed, archive.kind, slug) if archive.feed else archive_url(archive.kind, slug)
        except NoReverseMatch:
            # Lists of posts are not mounted in this project.
            return None

    def _slug_of(self, archive: OldArchive) -> str | None:
        value = archive.value
        if archive.kind == "category":
            rows = get_category_model()._base_manager.filter(Q(slug=make_slug(value)) | Q(name__iexact=value))
            return _first_slug(rows)
        if archive.kind == "tag":
            tags = get_tag_model()._base_manager.filter(Q(slug=make_slug(value)) | Q(key=tag_key(value)))
            return _first_slug(tags.filter(locale=self.locale))
        if archive.kind == "author":
            named = [
                person for author, person in self._people.items() if value in (author.slug, author.name) and person
            ]
            found = named[0] if named else self._account(ImportedAuthor(value, slug=value))
            return author_slug(found) if found is not None else None
        return value


def _first_slug(rows: Any) -> str | None:
    found: str | None = rows.order_by("pk").values_list("slug", flat=True).first()
    return found


def _name(term: ImportedTerm) -> str:
    return " ".join((term.name or term.slug).split())[:100]


def _move_to_fields(item: ImportItem) -> None:
    """Put what posts have fields for out of the metadata."""
    for name in ("categories", "tags"):
        item.metadata.pop(name, None)
    if excerpt := item.metadata.pop("excerpt", ""):
        item.fields["excerpt"] = str(excerpt)[:2_000]
    if item.metadata.pop("sticky", False):
        item.fields["sticky"] = True
