from __future__ import annotations

from django.db import models

from ai_cms.blocks import BlocksField


class Recipe(models.Model):
    title = models.CharField(max_length=200)
    body = BlocksField(allowed=["heading", "rich_text", "image", "ingredients"])

    def __str__(self) -> str:
        return self.title
