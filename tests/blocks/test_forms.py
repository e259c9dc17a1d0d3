"""Documents in forms and in the admin."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import Permission
from django.test import Client, override_settings

from ai_cms.blocks import Document
from ai_cms.blocks.forms.form_field import BlocksFormField
from ai_cms.blocks.forms.widget import BlocksWidget

from .host.models import Article, Note

HEADING = {"id": "h", "type": "heading", "v": 1, "props": {"text": "x"}}


class ArticleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Article
        fields = ["title", "body"]


def form(body: Any, instance: Article | None = None) -> ArticleForm:
    return ArticleForm({"title": "t", "body": json.dumps(body)}, instance=instance)


def test_a_form_makes_a_document() -> None:
    bound = form([{"type": "heading", "props": {"text": "x"}}])
    assert bound.is_valid(), bound.errors
    assert isinstance(bound.cleaned_data["body"], Document)
    assert bound.instance.body.blocks[0]["v"] == 1


def test_an_empty_form_is_an_empty_document() -> None:
    bound = ArticleForm({"title": "t", "body": ""})
    assert bound.is_valid()
    assert bound.instance.body == []


def test_blocks_that_did_not_change_keep_their_provenance() -> None:
    stored = {**HEADING, "meta": {"provenance": {"source": "model"}}}
    unknown = {"id": "u", "type": "gone", "x": [1]}
    article = Article(body=[stored, unknown])
    bound = form([HEADING, unknown], article)
    assert bound.is_valid(), bound.errors
    assert bound.instance.body == [stored, unknown]
    assert not form([stored, unknown], Article(title="t", body=[stored, unknown])).has_changed()
    assert form([unknown], Article(title="t", body=[stored])).has_changed()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "not valid JSON"),
        ("{}", "list of blocks"),
        ('[{"type": "nothing"}]', "no block type"),
        ('[{"type": "heading", "props": {"text": 5}}]', "0.props.text"),
        ('[{"type": "raw_html", "props": {}}]', "switched off"),
    ],
)
def test_errors(body: str, message: str) -> None:
    bound = ArticleForm({"title": "t", "body": body})
    assert message in str(bound.errors["body"])
    assert bound.has_changed()


def test_errors_reach_the_widget() -> None:
    bound = form([{"id": "a", "type": "heading", "props": {"text": 5}}])
    assert not bound.is_valid()
    html = str(bound["body"])
    assert '"loc": ["0", "props", "text"]' in html
    assert "5" in html


def test_required() -> None:
    class NoteForm(forms.ModelForm):  # type: ignore[type-arg]
        class Meta:
            model = Note
            fields = ["text"]

    assert "required" in str(NoteForm({"text": "[]"}).errors)
    assert NoteForm({"text": '[{"type": "heading", "props": {}}]'}).is_valid()
    assert "not allowed" in str(NoteForm({"text": '[{"type": "quote"}]'}).errors)


def test_a_disabled_field_keeps_its_value() -> None:
    class Fixed(forms.Form):
        body = BlocksFormField(disabled=True, initial=Document([HEADING]))

    bound = Fixed({"body": "[]"})
    assert bound.is_valid()
    assert bound.cleaned_data["body"] == [HEADING]
    assert not bound.has_changed()


def test_the_widget_works_without_script_and_under_a_strict_policy() -> None:
    html = str(form([HEADING])["body"])
    assert "<textarea" in html
    assert "aicb-json" in html
    assert 'type="application/json"' in html
    assert "style=" not in html
    assert "onclick" not in html
    assert html.count("<script") == 1
    media = str(BlocksWidget().media)
    assert 'src="/static/ai_cms/blocks/widget.js" type="module"' in media
    assert "ai_cms/blocks/widget.css" in media


def test_the_widget_offers_the_allowed_types() -> None:
    widget = Note._meta.get_field("text").formfield().widget
    data = widget.get_context("text", "[]", {})["widget"]["data"]
    assert {entry["type"] for entry in data["types"]} == {"heading", "rich_text", "columns", "column"}
    assert data["known"]["quote"] == "Quote"
    assert data["words"]["add"] == "Add block"


def test_json_in_the_page_cannot_end_the_script() -> None:
    html = str(form([{"id": "a", "type": "heading", "props": {"text": "</script><img src=x>"}}])["body"])
    assert "<img" not in html


# The admin


@pytest.fixture
def admin(superuser: Any) -> Client:
    client = Client()
    client.force_login(superuser)
    return client


def test_the_admin_edits_documents(admin: Client, superuser: Any) -> None:
    page = admin.get("/admin/blocks_host/article/add/")
    assert b"data-ai-cms-blocks" in page.content
    body = json.dumps([{"type": "heading", "props": {"text": "x"}}])
    assert admin.post("/admin/blocks_host/article/add/", {"title": "t", "body": body}).status_code == 302
    article = Article.objects.get()
    record = article.body.blocks[0]["meta"]["provenance"]
    assert (record["source"], record["by"]) == ("human", str(superuser.pk))
    listing = admin.get("/admin/blocks_host/article/").content.decode()
    assert ">x</td>" in listing
    wrong = admin.post(f"/admin/blocks_host/article/{article.pk}/change/", {"title": "t", "body": '[{"type": "no"}]'})
    assert "no block type" in wrong.content.decode()


def test_a_view_only_user_reads_the_text(editor: Any) -> None:
    editor.user_permissions.add(Permission.objects.get(codename="view_article"))
    article = Article.objects.create(body=[{**HEADING, "props": {"text": "<i>secret sauce"}}])
    client = Client()
    client.force_login(editor)
    html = client.get(f"/admin/blocks_host/article/{article.pk}/change/").content.decode()
    assert "&lt;i&gt;secret sauce" in html
    assert "data-ai-cms-blocks" not in html


@override_settings(AI_CMS={"RAW_HTML": True})
def test_raw_html_in_the_admin_needs_its_permission(editor: Any) -> None:
    for codename in ("add_article", "view_article", "change_article"):
        editor.user_permissions.add(Permission.objects.get(codename=codename))
    client = Client()
    client.force_login(editor)
    data = {"title": "t", "body": '[{"type": "raw_html", "props": {"html": "<b>x</b>"}}]'}
    assert b"You may not add or change" in client.post("/admin/blocks_host/article/add/", data).content
    editor.user_permissions.add(Permission.objects.get(codename="use_raw_html"))
    assert client.post("/admin/blocks_host/article/add/", data).status_code == 302
