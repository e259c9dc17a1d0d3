from __future__ import annotations

from django.conf import settings
from django.db import models
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey
from rest_framework.fields import CharField
from taggit.models import TaggedItemBase
from wagtail import blocks
from wagtail.api import APIField
from wagtail.fields import StreamField
from wagtail.models import Page


class Category(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)

    def __str__(self) -> str:
        return self.name


class BlogPageTag(TaggedItemBase):
    content_object = ParentalKey("wagtail_blog.BlogPage", related_name="tagged_items", on_delete=models.CASCADE)


class BlogPage(Page):
    date = models.DateTimeField(db_index=True)
    excerpt = models.TextField(blank=True)
    body = StreamField([("text", blocks.RichTextBlock())])
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, related_name="+")
    tags = ClusterTaggableManager(through=BlogPageTag, blank=True)

    api_fields = [
        APIField("excerpt"),
        APIField("date"),
        APIField("category"),
        APIField("tags"),
        APIField("author_name", serializer=CharField(source="author.username")),
        APIField("category_name", serializer=CharField(source="category.name")),
    ]
