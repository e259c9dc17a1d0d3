"""The admin of people. Whoever may only look sees no hash and no key; superusers are managed by superusers alone."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ai_cms.core.admin import ReadOnlyAdmin

from . import sessions
from .conf import accounts_settings
from .delivery import deliver
from .models import EmailOtp, LoginSession, MailState, OutboxMail, Passkey, TotpDevice
from .models.user import AbstractUser

__all__ = ["UserAddForm", "UserAdmin", "UserEditForm"]


class DeletedFilter(admin.SimpleListFilter):
    """The users there are, or the deleted ones."""

    title = _("deleted")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("yes", _("Deleted")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        found = list(super().choices(changelist))
        found[0]["display"] = _("Not deleted")
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[AbstractUser]) -> QuerySet[AbstractUser]:
        if self.value() == "all":
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() != "yes")


class UserAddForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A new user, by e-mail address."""

    class Meta:
        model = get_user_model()
        fields = ["email", "name", "is_verified"]
        field_classes: dict[str, Any] = {}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # Staff vouches for the address; unchecked, its owner proves it by setting a password.
        self.fields["is_verified"].initial = True


class UserEditForm(UserChangeForm):  # type: ignore[type-arg]
    """A user as staff edits one."""

    class Meta:
        model = get_user_model()
        fields = "__all__"
        field_classes: dict[str, Any] = {}

    def clean_subscription_tier(self) -> str:
        tier: str = self.cleaned_data["subscription_tier"]
        if tier not in accounts_settings.ACCOUNTS_TIERS:
            known = ", ".join(accounts_settings.ACCOUNTS_TIERS)
            self.add_error("subscription_tier", _("There is no such tier. Known: %(tiers)s.") % {"tiers": known})
        return tier


@admin.register(get_user_model())
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    form = UserEditForm
    add_form = UserAddForm
    list_display = ["email", "name", "subscription_tier", "is_verified", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_staff", "is_superuser", "is_active", "is_verified", "subscription_tier", DeletedFilter, "groups"]
    search_fields = ["email", "name", "username"]
    ordering = ["email"]
    filter_horizontal = ["groups", "user_permissions"]
    actions = ["restore", "end_access"]
    readonly_fields = ["slug", "date_joined", "last_login", "updated_at", "deleted_at"]
    #: What gives power over others: superusers alone hand it out.
    powers = ("is_staff", "is_superuser", "groups", "user_permissions")
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (_("Profile"), {"fields": ["name", "username", "title", "bio", "address", "avatar_url", "slug"]}),
        (_("Account"), {"fields": ["is_verified", "is_active", "subscription_tier"]}),
        (_("Rights"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["date_joined", "last_login", "updated_at", "deleted_at"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "name", "is_verified", "usable_password", "password1", "password2"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AbstractUser]:
        found: QuerySet[AbstractUser] = get_user_model().all_objects.order_by(*self.ordering)
        return found

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        # Read-only, Django would show the hash of the password itself.
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field != "password"]})
            for name, options in self.fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str] | tuple[str, ...]:
        found = list(super().get_readonly_fields(request, obj))
        return found if request.user.is_superuser else [*found, *self.powers]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the users alone: they are marked, and what belongs to them stays."""
        users = list(objs)
        forbidden = {str(self.opts.verbose_name) for user in users if not self.has_delete_permission(request, user)}
        return [str(user) for user in users], {self.opts.verbose_name_plural: len(users)}, forbidden, []

    @admin.action(description=_("Restore the selected users"), permissions=["delete"])
    def restore(self, request: HttpRequest, queryset: QuerySet[AbstractUser]) -> None:
        users = [user for user in queryset.exclude(deleted_at=None) if _may_touch(request, user)]
        for user in users:
            user.restore()
            self.log_change(request, user, "Restored.")
        text = ngettext("%(number)d user is back.", "%(number)d users are back.", len(users))
        self.message_user(request, text % {"number": len(users)}, messages.SUCCESS)

    @admin.action(description=_("Log the selected users out everywhere"), permissions=["change"])
    def end_access(self, request: HttpRequest, queryset: QuerySet[AbstractUser]) -> None:
        users = [user for user in queryset if _may_touch(request, user)]
        for user in users:
            user.end_access("staff")
            self.log_change(request, user, "Logged out everywhere.")
        text = ngettext("%(number)d user is logged out.", "%(number)d users are logged out.", len(users))
        self.message_user(request, text % {"number": len(users)}, messages.SUCCESS)


@admin.register(LoginSession)
class LoginSessionAdmin(ReadOnlyAdmin):
    """Who is logged in where, without the keys."""

    list_display = ["user", "kind", "device", "address", "last_used_at", "expires_at", "revoked_at", "reason"]
    list_filter = ["kind", "reason"]
    list_select_related = ["user"]
    search_fields = ["user__email", "device", "address"]
    fields: ClassVar[Any] = [*list_display, "created_at"]
    date_hierarchy = "last_used_at"
    actions = ["end"]

    @admin.action(description=_("End the selected log-ins"), permissions=["delete"])
    def end(self, request: HttpRequest, queryset: QuerySet[LoginSession]) -> None:
        number = sessions.revoke(queryset, "staff")
        text = ngettext("%(number)d log-in is ended.", "%(number)d log-ins are ended.", number)
        self.message_user(request, text % {"number": number}, messages.SUCCESS)


@admin.register(EmailOtp)
class EmailOtpAdmin(ReadOnlyAdmin):
    """Codes that were asked for, without what would help to guess them."""

    list_display = ["address", "purpose", "created_at", "sent_at", "expires_at", "tries", "consumed_at"]
    list_filter = ["purpose"]
    search_fields = ["address"]
    fields: ClassVar[Any] = list_display


@admin.register(OutboxMail)
class OutboxMailAdmin(ReadOnlyAdmin):
    """Mail that waits, was sent, or was given up."""

    list_display = ["kind", "to", "state", "attempts", "next_attempt_at", "sent_at", "error"]
    list_filter = ["state", "kind"]
    search_fields = ["to"]
    fields: ClassVar[Any] = [*list_display, "language", "created_at"]
    date_hierarchy = "created_at"
    actions = ["try_again"]

    @admin.action(description=_("Try to send the selected mails again"), permissions=["delete"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[OutboxMail]) -> None:
        now = timezone.now()
        waiting = queryset.filter(state__in=[MailState.DEAD, MailState.QUEUED])
        ids = list(waiting.values_list("pk", flat=True)[:20])
        OutboxMail.objects.filter(pk__in=ids).update(
            state=MailState.QUEUED, next_attempt_at=now, created_at=now, lease_until=None
        )
        sent = sum(deliver(pk) for pk in ids)
        self.message_user(
            request, _("%(sent)d of %(number)d are sent.") % {"sent": sent, "number": len(ids)}, messages.SUCCESS
        )


class FactorAdmin(ReadOnlyAdmin):
    """Second factors: staff can take one away from somebody who has lost it."""

    list_select_related = ["user"]
    search_fields = ["user__email"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(request, obj and obj.user)


@admin.register(TotpDevice)
class TotpDeviceAdmin(FactorAdmin):
    list_display = ["user", "confirmed_at", "created_at"]
    fields: ClassVar[Any] = list_display


@admin.register(Passkey)
class PasskeyAdmin(FactorAdmin):
    list_display = ["user", "name", "created_at", "last_used_at"]
    fields: ClassVar[Any] = list_display


def _may_touch(request: HttpRequest, user: Any) -> bool:
    """Return whether the request's user may act on ``user``: on a superuser only as one."""
    return user is None or not user.is_superuser or bool(request.user.is_superuser)
