"""Swapped models; each has one field that the library's own lacks."""

from __future__ import annotations

from django.db import models

from ai_cms.assets.models import AbstractAsset, AbstractFile, AbstractFolder, AbstractImage
from ai_cms.assets.models.asset import AbstractAssetMeta
from ai_cms.chat.models import AbstractAgent, AbstractConversation
from ai_cms.pages.models import AbstractPage, AbstractPageMeta
from ai_cms.pages.models.template import AbstractTemplate
from ai_cms.portfolio.models import (
    AbstractProject,
    AbstractResume,
    AbstractSkill,
    PortfolioIndexMixin,
    PortfolioMixin,
)
from ai_cms.posts.mixins import BlogMixin, PostMixin
from ai_cms.posts.taxonomy import AbstractCategory, AbstractTag


class HostPage(AbstractPage):
    """The page base of this host."""

    theme = models.CharField(max_length=20, default="plain")

    class Meta(AbstractPageMeta):
        pass


class HostTemplate(AbstractTemplate):
    """The template of this host."""

    shelf = models.CharField(max_length=20, blank=True)


class HostFolder(AbstractFolder):
    """The folder of this host."""

    colour = models.CharField(max_length=20, blank=True)


class HostAsset(AbstractAsset):
    """The base of this host's assets."""

    licence = models.CharField(max_length=20, blank=True)

    class Meta(AbstractAssetMeta):
        pass


class HostImage(AbstractImage, HostAsset):
    """The picture of this host."""

    class Meta:
        base_manager_name = "objects"


class HostFile(AbstractFile, HostAsset):
    """The file of this host."""

    class Meta:
        base_manager_name = "objects"


class HostPortfolioIndex(PortfolioIndexMixin, HostPage):
    """The page below which this host's portfolios stand."""


class HostPortfolio(PortfolioMixin, HostPage):
    """The portfolio of this host, on pages of its own."""

    motto = models.CharField(max_length=80, blank=True)


class HostProject(AbstractProject):
    """The project of this host."""

    client = models.CharField(max_length=80, blank=True)


class HostSkill(AbstractSkill):
    """The skill of this host."""

    taught = models.BooleanField(default=False)


class HostResume(AbstractResume):
    """The résumé of this host."""

    template = models.CharField(max_length=20, blank=True)


class HostCategory(AbstractCategory):
    """The category of this host."""

    icon = models.CharField(max_length=20, blank=True)


class HostTag(AbstractTag):
    """The tag of this host."""

    colour = models.CharField(max_length=20, blank=True)


class HostBlog(BlogMixin, HostPage):
    """The blog of this host: on its own page."""


class HostPost(PostMixin, HostPage):
    """The post of this host: on its own page."""

    mood = models.CharField(max_length=20, blank=True)


class HostAgent(AbstractAgent):
    """The agent of this host."""

    voice = models.CharField(max_length=20, blank=True)


class HostConversation(AbstractConversation):
    """The conversation of this host."""

    ticket = models.CharField(max_length=20, blank=True)
