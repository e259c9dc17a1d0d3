"""Prompts of a site's own: items of the library that stand in for the shipped instructions of one task, in versions."""

from __future__ import annotations

from django.db import router, transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import Conflict, NotFound
from ai_cms.core.permissions import Actor, ActorLike, get_policy

from .library import publish_item, retire_item
from .models import LibraryItem, LibraryKind, LibraryVersion
from .prompting import check_prompt, digest_of
from .registry import WritingTask

__all__ = ["own_prompt", "publish_prompt", "revert_prompt", "save_prompt", "use_shipped"]


def own_prompt(task: WritingTask) -> LibraryItem | None:
    """Return the site's own prompt of a task for everything, with its published version; ``None`` for none, not even a draft.

    Those for a subtree, a page type or a language are items of the library like any other.
    """
    rows = LibraryItem.objects.filter(kind=LibraryKind.PROMPT, task=task.name, below=None, page_type="", locale="")
    return rows.select_related("published__published_by").order_by("pk").first()


def save_prompt(task: WritingTask, text: str, *, actor: ActorLike, seen: str = "") -> LibraryItem:
    """Keep ``text`` as the draft of a task's prompt; models get it once it is published.

    ``seen``: by what the text of the draft that was edited is known (``digest_of``); "": there was none. Raises
    InvalidInput for what may not stand in a prompt, Conflict where somebody else has saved one since, and what permissions raise.
    """
    who = Actor.of(actor)
    text = text.replace("\r\n", "\n").strip()
    get_policy(LibraryItem).require(who, "add" if own_prompt(task) is None else "change")
    check_prompt(text, task.options())
    with transaction.atomic(using=router.db_for_write(LibraryItem)):
        item = own_prompt(task)
        if item is None:
            return LibraryItem.objects.create(kind=LibraryKind.PROMPT, task=task.name, name=str(task.name), text=text)
        changed = LibraryItem.objects.filter(pk=item.pk)
        row = changed.select_for_update().get()
        if row.text != text:
            if digest_of(row.text) != seen:
                raise Conflict(_("Somebody else has saved this prompt meanwhile."), code="prompt_changed")
            row.text = text
            row.save(update_fields=["text", "updated_at"])
    return row


def publish_prompt(item: LibraryItem, task: WritingTask, *, actor: ActorLike) -> LibraryVersion:
    """Have models instructed by the draft from now on. Raises InvalidInput and what permissions raise."""
    check_prompt(item.text, task.options())
    return publish_item(item, actor=actor)


def revert_prompt(item: LibraryItem, number: int, task: WritingTask, *, actor: ActorLike) -> LibraryVersion:
    """Publish the text of an earlier version once more, as a new version; the draft becomes it too.

    Raises NotFound for no such version, and what publishing raises.
    """
    who = Actor.of(actor)
    get_policy(LibraryItem).require(who, "publish", item)
    version = item.versions.filter(number=number, kind=LibraryKind.PROMPT).first()
    if version is None:
        raise NotFound
    check_prompt(version.text, task.options())
    LibraryItem.objects.filter(pk=item.pk).update(text=version.text)
    item.refresh_from_db()
    return publish_item(item, actor=who)


def use_shipped(item: LibraryItem, *, actor: ActorLike) -> None:
    """Have models instructed by the shipped prompt again; draft and versions stay. Raises what permissions raise."""
    retire_item(item, actor=actor)
