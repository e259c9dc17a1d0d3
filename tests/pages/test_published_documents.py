"""Publications are upgraded with the blocks in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client

from ai_cms.blocks import Block, blocks
from ai_cms.core.permissions import Actor
from ai_cms.pages.models import Publication

pytestmark = pytest.mark.django_db


class First(Block):
    heading: str = ""

    class Meta:
        type = "hours"
        template = "ai_cms/blocks/hours.html"


class Second(Block):
    title: str
    upgrades = {1: lambda props: {"title": props["heading"]}}

    class Meta:
        type = "hours"
        version = 2
        template = "ai_cms/blocks/hours.html"


@pytest.fixture
def templates(settings: Any) -> None:
    settings.TEMPLATES = [
        {
            **settings.TEMPLATES[0],
            "APP_DIRS": False,
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"ai_cms/blocks/hours.html": "<b>{{ block.title }}</b>"}),
                    "django.template.loaders.app_directories.Loader",
                ]
            },
        }
    ]


@pytest.fixture
def published(page_factory: Any, templates: None) -> Iterator[Any]:
    with blocks.temporarily(First):
        content = [
            {"type": "section", "props": {"title": "S"}, "children": [{"type": "hours", "props": {"heading": "Nine"}}]}
        ]
        yield page_factory("Opening hours", content=content, publish=True)


def report(command: str, *arguments: str) -> Any:
    out = StringIO()
    call_command(command, "--json", *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_publications_are_upgraded_and_their_answers_renewed(published: Any) -> None:
    client = Client()
    with blocks.temporarily(Second):
        before = client.get(f"/api/content/{published.pk}/")
        shown = before.json()["content_json"][0]["children"][0]
        assert (shown["v"], shown["props"]) == (1, {"heading": "Nine"})
        counts = report("upgrade_blocks")["fields"]
        assert counts["ai_cms_pages.Publication.content"]["changed"] == 1
        after = client.get(f"/api/content/{published.pk}/", headers={"If-None-Match": before["ETag"]})
        assert after.status_code == 200
        shown = after.json()["content_json"][0]["children"][0]
        assert (shown["v"], shown["props"]) == (2, {"title": "Nine"})
        assert {key: value for key, value in after.json().items() if key != "content_json"} == {
            key: value for key, value in before.json().items() if key != "content_json"
        }
        assert b"<b>Nine</b>" in client.get("/opening-hours/").content
        assert report("upgrade_blocks")["fields"]["ai_cms_pages.Publication.content"]["changed"] == 0

    class Third(Second):
        class Meta:
            type = "hours"
            version = 2
            oldest = 2

    with blocks.temporarily(Third):
        assert report("check_blocks", "--fail")["problems"] == []
        assert b"<b>Nine</b>" in client.get("/opening-hours/").content


def test_a_new_required_field_is_found_in_what_is_published(published: Any) -> None:
    class Stricter(Block):
        heading: str
        place: str

        class Meta:
            type = "hours"

    with blocks.temporarily(Stricter):
        problems = report("check_blocks", "--finished")["problems"]
        assert [(item["model"], item["field"], item["loc"]) for item in problems] == [
            ("ai_cms_pages.Publication", "content", ["0", "children", "0", "props", "place"])
        ]
        with pytest.raises(CommandError):
            call_command("check_blocks", "--finished", "--fail", stdout=StringIO())


@pytest.mark.skipif(not apps.is_installed("tests.pages.kinds"), reason="its page type derives from the library's page")
def test_documents_of_a_page_type_are_upgraded_too(page_factory: Any, system: Actor, templates: None) -> None:
    from .kinds.models import RecipePage

    field: Any = RecipePage._meta.get_field("sidebar")
    allowed, field.allowed = field.allowed, None
    try:
        with blocks.temporarily(First):
            sidebar = [{"type": "hours", "props": {"heading": "Nine"}}]
            page = page_factory("R", page_type="kinds.recipepage", fields={"sidebar": sidebar}, publish=True)
        with blocks.temporarily(Second):
            counts = report("upgrade_blocks")["fields"]
            assert counts["ai_cms_pages.Publication.fields"] == {"rows": 1, "changed": 1}
            fields = Client().get(f"/api/content/{page.pk}/").json()["fields"]
            assert (fields["sidebar"][0]["v"], fields["sidebar"][0]["props"]) == (2, {"title": "Nine"})
            assert RecipePage.objects.get(pk=page.pk).sidebar.raw[0]["v"] == 2
            assert report("upgrade_blocks")["fields"]["ai_cms_pages.Publication.fields"]["changed"] == 0
    finally:
        field.allowed = allowed
    assert Publication.objects.count() == 1
