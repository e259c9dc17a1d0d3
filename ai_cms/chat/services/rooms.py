"""Rooms: who is in, who is asked in, who leaves, which agents listen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused
from ai_cms.core.limits import check_limit
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for

from .. import get_conversation_model
from ..conf import chat_settings
from ..exceptions import OwnerStays, TooMany
from ..locks import lock_conversation
from ..models import ConversationKind, Invitation, Member, MemberRole
from ..permissions import membership_of
from ..waking import wake_readers
from .conversations import assign

__all__ = [
    "add_agent",
    "create_room",
    "invite",
    "join_room",
    "leave_room",
    "mark_read",
    "remove_member",
    "set_role",
]

#: Invitations of one person in an hour: so that nobody asks all addresses there are.
INVITATIONS = (60, 3600)


def create_room(*, actor: ActorLike, title: str, **values: Any) -> Any:
    """Make a room of the actor. Raises InvalidInput, PermissionRefused."""
    who = Actor.of(actor)
    model = get_conversation_model()
    get_policy(model).require(who, "add")
    if who.account is None:
        raise PermissionRefused
    if not title.strip():
        raise InvalidInput(errors={"title": [_("Give the room a name.")]})
    room = model(owner=who.account, kind=ConversationKind.ROOM, title=title, has_own_title=True)
    assign(room, values)
    with transaction.atomic():
        room.save()
        Member.objects.create(conversation=room, user=who.account, role=MemberRole.OWNER)
    return room


def join_room(room: Any, *, actor: ActorLike) -> Member:
    """Become a member: of a public room, or by invitation; joining again changes nothing.

    Raises TooMany and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(room).require(who, "join", room)
    if who.account is None:
        raise PermissionRefused
    with transaction.atomic():
        locked = lock_conversation(room.pk)
        # Asked again under the lock: the invitation may have been taken back.
        policy_for(locked).require(who, "join", locked)
        invited = Invitation.objects.filter(conversation=locked, user=who.account).first()
        found = membership_of(who, locked)
        if found is None:
            _check_room(locked)
            role = invited.role if invited is not None else MemberRole.MEMBER
            found = Member.objects.create(
                conversation=locked, user=who.account, role=role, last_read=locked.last_number
            )
        Invitation.objects.filter(conversation=locked, user=who.account).delete()
    return found


def leave_room(room: Any, *, actor: ActorLike) -> None:
    """End one's membership, or turn an invitation down. Raises OwnerStays, NotFound."""
    who = Actor.of(actor)
    policy_for(room).require(who, "view", room)
    with transaction.atomic():
        locked = lock_conversation(room.pk)
        found = membership_of(who, locked)
        if found is not None and found.role == MemberRole.OWNER:
            raise OwnerStays
        gone, _rows = Invitation.objects.filter(conversation=locked, user=who.account).delete()
        if found is not None:
            found.delete()
        elif not gone:
            raise NotFound


def invite(room: Any, address: str, *, actor: ActorLike, role: str = MemberRole.MEMBER) -> Invitation:
    """Ask somebody into a room, by id, user name or e-mail address.

    The answer is the same whether there is such a person or not. Raises InvalidInput, TooMany, LimitExceeded and what permissions
    raise.
    """
    who = Actor.of(actor)
    policy_for(room).require(who, "moderate", room)
    if role == MemberRole.OWNER:
        raise InvalidInput(errors={"role": [_("A room has one owner.")]})
    name = address.strip().lower()
    if not name or len(name) > 254:
        raise InvalidInput(errors={"user": [_("Name somebody, by user name or e-mail address.")]})
    check_limit("chat_invitations", f"user:{who.account.pk}", *INVITATIONS)
    user = _find(name)
    with transaction.atomic():
        locked = lock_conversation(room.pk)
        if locked.invitations.count() >= chat_settings.CHAT_MAX_MEMBERS:
            raise TooMany(chat_settings.CHAT_MAX_MEMBERS, _("invitations"))
        made, created = Invitation.objects.get_or_create(
            conversation=locked, address=name, defaults={"user": user, "role": role, "invited_by": who.account}
        )
        if not created:
            Invitation.objects.filter(pk=made.pk).update(user=user, role=role)
            made.refresh_from_db()
    return made


def add_agent(room: Any, agent: Any, *, actor: ActorLike) -> Member:
    """Let one of the actor's agents listen in a room. Raises InvalidInput, TooMany and what permissions raise."""
    who = Actor.of(actor)
    policy_for(room).require(who, "moderate", room)
    if not policy_for(agent).can(who, "view", agent):
        raise InvalidInput(errors={"agent": [_("There is no such agent.")]})
    with transaction.atomic():
        locked = lock_conversation(room.pk)
        names = Member.objects.filter(conversation=locked, agent__isnull=False).exclude(agent=agent)
        if names.filter(agent__name__iexact=agent.name).exists():
            raise InvalidInput(errors={"agent": [_("An agent of this name is in the room already.")]})
        found = Member.objects.filter(conversation=locked, agent=agent).first()
        if found is None:
            _check_room(locked)
            found = Member.objects.create(conversation=locked, agent=agent)
    return found


def set_role(member: Member, role: str, *, actor: ActorLike) -> Member:
    """Make somebody moderator, member, or owner in the place of the present one.

    Raises InvalidInput, OwnerStays and what permissions raise.
    """
    who = Actor.of(actor)
    room = member.conversation
    policy_for(room).require(who, "own", room)
    if role not in MemberRole.values or member.user_id is None:
        raise InvalidInput(errors={"role": [_("Choose one of: %(known)s.") % {"known": ", ".join(MemberRole.values)}]})
    with transaction.atomic():
        locked = lock_conversation(room.pk)
        owner = Member.objects.filter(conversation=locked, role=MemberRole.OWNER).first()
        if owner is not None and owner.pk == member.pk and role != MemberRole.OWNER:
            raise OwnerStays
        if role == MemberRole.OWNER:
            Member.objects.filter(conversation=locked, role=MemberRole.OWNER).update(role=MemberRole.MODERATOR)
            locked.owner_id = member.user_id
            locked.save(update_fields=["owner"])
        Member.objects.filter(pk=member.pk).update(role=role)
    member.refresh_from_db()
    return member


def remove_member(member: Member, *, actor: ActorLike) -> None:
    """Put somebody, or an agent, out of a room. Raises OwnerStays and what permissions raise."""
    who = Actor.of(actor)
    room = member.conversation
    if who.account is not None and member.user_id == who.account.pk:
        leave_room(room, actor=who)
        return
    policy_for(room).require(who, "moderate", room)
    with transaction.atomic():
        lock_conversation(room.pk)
        fresh = Member.objects.filter(pk=member.pk).first()
        if fresh is None:
            raise NotFound
        if fresh.role == MemberRole.OWNER:
            raise OwnerStays
        mine = membership_of(who, room)
        if fresh.role == MemberRole.MODERATOR and mine is not None and mine.role != MemberRole.OWNER:
            raise PermissionRefused
        fresh.delete()


def mark_read(room: Any, number: int, *, actor: ActorLike) -> Member | None:
    """Keep up to which message the actor has read; it never goes back. Raises what permissions raise."""
    who = Actor.of(actor)
    policy_for(room).require(who, "read", room)
    number = min(number, room.last_number)
    mine = Member.objects.filter(conversation=room, user=who.account)
    if mine.filter(last_read__lt=number).update(last_read=number):
        # One's other windows have less to count.
        wake_readers(room.pk)
    return mine.first()


def _check_room(room: Any) -> None:
    most = chat_settings.CHAT_MAX_MEMBERS
    if Member.objects.filter(conversation=room).count() >= most:
        raise TooMany(most, _("members"))


def _find(name: str) -> Any | None:
    """Return the active user of this id, user name or e-mail address."""
    model: Any = get_user_model()
    wanted = models.Q()
    for field in {"username", "email", "slug", model.USERNAME_FIELD}:
        if any(item.name == field for item in model._meta.get_fields()):
            wanted |= models.Q(**{f"{field}__iexact": name})
    try:
        key = model._meta.pk.to_python(name)
        wanted |= models.Q(pk=UUID(str(key)) if isinstance(key, UUID) else key)
    except (ValidationError, ValueError, TypeError, OverflowError):
        pass
    return model._default_manager.filter(wanted, is_active=True).order_by("pk").first()
