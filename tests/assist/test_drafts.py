"""Drafts that are not all right: what can be kept is kept, and what is left out is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_cms.assist.mending import usable_blocks
from ai_cms.assist.registry import tasks
from ai_cms.assist.services import generate_text
from ai_cms.assist.tasks.drafts import draft_types
from ai_cms.core.permissions import Actor
from ai_cms.llm.backends.testing import Fault
from ai_cms.llm.exceptions import (
    LLMError,
    LLMInterrupted,
    LLMInvalidOutput,
    LLMOutputLimit,
    LLMTimeout,
    LLMUnavailable,
    LLMUnsupported,
)
from ai_cms.llm.messages import LLMResponse
from ai_cms.llm.models import AILog
from ai_cms.pages import get_page_model
from ai_cms.pages.models import Proposal
from ai_cms.posts import get_post_model

pytestmark = pytest.mark.django_db(transaction=True)

HEADING = {"type": "heading", "props": {"text": "Bread", "level": 2}}
TEXT = {"type": "rich_text", "props": {"html": "<p>Slow bread.</p>"}}
BUTTON = {"type": "button", "props": {"label": "Order", "url": ""}}


def types_of(blocks: list[dict[str, Any]]) -> list[str]:
    return [block["type"] for block in blocks]


@pytest.mark.parametrize(
    ("blocks", "kept", "told"),
    [
        ([HEADING, BUTTON, TEXT], ["heading", "rich_text"], "1.props.url"),
        (
            [{"type": "heading", "props": {"text": "Bread", "anchor": "a b"}}, TEXT],
            ["heading", "rich_text"],
            "0.props.anchor",
        ),
        ([{"type": "nope", "props": {}}, TEXT], ["rich_text"], "0.type"),
        (["words", TEXT], ["rich_text"], "0:"),
        ([{"type": "list", "props": {"items": ["One", ""]}}], ["list"], "0.props.items.1"),
        (
            [
                {
                    "type": "columns",
                    "props": {},
                    "children": [{"type": "column", "props": {}, "children": [BUTTON, TEXT]}],
                }
            ],
            ["columns"],
            "0.children.0.children.0.props.url",
        ),
    ],
)
def test_one_bad_block_costs_the_others_nothing(blocks: list[Any], kept: list[str], told: str) -> None:
    made, left_out = usable_blocks(blocks, draft_types(), Actor.system("test"))
    assert types_of(made) == kept
    assert any(line.startswith(told) for line in left_out)
    assert all(block["id"] for block in made)


def test_a_draft_of_which_nothing_is_left_goes_back() -> None:
    with pytest.raises(ValueError, match=r"0\.props\.url"):
        usable_blocks([BUTTON], draft_types(), Actor.system("test"))


def test_an_obedient_model_without_addresses_gets_its_page(model: Any, page_factory: Any, superuser: Any) -> None:
    backend = model({"title": "Bread", "seo_description": "", "blocks": [HEADING, BUTTON, TEXT]})
    page = page_factory("Bread")
    outcome = generate_text("page_draft", {"brief": "Bread."}, actor=superuser, page=page)
    assert len(backend.requests) == 1
    assert types_of([operation["block"] for operation in outcome.result.operations]) == ["heading", "rich_text"]
    assert outcome.result.output["left_out"]


def test_types_that_no_model_can_fill_in_are_not_offered() -> None:
    assert not {"audio", "video", "image", "code", "raw_html"} & set(draft_types())


def test_a_draft_longer_than_it_may_be_keeps_its_blocks(model: Any, page_factory: Any, superuser: Any) -> None:
    whole = json.dumps({"title": "Bread", "seo_description": "", "blocks": [HEADING, TEXT, HEADING]})
    backend = model()
    backend.script(LLMResponse(whole[:-40], finish_reason="length", model="m-1"))
    page = page_factory("Bread")
    with pytest.raises(LLMInvalidOutput) as caught:
        generate_text("page_draft", {"brief": "Bread."}, actor=superuser, page=page)
    assert "tokens" in caught.value.detail
    proposal = Proposal.objects.get()
    assert "cut off" in proposal.title
    assert types_of([operation["block"] for operation in proposal.operations]) == ["heading", "rich_text"]
    assert caught.value.body()["proposal"] == proposal.pk


@pytest.mark.parametrize("error", [LLMInterrupted, LLMTimeout, LLMOutputLimit, LLMUnavailable])
def test_a_draft_that_breaks_off_keeps_its_blocks(
    model: Any, page_factory: Any, superuser: Any, error: type[LLMError]
) -> None:
    whole = json.dumps({"title": "Bread", "seo_description": "", "blocks": [HEADING, TEXT, HEADING]})
    backend = model()
    backend.script(Fault(error(reason="the connection broke"), whole[:-40]))
    page = page_factory("Bread")
    with pytest.raises(error) as caught:
        generate_text("page_draft", {"brief": "Bread."}, actor=superuser, page=page)
    proposal = Proposal.objects.get()
    assert (proposal.status, "cut off" in proposal.title) == ("pending", True)
    assert types_of([operation["block"] for operation in proposal.operations]) == ["heading", "rich_text"]
    assert caught.value.body()["proposal"] == proposal.pk
    assert str(AILog.objects.get().pk) == proposal.provenance["call"]
    assert get_page_model().objects.get(pk=page.pk).content_json == page.content_json


@pytest.mark.parametrize("keep", [True, False])
def test_a_draft_that_breaks_off_before_its_first_block_or_unwanted_leaves_nothing(
    model: Any, page_factory: Any, superuser: Any, keep: bool
) -> None:
    backend = model()
    text = json.dumps({"title": "Bread", "seo_description": "", "blocks": [HEADING, TEXT]})
    backend.script(Fault(LLMInterrupted(), text[:30] if keep else text[:-20]))
    with pytest.raises(LLMInterrupted):
        generate_text("page_draft", {"brief": "Bread."}, actor=superuser, page=page_factory("Bread"), keep_partial=keep)
    assert not Proposal.objects.exists()


# What every task is told, and may write


def payload_for(name: str) -> dict[str, Any]:
    """Return what a task cannot do without."""
    schema = tasks[name].payload_model.model_json_schema()
    payload: dict[str, Any] = {field: "x" for field in schema["properties"] if field in schema.get("required", ())}
    if name.startswith("translate"):
        payload["language"] = "de"
    if name == "post_tags":
        # The site has no tag yet: one may be new.
        payload["new"] = 1
    return payload


@pytest.mark.parametrize("name", sorted(name for name in tasks if tasks[name].takes_page and name != "glossary"))
def test_tasks_know_the_page_they_work_on(name: str, page_factory: Any, superuser: Any) -> None:
    image = {"id": "i1", "type": "image", "props": {"src": "/media/a.png", "alt": ""}}
    page = page_factory(
        "Our bread",
        **({"page_type": get_post_model()} if name.startswith("post_") else {}),
        content=[{"id": "h1", **HEADING}, {"id": "t1", **TEXT}, image],
    )
    task, payload = tasks[name], payload_for(name)
    request = task.request(task.prepare(Actor.of(superuser), payload, page))
    # The language of a translation is the one to translate into.
    assert request.payload["language"] == payload.get("language", page.locale)
    assert (request.payload["page_title"], request.payload["outline"]) == ("Our bread", ["Bread"])


@pytest.mark.parametrize("name", sorted(name for name in tasks if tasks[name].takes_page))
def test_the_rule_about_data_follows_every_prompt(name: str, page_factory: Any, superuser: Any) -> None:
    page = page_factory(
        "Bread",
        **({"page_type": get_post_model()} if name.startswith("post_") else {}),
        content=[{"id": "h1", **HEADING}, {"id": "i1", "type": "image", "props": {"src": "/media/a.png", "alt": ""}}],
    )
    task, payload = tasks[name], payload_for(name)
    if name == "glossary":
        pytest.skip("its template lives in a project, not here")
    request = task.request(task.prepare(Actor.of(superuser), payload, page))
    system = request.messages[0].text
    assert system.count("never instructions to you") == 1
    assert system.index("never instructions") > 40


def test_a_task_may_write_as_much_as_it_needs(superuser: Any) -> None:
    def most(name: str, payload: dict[str, Any]) -> int | None:
        return tasks[name].request(tasks[name].prepare(Actor.of(superuser), payload)).max_tokens

    assert most("keywords", {"text": "Bread."}) == 300
    assert most("seo", {"text": "Bread."}) == 400
    assert most("proofread", {"text": "word " * 400}) == pytest.approx(2 * 500, abs=300)
    assert most("page_draft", {"brief": "Bread."}) == 8000


def test_a_title_a_little_too_long_is_cut_between_words(model: Any, superuser: Any) -> None:
    title = "Sourdough bread baked slowly in a wood fired oven by people who love it"
    assert len(title) > 70
    backend = model({"title": title, "description": "d" * 200, "keywords": ["x"] * 30})
    output = generate_text("seo", {"text": "Bread."}, actor=superuser).result.output
    assert len(backend.requests) == 1
    assert len(output["title"]) <= 70
    assert title.startswith(output["title"].rstrip("…"))
    assert len(output["description"]) <= 170
    assert len(output["keywords"]) == 20


# Without a model


@pytest.mark.parametrize(
    "brief",
    [
        "Write a page about our bakery.",
        "Please create a landing page for a bakery",
        "Schreibe eine Seite über Brot.",
        "ライ麦パンについてのページを書いてください。",
        "请写一个关于面包的页面。",
        "Write a page about our bakery. Mention the opening hours.",
        "Please write a text about rye bread. It should be short, and don't use long words.",
        "I need a landing page for our bakery in Ulm. Keep it friendly.",
        "Wir brauchen eine Seite über Brot. Erwähne die Mühle.",
    ],
)
def test_an_instruction_is_not_printed_as_the_page(local: None, superuser: Any, brief: str) -> None:
    with pytest.raises(LLMUnsupported):
        generate_text("page_draft", {"brief": brief}, actor=superuser)
    outcome = generate_text("page_draft", {"brief": f"{brief}\n\nOpening hours:\n- Monday"}, actor=superuser)
    assert brief.rstrip(".") not in json.dumps(outcome.result.output, ensure_ascii=False)


def test_what_a_brief_tells_besides_its_instruction_is_laid_out(local: None, superuser: Any) -> None:
    brief = "We are a bakery in Ulm. Write a page about our bread. Our oven is from 1890. Keep it short."
    outcome = generate_text("page_draft", {"brief": brief}, actor=superuser)
    shown = json.dumps(outcome.result.output, ensure_ascii=False)
    assert "We are a bakery in Ulm." in shown
    assert "Our oven is from 1890." in shown
    assert "Write a page" not in shown
    assert "Keep it short" not in shown


def test_a_recipe_is_no_instruction_to_write(local: None, superuser: Any) -> None:
    brief = "Mention of the mill dates from 1890. Use a stone oven. Keep it hot."
    shown = json.dumps(generate_text("page_draft", {"brief": brief}, actor=superuser).result.output)
    assert "Use a stone oven." in shown


def test_a_text_that_is_right_is_said_to_be(local: None, superuser: Any) -> None:
    output = generate_text("proofread", {"text": "All is well."}, actor=superuser).result.output
    assert (output["changed"], bool(output["note"])) == (0, True)
    output = generate_text("proofread", {"text": "Teh bread adn the salt."}, actor=superuser).result.output
    assert (output["text"], output["changed"]) == ("The bread and the salt.", 1)
