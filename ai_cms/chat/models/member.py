"""Who takes part in a room, and who has been asked to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .. import get_agent_model_string, get_conversation_model_string

__all__ = ["Invitation", "Member", "MemberRole"]


class MemberRole(models.TextChoices):
    OWNER = "owner", _("owner")
    MODERATOR = "moderator", _("moderator")
    MEMBER = "member", _("member")


class Member(models.Model):
    """A person or an agent in a room. ``last_read`` is the number of the last message that a person has seen."""

    conversation = models.ForeignKey(
        get_conversation_model_string(),
        on_delete=models.CASCADE,
        related_name="members",
        verbose_name=_("room"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )
    agent = models.ForeignKey(
        get_agent_model_string(),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agent"),
    )
    role = models.CharField(_("role"), max_length=10, choices=MemberRole.choices, default=MemberRole.MEMBER)
    last_read = models.PositiveIntegerField(_("last read"), default=0)
    joined_at = models.DateTimeField(_("joined at"), auto_now_add=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["joined_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, agent__isnull=True)
                | models.Q(user__isnull=True, agent__isnull=False),
                name="ai_cms_chat_member_one",
            ),
            models.UniqueConstraint(fields=["conversation", "user"], name="ai_cms_chat_member_user"),
            models.UniqueConstraint(fields=["conversation", "agent"], name="ai_cms_chat_member_agent"),
        ]

    def __str__(self) -> str:
        return str(self.agent if self.agent_id is not None else self.user)

    @property
    def moderates(self) -> bool:
        return self.role in (MemberRole.OWNER, MemberRole.MODERATOR)


class Invitation(models.Model):
    """Somebody was asked into a room by the name that was typed; whether that is somebody's is not told."""

    conversation = models.ForeignKey(
        get_conversation_model_string(),
        on_delete=models.CASCADE,
        related_name="invitations",
        verbose_name=_("room"),
    )
    address = models.CharField(_("address or name"), max_length=254)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )
    role = models.CharField(_("role"), max_length=10, choices=MemberRole.choices, default=MemberRole.MEMBER)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "address"], name="ai_cms_chat_invitation_address")
        ]

    def __str__(self) -> str:
        return self.address
