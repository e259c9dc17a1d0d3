"""check_blocks and upgrade_blocks."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection

from ai_cms.blocks import Block, Document, blocks
from ai_cms.blocks.discovery import document_fields

from .host.models import Article, Note

pytestmark = pytest.mark.django_db


class BowlBlock(Block):
    colour: str
    upgrades = {1: lambda props: {"colour": props["color"]}}

    class Meta:
        version = 2


def run(name: str, *arguments: str) -> Any:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return json.loads(out.getvalue()) if "--json" in arguments else out.getvalue()


def test_every_document_field_is_found() -> None:
    found = [(model, field.name) for model, field in document_fields()]
    assert (Article, "body") in found
    assert (Note, "text") in found


def test_upgrade_stores_the_current_version() -> None:
    old = [{"id": "b", "type": "bowl", "v": 1, "props": {"color": "red"}}]
    for number in range(5):
        Article.objects.create(title=str(number), body=old if number % 2 else [])
    with blocks.temporarily(BowlBlock):
        dry = run("upgrade_blocks", "--json", "--dry-run", "--batch", "2")
        assert dry["fields"]["blocks_host.Article.body"] == {"rows": 5, "changed": 2}
        assert "2 of 5 rows would change" in run("upgrade_blocks", "--dry-run")
        assert Article.objects.filter(body__0__v=1).count() == 2
        done = run("upgrade_blocks", "--json", "--batch", "2")
        assert done == {"dry_run": False, "fields": done["fields"], "refused": []}
        assert done["fields"]["blocks_host.Article.body"] == {"rows": 5, "changed": 2}
        assert Article.objects.filter(body__0__v=2, body__0__props__colour="red").count() == 2
        assert run("upgrade_blocks", "--json")["fields"]["blocks_host.Article.body"]["changed"] == 0


def test_check_reports_model_row_and_path() -> None:
    good = Article.objects.create(body=[{"id": "h", "type": "heading", "v": 1, "props": {"text": "x"}}])
    assert run("check_blocks", "--json", "--fail")["problems"] == []
    good.body = [{"id": "h", "type": "heading", "v": 1, "props": {}}, {"id": "h", "type": "gone"}]
    good.save()
    Note.objects.create(text=[{"id": "q", "type": "quote", "v": 1, "props": {"text": "x"}}])
    found = run("check_blocks", "--json")
    assert found["rows"] >= 2
    assert [(item["model"], item["field"], item["loc"], item["type"]) for item in found["problems"]] == [
        ("blocks_host.Article", "body", ["1", "id"], "duplicate_id"),
        ("blocks_host.Article", "body", ["0", "props", "text"], "missing"),
        ("blocks_host.Article", "body", ["1", "type"], "unknown_type"),
        ("blocks_host.Note", "text", ["0", "type"], "type_forbidden"),
    ]
    assert found["problems"][0]["pk"] == good.pk
    text = run("check_blocks")
    assert f"blocks_host.Article.body {good.pk}: 0.props.text: Field required [missing]" in text
    with pytest.raises(CommandError):
        run("check_blocks", "--fail")


def test_check_survives_what_is_no_document() -> None:
    Article.objects.create()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE blocks_host_article SET body = '\"x\"'")
    assert run("check_blocks", "--json")["problems"][0]["type"] == "list_type"


def test_what_the_class_refuses_is_not_stored() -> None:
    class Cup(Block):
        title: str
        upgrades = {1: lambda props: {**props, "title": props.pop("heading", "")}}

        class Meta:
            type = "cup"
            version = 2

    class Corrected(Block):
        title: str
        upgrades = {1: lambda props: {"title": props["heading"]}}

        class Meta:
            type = "cup"
            version = 2

    old = {"id": "c", "type": "cup", "v": 1, "props": {"heading": "Hot"}}
    inner = {"id": "s", "type": "section", "v": 1, "props": {"title": "S"}, "children": [{**old, "id": "i"}]}
    good = {"id": "b", "type": "bowl", "v": 1, "props": {"color": "red"}}
    article = Article.objects.create(body=[old, inner, good])
    with blocks.temporarily(Cup), blocks.temporarily(BowlBlock):
        for arguments in (("--dry-run",), ()):
            out = StringIO()
            with pytest.raises(CommandError, match="2 blocks stay in their old version"):
                call_command("upgrade_blocks", "--json", *arguments, stdout=out)
            report = json.loads(out.getvalue())
            assert [item["block"] for item in report["refused"]] == ["c", "i"]
            assert report["refused"][0]["problem"] == "props.heading: Extra inputs are not permitted"
            assert report["fields"]["blocks_host.Article.body"] == {"rows": 1, "changed": 1}
    raw = Article.objects.get(pk=article.pk).body.raw
    assert (raw[0], raw[1]) == (old, inner)
    assert raw[2]["props"] == {"colour": "red"}
    # The corrected step still runs.
    with blocks.temporarily(Corrected), blocks.temporarily(BowlBlock):
        assert "1 of 1 rows changed" in run("upgrade_blocks")
        assert Article.objects.get(pk=article.pk).body.raw[0]["props"] == {"title": "Hot"}
        assert "0 of 1 rows changed" in run("upgrade_blocks")


def test_drafts_that_were_never_complete_are_stored_on_request() -> None:
    article = Article.objects.create(body=[{"id": "b", "type": "bowl", "v": 1, "props": {"color": 5}}])
    with blocks.temporarily(BowlBlock):
        with pytest.raises(CommandError, match="--with-errors"):
            run("upgrade_blocks")
        run("upgrade_blocks", "--with-errors")
        assert Article.objects.get(pk=article.pk).body.raw[0] == {
            "id": "b", "type": "bowl", "v": 2, "props": {"colour": 5},
        }  # fmt: skip
        assert run("check_blocks", "--json", "--finished")["problems"]


def test_a_step_may_go_once_nothing_is_older() -> None:
    class Late(Block):
        colour: str
        upgrades = {2: lambda props: {"colour": props["color"]}}

        class Meta:
            version = 3
            oldest = 2

    assert Late.upgrade({"color": "red"}, 2) == {"colour": "red"}
    with blocks.temporarily(Late):
        assert [error.type for error in Document([{"type": "late", "v": 1, "props": {}}]).validate()] == [
            "upgrade_failed"
        ]
    with pytest.raises(ImproperlyConfigured, match="Meta.oldest may say which"):

        class TooEarly(Block):
            class Meta:
                version = 2

    for wrong in (0, 3, True, "1"):
        with pytest.raises(ImproperlyConfigured, match=r"Meta\.oldest must be"):

            class Wrong(Block):
                class Meta:
                    oldest = wrong
                    version = 2
