"""A page type with a second document, many-to-many fields, a file and a picture."""

from __future__ import annotations

from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ai_cms.blocks import BlocksField
from ai_cms.pages.models import Page


class Topic(models.Model):
    name = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.name


class RecipePage(Page):
    """A recipe."""

    sidebar = BlocksField(blank=True, allowed=["heading", "rich_text", "raw_html"])
    topics = models.ManyToManyField(Topic, blank=True)
    goes_with = models.ManyToManyField("self", blank=True, symmetrical=False)
    leaflet = models.FileField(upload_to="leaflets", blank=True)
    cover = models.ImageField(upload_to="covers", blank=True)


class ContactPage(Page):
    """A page with a form."""

    html_cached = False

    def receive(self, request: HttpRequest) -> HttpResponse | None:
        if "silent" in request.POST:
            return None
        return HttpResponseRedirect(f"?thanks={request.POST.get('name', '')}&from={self.title}")
