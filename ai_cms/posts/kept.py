"""Tell the fast lane what lists and feeds of posts are made of, beside publications."""

from __future__ import annotations

from ai_cms.core.lane import watch

from . import get_category_model, get_tag_model
from .records import PostRecord, PostTerm

__all__: list[str] = []

watch(lambda: PostRecord)
watch(lambda: PostTerm)
watch(get_category_model)
watch(get_tag_model)
