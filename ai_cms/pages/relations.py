"""Many-to-many fields of a page type: values of the draft that have no column of their own.

What is set waits on the page until it is saved, so that a page can be shown as an older version was, and a refused write
leaves nothing behind; reading ``page.topics.all()`` gives what is set.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

__all__ = [
    "asked_once",
    "checked_key",
    "clean_related",
    "is_plain_relation",
    "related_ids",
    "related_ids_of",
    "remembered",
    "save_new_related",
    "save_related",
    "set_related",
]

_WAITING = "_related_to_save"
_KNOWN = "_related_as_saved"
_CACHE = "_prefetched_objects_cache"
_BATCH = 2_000
#: Keys that are known to name a row, by field; ``None`` where each is to be asked for.
_there: ContextVar[dict[tuple[Any, Any], Any] | None] = ContextVar("ai_cms_pages_rows_there", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """Ask inside only once whether a row exists that many pages refer to, such as a category of an import's posts."""
    token = _there.set({})
    try:
        yield
    finally:
        _there.reset(token)


def checked_key(field: Any, raw: Any, check: Callable[[], Any]) -> Any:
    """Return what ``check`` makes of the key ``raw`` of another row. Raises what it raises."""
    there = _there.get()
    if there is None:
        return check()
    if (field, raw) not in there:
        there[field, raw] = check()
    return there[field, raw]


def is_plain_relation(field: object) -> bool:
    """Return whether a many-to-many field holds nothing but which rows belong together."""
    through: Any = field.remote_field.through if isinstance(field, models.ManyToManyField) else None
    return through is not None and bool(through._meta.auto_created)


def is_ordered(field: Any) -> bool:
    """Return whether a field keeps the order in which its rows were given (``ordered_relations`` of the page type)."""
    return field.name in getattr(field.model, "ordered_relations", ())


def related_ids(page: models.Model, field: object) -> list[Any]:
    """Return the keys that a page's field holds, in their order."""
    return related_ids_of([page], field)[0]


def related_ids_of(pages: Sequence[models.Model], field: Any) -> list[list[Any]]:
    """Return the keys that a field of each page holds, in their order; one query for all pages."""
    stored = [page.pk for page in pages if page.pk is not None and _at_hand(page, field.name) is None]
    by_page: dict[Any, list[Any]] = {}
    if stored:
        source, target = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        rows = field.remote_field.through._base_manager.using(pages[0]._state.db).filter(**{f"{source}__in": stored})
        for page_id, key in rows.order_by("pk" if is_ordered(field) else target).values_list(source, target):
            by_page.setdefault(page_id, []).append(key)
    return [list(_at_hand(page, field.name) or by_page.get(page.pk, [])) for page in pages]


def _at_hand(page: models.Model, name: str) -> list[Any] | None:
    """Return the keys that wait, or that are known to be stored; ``None`` if the database is to be asked."""
    waiting: list[Any] | None = page.__dict__.get(_WAITING, {}).get(name)
    known: list[Any] | None = page.__dict__.get(_KNOWN, {}).get(name)
    return waiting if waiting is not None else known


@contextmanager
def remembered(pages: Sequence[models.Model]) -> Iterator[None]:
    """Save new ``pages`` inside without asking afterwards, for their histories and publications, what was just written."""
    for page in pages:
        names = [field.name for field in page._meta.many_to_many if is_plain_relation(field)]
        page.__dict__[_KNOWN] = {name: page.__dict__.get(_WAITING, {}).get(name, []) for name in names}
    try:
        yield
    finally:
        for page in pages:
            del page.__dict__[_KNOWN]


def set_related(page: models.Model, field: Any, ids: Iterable[Any], *, checked: bool = False) -> None:
    """Set a field's keys without saving; those whose row is gone are left out. ``checked``: all of them are there."""
    wanted = [field.target_field.to_python(value) for value in ids]
    there = set(wanted)
    if wanted and not checked:
        rows = field.related_model._base_manager.using(page._state.db).filter(pk__in=wanted)
        there = set(rows.values_list("pk", flat=True))
    kept = [key for key in dict.fromkeys(wanted) if key in there] if is_ordered(field) else sorted(there)
    # New dicts: a copy of the page shares these.
    page.__dict__[_WAITING] = {**page.__dict__.get(_WAITING, {}), field.name: kept}
    shown = field.related_model._default_manager.filter(pk__in=kept)
    page.__dict__[_CACHE] = {**page.__dict__.get(_CACHE, {}), field.name: shown}


def save_related(page: models.Model, names: Collection[str] | None = None) -> set[str]:
    """Write the fields of a saved page that wait (of ``names`` alone, if given); returns the names of all such fields."""
    fields = {field.name: field for field in page._meta.many_to_many if is_plain_relation(field)}
    waiting: dict[str, list[Any]] = dict(page.__dict__.get(_WAITING, {}))
    cache = dict(page.__dict__.get(_CACHE, {}))
    for name in list(waiting):
        if names is None or name in names:
            cache.pop(name, None)
            page.__dict__[_CACHE] = cache
            wanted = waiting.pop(name)
            if is_ordered(fields[name]):
                _write_ordered(page, fields[name], wanted)
            else:
                getattr(page, name).set(wanted)
    if _WAITING in page.__dict__:
        page.__dict__[_WAITING] = waiting
    return set(fields)


def save_new_related(pages: Sequence[models.Model]) -> None:
    """Write what waits on pages of one type that were just made, which have no rows yet: one statement for each field that
    keeps an order."""
    for field in pages[0]._meta.many_to_many:
        if not is_plain_relation(field) or not is_ordered(field):
            continue
        source, target = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
        through: Any = field.remote_field.through
        rows = []
        for page in pages:
            waiting = dict(page.__dict__.get(_WAITING, {}))
            cache = dict(page.__dict__.get(_CACHE, {}))
            rows += [through(**{source: page.pk, target: key}) for key in waiting.pop(field.name, ())]
            cache.pop(field.name, None)
            page.__dict__[_WAITING], page.__dict__[_CACHE] = waiting, cache
        through._base_manager.using(pages[0]._state.db).bulk_create(rows, batch_size=_BATCH)
    for page in pages:
        save_related(page)


def _write_ordered(page: models.Model, field: Any, wanted: list[Any]) -> None:
    """Make the rows of a field those of ``wanted``, in this order: the order of the rows that hold them together."""
    through: Any = field.remote_field.through
    rows = through._base_manager.using(page._state.db)
    source, target = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
    own = rows.filter(**{source: page.pk})
    present = list(own.order_by("pk").values_list(target, flat=True))
    if present != wanted[: len(present)]:
        own.delete()
        present = []
    rows.bulk_create(through(**{source: page.pk, target: key}) for key in wanted[len(present) :])


def clean_related(field: Any, raw: Any) -> list[Any]:
    """Return the keys in ``raw``, a list of them. Raises ValidationError for what is no list, or names no row."""
    if not isinstance(raw, list | tuple):
        raise ValidationError(_("Give a list of ids."))
    ids = []
    for item in raw:
        if not isinstance(item, str | int) or isinstance(item, bool):
            raise ValidationError(_("Not a valid value."))
        ids.append(field.target_field.to_python(item))
    if not ids and not field.blank:
        raise ValidationError(_("This field is required."))
    there = _there.get()
    found = {key for key in ids if there is not None and (field, key) in there}
    asked = [key for key in ids if key not in found]
    if asked:
        rows: models.QuerySet[Any] = field.related_model._base_manager.filter(pk__in=asked)
        limit = field.get_limit_choices_to()
        if limit:
            rows = rows.complex_filter(limit)
        try:
            found |= set(rows.values_list("pk", flat=True))
        except (OverflowError, ValueError) as error:
            raise ValidationError(_("Not a valid value.")) from error
    if there is not None:
        there.update({(field, key): key for key in found})
    missing = [str(item)[:100] for item in ids if item not in found]
    if missing:
        raise ValidationError(
            _("There is no %(name)s %(ids)s.")
            % {"name": field.related_model._meta.verbose_name, "ids": ", ".join(missing)}
        )
    return list(dict.fromkeys(ids)) if is_ordered(field) else sorted(found)
