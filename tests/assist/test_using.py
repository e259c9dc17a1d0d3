"""Texts that tasks write are used: copied, or put into the page as a proposal."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ai_cms.assist.admin.using import change_of, gives_text, written_texts
from ai_cms.assist.registry import tasks
from ai_cms.llm.models import Run
from ai_cms.pages.models import Proposal

from .test_admin import page, staff, url, write

__all__ = ["page", "staff"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_tasks_say_what_they_give() -> None:
    texts = {name for name in tasks if gives_text(tasks[name])}
    assert {"summarise", "headlines", "hero", "resume_summary", "resume_tailoring"} <= texts
    assert not {"proofread", "page_draft", "seo", "continue"} & texts


def test_the_choice_says_it_too(local: None, staff: Client, page: Any) -> None:
    html = staff.get(url("page", page.pk)).content.decode()
    assert html.count("Gives a text to copy or to put into the page") == sum(gives_text(tasks[name]) for name in tasks)
    assert "The result is a proposal" not in html


def test_a_headline_becomes_the_title(local: None, staff: Client, page: Any) -> None:
    shown = write(staff, page, "headlines")
    text = shown.context["output"][0]
    assert text.key == "headlines.0"
    html = shown.content.decode()
    assert "Use it as the title" in html
    assert "data-ai-copy" in html
    run = Run.objects.get()
    answer = staff.post(url("use", run.pk), {"text": text.key, "use": "title"})
    proposal = Proposal.objects.get()
    assert f"/proposal/{proposal.pk}/" in answer["Location"]
    assert proposal.fields == {"title": text.text}
    # Who wrote it stays known.
    assert proposal.provenance["source"] == "rules"


def test_nothing_is_offered_for_a_sentence_about_the_work(local: None, staff: Client, page: Any) -> None:
    shown = write(staff, page, "proofread", blocks=["s1"])
    run = Run.objects.get()
    Run.objects.filter(pk=run.pk).update(
        result={**run.result, "output": {"changed": 0, "note": "Nothing was changed."}}
    )
    shown = staff.get(url("change", run.pk))
    html = shown.content.decode()
    assert "Nothing was changed." in html
    assert 'class="ai-uses"' not in html
    assert staff.post(url("use", run.pk), {"text": "note.0", "use": "block"}).status_code == 404


def test_texts_are_called_by_what_they_are_for() -> None:
    found = written_texts({"title": "Bread", "seo_description": "All of it.", "one_more": "x"})
    assert [text.label for text in found] == ["Title", "Description for search engines", "One more"]


def test_a_summary_becomes_a_block(local: None, staff: Client, page: Any) -> None:
    shown = write(staff, page, "summarise")
    text = shown.context["output"][0]
    staff.post(url("use", Run.objects.get().pk), {"text": text.key, "use": "block"})
    operation = Proposal.objects.get().operations[0]
    assert (operation["op"], operation["block"]["type"]) == ("insert", "rich_text")
    assert operation["block"]["props"]["html"].startswith("<p>")


@pytest.mark.parametrize("wrong", [{"text": "nonsense.0", "use": "title"}, {"use": "title"}, {"text": "headlines.0"}])
def test_only_what_is_there_is_used(local: None, staff: Client, page: Any, wrong: dict[str, str]) -> None:
    write(staff, page, "headlines")
    assert staff.post(url("use", Run.objects.get().pk), wrong).status_code == 404
    assert Proposal.objects.count() == 0


def test_texts_without_a_page_are_copied_only(local: None, staff: Client, page: Any) -> None:
    shown = write(staff, None, "headlines", text="Bread is good. Rye is better.", title="Bread")
    html = shown.content.decode()
    assert "data-ai-copy" in html
    assert "Use it as the title" not in html
    key = shown.context["output"][0].key
    assert staff.post(url("use", Run.objects.get().pk), {"text": key, "use": "title"}).status_code == 403


def test_plain_text_becomes_paragraphs_and_no_markup() -> None:
    [written] = written_texts({"summary": "One <b>\nline\n\nTwo & three", "count": 3})
    operations, fields = change_of(written, "block")
    assert operations[0]["block"]["props"]["html"] == "<p>One &lt;b&gt;<br>line</p><p>Two &amp; three</p>"
    assert fields == {}
    [html] = written_texts({"html": "<p>One</p><p>Two</p>"})
    assert [name for name, _label in html.uses()] == ["block"]
    assert change_of(html, "block")[0][0]["block"]["props"]["html"] == "<p>One</p><p>Two</p>"
