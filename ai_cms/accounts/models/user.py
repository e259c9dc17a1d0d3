"""The user: a UUID, an e-mail address to log in with, a profile."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from ai_cms.accounts.conf import accounts_settings
from ai_cms.accounts.emails import clean_email, email_key
from ai_cms.accounts.managers import AllUsersManager, UserManager
from ai_cms.accounts.signals import access_ended
from ai_cms.core.mappings import Columns
from ai_cms.core.models import SoftDeleteModel
from ai_cms.core.signals import user_tier_changed
from ai_cms.core.slugs import slug_with_suffix

__all__ = ["AbstractUser", "User", "avatar_path"]

#: What ends every session, token and API token of a user, when it is saved with another value.
WATCHED = ("password", "email_key", "is_active", "deleted_at")


def avatar_path(user: AbstractUser, name: str) -> str:
    """Return where an avatar is stored: in the user's folder, under a name nobody can guess."""
    suffix = name.rpartition(".")[2]
    return f"{user.slug}/avatar-{uuid.uuid4().hex}.{suffix}"


def first_tier() -> str:
    return str(accounts_settings.ACCOUNTS_TIERS[0])


class AbstractUser(AbstractBaseUser, PermissionsMixin, SoftDeleteModel):
    """Log in by e-mail; ``username`` and ``name`` are only shown.

    ``email_key`` is unique over all spellings of an address and over deleted users, whose address stays theirs.
    Whenever the password, the address, ``is_active`` or the deletion mark is saved with another value, every session,
    JWT and API token of the user ends, whoever saved it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(
        _("email address"), unique=True, error_messages={"unique": _("An account with this address exists.")}
    )
    email_key = models.CharField(max_length=254, unique=True, editable=False)
    username = models.CharField(_("user name"), max_length=150, blank=True, help_text=_("Shown, not for logging in."))
    name = models.CharField(_("name"), max_length=150, blank=True)
    title = models.CharField(_("title"), max_length=150, blank=True, help_text=_("Such as Senior Frontend Engineer."))
    bio = models.TextField(_("biography"), max_length=5000, blank=True)
    address = models.TextField(_("postal address"), max_length=1000, blank=True)
    slug = models.SlugField(_("slug"), max_length=100, unique=True, blank=True, editable=False, allow_unicode=True)
    # No ImageField: it asks for Pillow at start, and for the file's size at each load.
    avatar = models.FileField(_("avatar"), upload_to=avatar_path, max_length=300, blank=True)
    # No URLField: its form field warns before Django 6 about the scheme it would add.
    avatar_url = models.CharField(
        _("avatar elsewhere"), max_length=500, blank=True, validators=[URLValidator(["https", "http"])]
    )
    subscription_tier = models.CharField(_("tier"), max_length=30, default=first_tier)
    is_verified = models.BooleanField(
        _("address verified"), default=False, help_text=_("The address was proven by a code, or staff vouches for it.")
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Unselect this instead of deleting: nobody logs in to it any more.")
    )
    is_staff = models.BooleanField(_("staff status"), default=False, help_text=_("May log in to the admin."))
    # What restore() goes back to.
    was_active = models.BooleanField(default=True, editable=False)
    token_version = models.PositiveIntegerField(default=0, editable=False)
    date_joined = models.DateTimeField(_("date joined"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects: ClassVar[Any] = UserManager()
    all_objects: ClassVar[Any] = AllUsersManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        abstract = True
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["-date_joined", "pk"]

    def __str__(self) -> str:
        return self.email

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **kwargs: Any) -> AbstractUser:
        # Django 6.1 hands over a mode of fetching.
        user = super().from_db(db, field_names, values, **kwargs)
        user._remember()
        return user

    def _remember(self) -> None:
        """Keep what save() compares; fields that were not loaded are not asked for."""
        names = (*WATCHED, "subscription_tier")
        self._before = {name: self.__dict__[name] for name in names if name in self.__dict__}

    @classmethod
    def normalize_username(cls, username: object) -> Any:
        return username

    def clean(self) -> None:
        try:
            self.email = clean_email(self.email)
        except ValidationError as error:
            raise ValidationError({"email": error}) from error
        self.email_key = email_key(self.email)
        # Spellings of one address differ as text; the key is in no form, so nobody else compares it.
        if type(self).all_objects.with_email(self.email).exclude(pk=self.pk).exists():
            message = _("An account with this address exists.")
            raise ValidationError({"email": ValidationError(message, code="unique")})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the user, and end its access where what it rests on has changed."""
        fields = kwargs.get("update_fields")
        if fields is not None:
            fields = set(fields)
            if "email" in fields:
                fields.add("email_key")
            kwargs["update_fields"] = fields
        if fields is None or "email" in fields:
            self.email_key = email_key(self.email)
        if not self.slug:
            self.slug = slug_with_suffix(self.username or self.name or "user", 8)
        adding = self._state.adding
        before: Columns = getattr(self, "_before", {})
        now = {name: self.__dict__[name] for name in before if fields is None or name in fields}
        changed = [name for name, value in now.items() if value != before[name]]
        reset = getattr(self, "_password", None) is not None
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)
            if not adding:
                ended = [name for name in changed if name in WATCHED]
                if "password" in ended and not reset:
                    # Only hashed anew, with a newer hasher, at a log-in.
                    ended.remove("password")
                if ended:
                    self.end_access(ended[0])
                if "subscription_tier" in changed:
                    user_tier_changed.send(type(self), instance=self)
        self._remember()

    def end_access(self, reason: str) -> None:
        """End every session, JWT and API token of the user, from the next request on."""
        with transaction.atomic():
            type(self).all_objects.filter(pk=self.pk).update(token_version=models.F("token_version") + 1)
            self.token_version = type(self).all_objects.values_list("token_version", flat=True).get(pk=self.pk)
            access_ended.send(type(self), instance=self, reason=reason)

    end_access.alters_data = True  # type: ignore[attr-defined]

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Mark as deleted and deactivate; every session ends, the data stays."""
        if self.is_deleted:
            return 0, {}
        self.deleted_at = timezone.now()
        self.was_active, self.is_active = self.is_active, False
        self.save(using=using, update_fields=["deleted_at", "is_active", "was_active"])
        return 1, {self._meta.label: 1}

    delete.alters_data = True  # type: ignore[attr-defined]

    def restore(self, using: str | None = None) -> None:
        """Bring the user back as it was before it was deleted; sessions and tokens stay ended."""
        if not self.is_deleted:
            return
        self.deleted_at = None
        self.is_active = self.was_active
        self.save(using=using, update_fields=["deleted_at", "is_active"])

    restore.alters_data = True  # type: ignore[attr-defined]

    @property
    def can_log_in(self) -> bool:
        """Whether the account is active, not deleted, and its address proven."""
        return self.is_active and self.is_verified and not self.is_deleted

    @property
    def is_pending(self) -> bool:
        """Whether the account waits for its address to be proven."""
        return not self.is_verified and not self.is_active and not self.is_deleted

    @property
    def stamp(self) -> str:
        """What tokens carry of the state of the account: another password, address or version ends them."""
        value = f"{self.pk}:{self.password}:{self.email_key}:{self.token_version}"
        return salted_hmac("ai_cms.accounts.stamp", value, algorithm="sha256").hexdigest()[:32]

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        value = f"{self.password}:{self.email_key}:{self.token_version}"
        salt = "ai_cms.accounts.session"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        return self.name or self.username or self.email

    def get_short_name(self) -> str:
        return self.get_full_name()


class User(AbstractUser):
    """The user of sites that need no fields of their own."""

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
