"""The managers of users: ``objects`` hides the deleted ones."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import BaseUserManager
from django.db import models

from ai_cms.core.models import SoftDeleteQuerySet

from .emails import clean_email, email_key

__all__ = ["AllUsersManager", "UserManager", "UserQuerySet"]


class UserQuerySet(SoftDeleteQuerySet):
    """Users."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete each by its own ``delete()``, which ends its sessions."""
        marked = sum(user.delete()[0] for user in self.filter(deleted_at=None))
        return marked, {self.model._meta.label: marked} if marked else {}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def restore(self) -> int:
        """Restore each by its own ``restore()``; return their number."""
        users = list(self.exclude(deleted_at=None))
        for user in users:
            user.restore()
        return len(users)

    restore.alters_data = True  # type: ignore[attr-defined]

    def with_email(self, address: str) -> UserQuerySet:
        """Return the one who has ``address``, in whatever spelling."""
        return self.filter(email_key=email_key(address))


class AllUsersManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Everybody, the deleted ones included."""

    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(email_key=email_key(username or ""))

    async def aget_by_natural_key(self, username: str | None) -> Any:
        return await self.aget(email_key=email_key(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields: object) -> Any:
        """Make a user that can be active at once. Raises ValidationError for what is no address.

        ``is_verified`` stays False unless it is given: without it nobody logs in by the API or the account pages.
        """
        fields.setdefault("is_staff", False)
        fields.setdefault("is_superuser", False)
        user = self.model(email=clean_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> Any:
        """Make a user who may do everything; whoever has the shell vouches for the address."""
        for name in ("is_staff", "is_superuser", "is_verified"):
            fields.setdefault(name, True)
        if not (fields["is_staff"] and fields["is_superuser"]):
            raise ValueError("A superuser has is_staff=True and is_superuser=True.")
        return self.create_user(email, password, **fields)

    create_user.alters_data = True  # type: ignore[attr-defined]
    create_superuser.alters_data = True  # type: ignore[attr-defined]


class UserManager(AllUsersManager):
    """The users who are not deleted."""

    def get_queryset(self) -> models.QuerySet[models.Model]:
        found: models.QuerySet[models.Model] = super().get_queryset().filter(deleted_at=None)
        return found
