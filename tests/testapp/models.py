"""Swapped models; each has one field that the library's own lacks."""

from __future__ import annotations

from django.db import models

from ai_cms.pages.models import AbstractPage, AbstractPageMeta
from ai_cms.pages.models.template import AbstractTemplate


class HostPage(AbstractPage):
    """The page base of this host."""

    theme = models.CharField(max_length=20, default="plain")

    class Meta(AbstractPageMeta):
        pass


class HostTemplate(AbstractTemplate):
    """The template of this host."""

    shelf = models.CharField(max_length=20, blank=True)
