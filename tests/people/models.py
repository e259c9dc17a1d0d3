"""A host's user: the library's with a field more."""

from __future__ import annotations

from django.db import models

from ai_cms.accounts.models import AbstractUser


class Person(AbstractUser):
    favourite_plant = models.CharField(max_length=50, blank=True)

    class Meta(AbstractUser.Meta):
        pass
