from __future__ import annotations

from django.db import models

from ai_cms.pages.models import AbstractPage, AbstractPageMeta


class ShopPage(AbstractPage):
    """The base of every page of this shop."""

    theme = models.CharField(max_length=20, default="plain", choices=[("plain", "Plain"), ("dark", "Dark")])

    class Meta(AbstractPageMeta):
        pass


class ProductPage(ShopPage):
    """A page type: a page with an article number and a price."""

    sku = models.CharField(max_length=40, unique=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
