"""Change and delete messages, react to them."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput, PermissionRefused
from ai_cms.core.permissions import Actor, ActorLike, policy_for

from ..exceptions import AnswerOpen
from ..locks import lock_conversation, next_change
from ..models import Message, Reaction
from .sending import checked_content, must_be

__all__ = ["add_reaction", "delete_message", "edit_message", "remove_reaction"]

#: Reactions that one message may have: more than anybody looks at.
MOST_REACTIONS = 500


def edit_message(message: Message, content: str, *, actor: ActorLike) -> Message:
    """Change one's own message where it stands; answers to it stay as they are.

    Raises InvalidMessage, NotPossible and what permissions raise.
    """
    policy_for(message).require(actor, "change", message)
    must_be(not message.is_deleted, _("This message was deleted."))
    text = checked_content(content, empty=bool(message.attachments))
    with transaction.atomic():
        conversation = lock_conversation(message.conversation_id)
        if text != message.content:
            Message.objects.filter(pk=message.pk).update(
                content=text, edited_at=timezone.now(), updated_at=timezone.now(), change=next_change(conversation)
            )
    message.refresh_from_db()
    return message


def delete_message(message: Message, *, actor: ActorLike) -> None:
    """Take a message's words away; that there was one stays, for what hangs on it. Deleting it again changes nothing.

    Raises AnswerOpen while it is being written, and what permissions raise.
    """
    policy_for(message).require(actor, "delete", message)
    with transaction.atomic():
        conversation = lock_conversation(message.conversation_id)
        fresh = Message.objects.select_related("run").get(pk=message.pk)
        if fresh.is_open and fresh.run is not None and not fresh.run.is_finished:
            raise AnswerOpen
        rows = Message.objects.filter(pk=message.pk, deleted_at__isnull=True)
        rows.update(
            content="",
            attachments=[],
            rounds=[],
            citations=[],
            deleted_at=timezone.now(),
            updated_at=timezone.now(),
            change=next_change(conversation),
        )
        Reaction.objects.filter(message=message).delete()


def add_reaction(message: Message, emoji: str, *, actor: ActorLike) -> Message:
    """Put an emoji of the actor on a message; the same again changes nothing. Raises InvalidInput and what permissions raise."""
    who = _reacting(message, actor)
    sign = emoji.strip()
    if not sign or len(sign) > 32 or any(character.isspace() or character.isascii() for character in sign):
        raise InvalidInput(errors={"emoji": [_("An emoji is needed.")]})
    must_be(not message.is_deleted, _("This message was deleted."))
    try:
        with transaction.atomic():
            conversation = lock_conversation(message.conversation_id)
            must_be(message.reactions.count() < MOST_REACTIONS, _("There are as many reactions as there may be."))
            _row, created = Reaction.objects.get_or_create(message=message, user=who.account, emoji=sign)
            if created:
                Message.objects.filter(pk=message.pk).update(change=next_change(conversation))
    except IntegrityError:
        # Twice at once: it is there.
        pass
    return message


def remove_reaction(message: Message, emoji: str, *, actor: ActorLike) -> Message:
    """Take the actor's emoji off a message. Raises what permissions raise."""
    who = _reacting(message, actor)
    with transaction.atomic():
        conversation = lock_conversation(message.conversation_id)
        gone, _rows = Reaction.objects.filter(message=message, user=who.account, emoji=emoji.strip()).delete()
        if gone:
            Message.objects.filter(pk=message.pk).update(change=next_change(conversation))
    return message


def _reacting(message: Message, actor: ActorLike) -> Actor:
    who = Actor.of(actor)
    policy_for(message.conversation).require(who, "post", message.conversation)
    if who.account is None:
        raise PermissionRefused
    return who
