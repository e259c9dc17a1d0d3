from __future__ import annotations

from django.db import models

from ai_cms.blocks import BlocksField


class Article(models.Model):
    title = models.CharField(max_length=100, blank=True)
    body = BlocksField(blank=True)

    def __str__(self) -> str:
        return self.title


class Note(models.Model):
    """Few types, never empty, and field errors may stay."""

    text = BlocksField(allowed=["heading", "columns", "rich_text"], drafts=True)

    def __str__(self) -> str:
        return str(self.text)
