"""Publish items of the library, and find what applies to a piece of writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import router, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from ai_cms.core.acting import current_run
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.llm.briefing import Briefing
from ai_cms.pages.prepared import PreparedQuery

from .conf import assist_settings
from .models import LibraryItem, LibraryKind, LibraryUse, LibraryVersion
from .prompting import check_prompt

__all__ = [
    "applying",
    "briefed",
    "instructing",
    "library_briefing",
    "note_use",
    "protected_phrases",
    "publish_item",
    "retire_item",
    "told",
]

#: What is told first, and so what is kept where there is too much.
_ORDER = [
    LibraryKind.DO_NOT,
    LibraryKind.PROTECTED,
    LibraryKind.GLOSSARY,
    LibraryKind.VOICE,
    LibraryKind.FACTS,
    LibraryKind.PROMPT,
]


def publish_item(item: LibraryItem, *, actor: ActorLike) -> LibraryVersion:
    """Make the draft of an item what models are told from now on; the same text in the same scope makes no new version.

    Raises InvalidInput for an empty text and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(item).require(who, "publish", item)
    with transaction.atomic(using=router.db_for_write(LibraryItem)):
        row = LibraryItem.objects.select_for_update(of=("self",)).select_related("published").get(pk=item.pk)
        if not row.text.strip():
            raise InvalidInput(errors={"text": [_("There is nothing to publish.")]})
        if row.kind == LibraryKind.PROMPT:
            # Asked again about the row itself, whose kind may have changed meanwhile.
            policy_for(row).require(who, "publish", row)
            if not row.task:
                raise InvalidInput(errors={"task": [_("Name the task that these are the instructions of.")]})
            check_prompt(row.text)
        values: dict[str, Any] = {"kind": row.kind, "name": row.name, "text": row.text.strip(), "scope": _scope(row)}
        version = row.published
        if version is None or any(getattr(version, name) != value for name, value in values.items()):
            last = row.versions.aggregate(last=Max("number"))["last"] or 0
            version = LibraryVersion.objects.create(item=row, number=last + 1, published_by=who.account, **values)
            row.published = version
            row.save(update_fields=["published", "updated_at"])
    item.published = version
    return version


def retire_item(item: LibraryItem, *, actor: ActorLike) -> None:
    """Have models told nothing of an item any more; its versions stay. Raises what permissions raise."""
    policy_for(item).require(Actor.of(actor), "publish", item)
    LibraryItem.objects.filter(pk=item.pk).update(published=None)
    item.published = None


def _scope(item: LibraryItem) -> JsonObject:
    found = {"below": item.below_id, "page_type": item.page_type, "locale": item.locale, "task": item.task}
    return {name: value for name, value in found.items() if value}


def applying(task: str, page: Any) -> list[LibraryVersion]:
    """Return the published versions for a task and a page (the one that is written, or is to be written below); ``None``: of no
    page. As many as ASSIST_LIBRARY_CHARACTERS take; what has the narrower scope comes first."""
    return _in_the_room(_fitting(_told_of(task), page))


def briefed(task: str, page: Any) -> tuple[LibraryVersion | None, list[LibraryVersion]]:
    """Return what ``instructing()`` and ``applying()`` do, by one query; by a cheaper one where nothing is published at all."""
    if not _anything.rows():
        return None, []
    found = _fitting(_instructs(task) | _told_of(task), page)
    prompts = [version for version in found if version.kind == LibraryKind.PROMPT]
    told = [version for version in found if version.kind != LibraryKind.PROMPT]
    return prompts[0] if prompts else None, _in_the_room(told)


_anything = PreparedQuery(
    lambda mark: LibraryItem.objects.filter(published__isnull=False).order_by().values_list("pk")[:1]
)


def _in_the_room(found: Iterable[LibraryVersion]) -> list[LibraryVersion]:
    room = assist_settings.ASSIST_LIBRARY_CHARACTERS
    chosen = []
    for version in found:
        if len(version.text) <= room:
            room -= len(version.text)
            chosen.append(version)
    return chosen


def instructing(task: str, page: Any) -> LibraryVersion | None:
    """Return the site's own prompt for a task and a page, that of the narrowest scope; ``None``: the shipped one holds."""
    found = _fitting(_instructs(task), page)
    return found[0] if found else None


def _told_of(task: str) -> Q:
    return Q(task__in=["", task]) & ~Q(published__kind=LibraryKind.PROMPT)


def _instructs(task: str) -> Q:
    # By what was published: a draft that names another task or kind has no say yet.
    return Q(published__kind=LibraryKind.PROMPT, published__scope__task=task)


def _fitting(where: Q, page: Any) -> list[LibraryVersion]:
    """Return the published versions whose scope fits a page, the narrowest first."""
    where &= Q(published__isnull=False)
    if page is None:
        where &= Q(below=None, page_type="", locale="")
    else:
        where &= Q(page_type__in=["", page.type_name()])
        where &= Q(locale__in=["", page.locale, page.locale.partition("-")[0]])
        where &= Q(below=None) | Q(
            below__tree_id=page.tree_id, below__lft__lte=page.lft, below__rght__gte=page.rght, below__deleted_at=None
        )
    rows = LibraryItem.objects.filter(where).select_related("published", "below").defer("below__content_json")
    return [item.published for item in sorted(rows, key=_rank) if item.published is not None]


def _rank(item: LibraryItem) -> tuple[int, int, int, int]:
    narrow = sum(map(bool, (item.page_type, item.locale, item.task)))
    depth = item.below.level + 1 if item.below is not None else 0
    return (-depth, -narrow, _ORDER.index(LibraryKind(item.kind)), item.pk)


def told(versions: Sequence[LibraryVersion]) -> str:
    """Return what a model is told of the library, by kind; "" for nothing."""
    titles = {
        LibraryKind.VOICE: "How this site speaks",
        LibraryKind.GLOSSARY: "Words of this site",
        LibraryKind.FACTS: "Facts that hold for this site; use them, add none",
        LibraryKind.PROTECTED: "Phrases that stay to the letter wherever they stand",
        LibraryKind.DO_NOT: "Never do this",
    }
    parts = []
    for kind, title in titles.items():
        texts = [version.text for version in versions if version.kind == kind]
        if texts:
            parts.append(f"## {title}\n\n" + "\n\n".join(texts))
    return "\n\n".join(parts)


def protected_phrases(versions: Sequence[LibraryVersion]) -> list[str]:
    """Return the phrases that answers have to keep to the letter, one of each line."""
    texts = (version.text for version in versions if version.kind == LibraryKind.PROTECTED)
    return [line.strip() for text in texts for line in text.splitlines() if line.strip()]


def library_briefing(purpose: str) -> Briefing | None:
    """Return what answers of another app are told of the library, such as those in chats; ``None`` for nothing."""
    versions = applying(purpose, None) if assist_settings.ASSIST_LIBRARY_IN_CHAT else []
    if not versions:
        return None
    return Briefing(told(versions), lambda call: note_use(versions, call=call, task=purpose))


def note_use(versions: Sequence[LibraryVersion], *, call: object, task: str) -> None:
    """Write down which versions a call was told."""
    run = current_run()[:64]
    LibraryUse.objects.bulk_create(
        LibraryUse(version=version, call=str(call)[:64], run=run, task=task[:100]) for version in versions
    )
