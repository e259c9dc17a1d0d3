"""BlocksField on models of a host."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test import override_settings
from django.test.utils import isolate_apps

from ai_cms.blocks import BlocksField, Document
from ai_cms.core.permissions import Actor

from .host.models import Article, Note

BODY = [{"id": "h", "type": "heading", "v": 1, "props": {"text": "Brot, 🍞"}}]


@pytest.mark.django_db
def test_documents_go_into_the_database_and_back() -> None:
    article = Article.objects.create(body=BODY)
    assert isinstance(article.body, Document)
    found = Article.objects.get()
    assert isinstance(found.body, Document)
    assert found.body == BODY
    found.body = Document.empty()
    found.save()
    assert Article.objects.get().body == []
    assert Article.objects.defer("body").get().body == []
    assert list(Article.objects.values_list("body", flat=True)) == [Document.empty()]


@pytest.mark.django_db
def test_bulk_writes_and_lookups() -> None:
    Article.objects.bulk_create([Article(title="a", body=BODY), Article(title="b")])
    assert Article.objects.filter(body=Document(BODY)).get().title == "a"
    assert Article.objects.filter(body=[]).get().title == "b"
    assert Article.objects.filter(body__0__type="heading").get().title == "a"
    assert list(Article.objects.order_by("title").values_list("body__0__type", flat=True)) == ["heading", None]
    Article.objects.update(body=Document(BODY))
    assert Article.objects.filter(body__0__id="h").count() == 2


@pytest.mark.django_db
def test_json_text_is_compact() -> None:
    Article.objects.create(body=BODY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM blocks_host_article")
        (stored,) = cursor.fetchone()
    assert json.loads(stored) == BODY
    if connection.vendor == "sqlite":
        assert stored == Document(BODY).dumps()


@pytest.mark.django_db
@pytest.mark.parametrize("stored", ['"text"', "{}", "5", "null", '[5, {"type": 5}]'])
def test_what_others_wrote_breaks_no_list(stored: str) -> None:
    article = Article.objects.create()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE blocks_host_article SET body = %s", [stored])
    (found,) = Article.objects.all()
    assert found.pk == article.pk
    assert found.body.text() == ""
    with pytest.raises(ValidationError) if stored != "null" else _nothing():
        found.full_clean()


class _nothing:
    def __enter__(self) -> None: ...
    def __exit__(self, *args: object) -> None: ...


def test_every_list_that_is_assigned_becomes_a_document() -> None:
    article = Article()
    assert article.body == Document.empty()
    article.body = BODY
    assert isinstance(article.body, Document)
    article.body = None
    assert article.body == []
    assert Article(body=tuple(BODY)).body == BODY
    assert copy.deepcopy(article).body == article.body


def test_full_clean_makes_the_stored_form() -> None:
    article = Article(body=[{"type": "rich_text", "props": {"html": "<p>x<script>y</script>"}}])
    article.full_clean()
    (block,) = article.body.blocks
    assert block["props"] == {"html": "<p>x</p>"}
    assert block["v"] == 1
    assert block["id"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([{"id": "h", "type": "heading", "props": {"text": 5}}], "0.props.text: Input should be a valid string"),
        ([{"id": "h", "type": "column"}], "only allowed inside"),
        ([BODY[0], BODY[0]], "occurs twice"),
        ("not json", "not a document"),
        ({"a": 1}, "not a document"),
        (5, "not a document"),
    ],
)
def test_full_clean_refuses(body: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Article(body=body).full_clean()
    assert message in str(caught.value.message_dict["body"])


def test_json_text_is_accepted() -> None:
    article = Article(body=json.dumps(BODY))
    article.full_clean()
    assert article.body == BODY


def test_allowed_types_drafts_and_blank() -> None:
    with pytest.raises(ValidationError, match="not allowed here"):
        Note(text=[{"id": "q", "type": "quote", "props": {"text": "x"}}]).full_clean()
    with pytest.raises(ValidationError, match="cannot be blank"):
        Note().full_clean()
    Note(text=[{"id": "h", "type": "heading", "props": {}}]).full_clean()


def test_what_stands_in_the_document_may_stay() -> None:
    raw = [
        {"id": "u", "type": "gone", "x": 1},
        {
            "id": "r",
            "type": "raw_html",
            "v": 1,
            "props": {"html": "<b>x</b>"},
            "meta": {"locked": True, "provenance": {"source": "model"}},
        },
    ]
    article = Article(body=raw)
    article.full_clean()
    assert article.body == raw


@override_settings(AI_CMS={"RAW_HTML": True})
def test_the_system_actor_may_clean_new_raw_html() -> None:
    assert Actor.system().is_system
    article = Article(body=[{"type": "raw_html", "props": {"html": "x"}}])
    article.full_clean()


@isolate_apps("tests.blocks.host")
def test_deconstruction_is_stable() -> None:
    class Thing(models.Model):  # noqa: DJ008
        plain = BlocksField()
        few = BlocksField(allowed=["heading"], drafts=True, blank=True)
        other = BlocksField(default=list)

        class Meta:
            app_label = "blocks_host"

    plain, few, other = (Thing._meta.get_field(name).deconstruct() for name in ("plain", "few", "other"))
    assert plain == ("plain", "ai_cms.blocks.fields.BlocksField", [], {})
    assert few[3] == {"allowed": ("heading",), "drafts": True, "blank": True}
    assert other[3] == {"default": list}
    assert isinstance(Thing().other, Document)
    clone = Thing._meta.get_field("few").clone()
    assert (clone.allowed, clone.drafts) == (("heading",), True)


@isolate_apps("tests.blocks.host")
def test_checks() -> None:
    class Wrong(models.Model):  # noqa: DJ008
        body = BlocksField(null=True, allowed=["heading", "nothing"])

        class Meta:
            app_label = "blocks_host"

    found = Wrong._meta.get_field("body").check()
    assert [message.id for message in found] == ["ai_cms_blocks.E006", "ai_cms_blocks.W001"]
    assert Article._meta.get_field("body").check() == []


@pytest.mark.django_db
def test_fixtures() -> None:
    Article.objects.create(body=BODY)
    for form in ("json", "python"):
        text = serializers.serialize(form, Article.objects.all())
        (loaded,) = serializers.deserialize(form, text)
        assert loaded.object.body == BODY  # type: ignore[attr-defined]
