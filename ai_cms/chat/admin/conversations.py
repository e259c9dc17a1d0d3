"""Conversations, rooms, messages and approvals, to look at; deleting is for whoever has the permission."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ai_cms.chat import get_conversation_model
from ai_cms.core.admin import ReadOnlyAdmin
from ai_cms.core.permissions import Actor

from ..models import ConversationShare, Invitation, Member, Message, ToolApproval
from ..services.conversations import delete_conversation

__all__ = ["ApprovalAdmin", "ConversationAdmin", "MessageAdmin", "ShareAdmin"]


class ViewedInline(admin.TabularInline):  # type: ignore[type-arg]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class MemberInline(ViewedInline):
    model = Member
    fields = ["user", "agent", "role", "last_read", "joined_at"]
    readonly_fields = ["user", "agent", "role", "last_read", "joined_at"]


class InvitationInline(ViewedInline):
    model = Invitation
    fields = ["address", "role", "invited_by", "created_at"]
    readonly_fields = ["address", "role", "invited_by", "created_at"]


class LettersAdmin(ReadOnlyAdmin):
    """What people say to agents is shown to staff only of rooms; to superusers all."""

    rooms: str = "kind"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(**{self.rooms: "room"})


@admin.register(get_conversation_model())
class ConversationAdmin(LettersAdmin):
    list_display = ["__str__", "kind", "owner", "agent", "last_number", "is_public", "last_message_at"]
    list_filter = ["kind", "is_public", "is_archived"]
    list_select_related = ["owner", "agent"]
    search_fields = ["title", "id"]
    date_hierarchy = "created_at"
    inlines = [MemberInline, InvitationInline]
    fields = [
        "id", "kind", "title", "description", "owner", "agent", "is_public", "folder", "is_pinned", "is_archived",
        "last_number", "last_message_at", "created_at", "updated_at",
    ]  # fmt: skip

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_conversation(obj, actor=Actor.system("admin"))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for conversation in queryset:
            delete_conversation(conversation, actor=Actor.system("admin"))


@admin.register(Message)
class MessageAdmin(LettersAdmin):
    rooms = "conversation__kind"
    list_display = ["created_at", "conversation", "number", "role", "author", "agent", "status", "model", "tokens_used"]
    list_filter = ["role", "status", "model"]
    list_select_related = ["conversation", "author", "agent"]
    search_fields = ["content", "id", "error_code"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    fields = [
        "id", "conversation", "number", "parent", "role", "author", "agent", "text", "status", "error_code",
        "error_detail", "attachments", "rounds", "citations", "tokens_used", "model", "finish_reason", "run",
        "created_at", "edited_at", "deleted_at",
    ]  # fmt: skip

    @admin.display(description=_("content"))
    def text(self, row: Message) -> str:
        return format_html('<pre class="ai-turn">{}</pre>', row.content) if row.content else "-"


@admin.register(ConversationShare)
class ShareAdmin(ReadOnlyAdmin):
    """Links to conversations: whose, until when, and not what they show; who may delete them takes them back."""

    list_display = ["created_at", "created_by", "expires_at"]
    list_select_related = ["created_by"]
    date_hierarchy = "created_at"
    fields = ["created_by", "created_at", "expires_at"]


@admin.register(ToolApproval)
class ApprovalAdmin(LettersAdmin):
    rooms = "message__conversation__kind"
    list_display = ["created_at", "tool", "user", "status", "reason", "expires_at", "decided_at"]
    list_filter = ["status", "tool"]
    list_select_related = ["user"]
    fields = [
        "id", "message", "tool", "arguments", "reason", "user", "status", "expires_at", "decided_at", "created_at",
    ]  # fmt: skip

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Goes with its message, and by itself never: it says who decided what.
        match = request.resolver_match
        own = match is not None and (match.url_name or "").startswith("ai_cms_chat_toolapproval_")
        return False if own else super().has_delete_permission(request, obj)
