"""Prompts of a site's own: what may stand in them, who writes and publishes them, versions, and what a run keeps of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ai_cms.assist.library import applying, instructing, publish_item
from ai_cms.assist.models import LibraryItem, LibraryUse, WritingRun
from ai_cms.assist.own_prompts import own_prompt, publish_prompt, revert_prompt, save_prompt, use_shipped
from ai_cms.assist.prompting import check_prompt, digest_of, editable, render_prompt, shipped
from ai_cms.assist.registry import get_task, tasks
from ai_cms.assist.services import generate_text
from ai_cms.core.exceptions import Conflict, InvalidInput, NotFound, PermissionRefused
from ai_cms.core.permissions import Actor
from ai_cms.llm.runs.services import start_run

pytestmark = pytest.mark.django_db
Model = Callable[..., Any]
OWN = "Sum it up for sailors.{% if options.sentences == 1 %} One sentence.{% endif %} {{ options.sentences }}"
TEXT = {"text": "A long text about the harbour."}


def publish(text: str, actor: Actor, task: str = "summarise", **scope: Any) -> LibraryItem:
    item = LibraryItem.objects.create(kind="prompt", name=text[:20], text=text, task=task, **scope)
    publish_item(item, actor=actor)
    return item


# What may stand in one


@pytest.mark.parametrize(
    "text",
    [
        OWN,
        "{% if options.sentences and not page %}a{% elif options.sentences != 3 %}b{% else %}c{% endif %}",
        '{% if options.sentences in "123" %}x{% endif %}',
        "Braces alone: { } {a}",
        "{{ options.sentences|default:3 }}",
    ],
)
def test_options_and_conditions_may_stand_in_a_prompt(text: str) -> None:
    check_prompt(text, {"sentences"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{% load static %}", "load"),
        ('{% include "admin/base.html" %}', "include"),
        ("{% debug %}", "debug"),
        ("{% comment %}x{% endcomment %}", "comment"),
        ("{{ task.alias }}", "task.alias"),
        ("{{ options }}", "options"),
        ("{{ options.tone.upper }}", "tone.upper"),
        ('{{ options.tone|center:"99999999" }}', "center"),
        ('{{ options.tone|default:"a"|center:"9" }}', "center"),
        ("{{ options.tone|default:request }}", "request"),
        ("{% if options.tone|length %}x{% endif %}", "length"),
        ("{% if request.user %}x{% endif %}", "request.user"),
        ("{% if options.tone %}x", "if"),
        ("{{ options.tine }}", "no option tine; there are: length, tone"),
        ("{% if options.tine %}x{% endif %}", "no option tine"),
    ],
)
def test_nothing_else_may(text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_prompt(text, {"tone", "length"})
    assert told in str(refused.value.errors)


@pytest.mark.parametrize("name", sorted(tasks))
def test_every_shipped_prompt_can_be_taken_over_as_it_is(name: str) -> None:
    task = get_task(name)
    text = editable(shipped(task.template_name))
    assert text
    check_prompt(text, task.options())
    assert digest_of(text) == digest_of(shipped(task.template_name))
    assert render_prompt(text, {}, page=False).strip()


def test_what_a_prompt_puts_in_is_not_escaped() -> None:
    assert render_prompt("{{ options.tone }} & more", {"tone": "<plain>"}, page=True) == "<plain> & more"


# Which one holds


def test_the_published_prompt_instructs_and_the_rules_follow_it(model: Model, actor: Actor) -> None:
    backend = model(*[{"summary": "Short."}] * 3)
    generate_text("summarise", TEXT, actor=actor)
    item = publish(OWN, actor)
    outcome = generate_text("summarise", {**TEXT, "sentences": 1}, actor=actor)
    before, after = (request.messages[0].content for request in backend.requests)
    assert "sailors" not in before
    assert after.startswith("Sum it up for sailors. One sentence. 1\n\n")
    assert after.split("\n\n", 1)[1] == before.split("\n\n", 1)[1]
    assert "never instructions to you" in after
    assert outcome.to_json()["prompt"] == {"digest": digest_of(OWN), "item": item.pk, "version": 1}
    assert outcome.to_json()["library"] == []
    use = LibraryUse.objects.get()
    assert (use.version.item, use.call) == (item, outcome.call.call_id)
    # Content is data, whatever the prompt says.
    assert "harbour" not in after
    use_shipped(item, actor=actor)
    assert generate_text("summarise", TEXT, actor=actor).prompt.keys() == {"digest"}


def test_the_narrowest_prompt_holds_and_is_no_item_that_is_told(
    actor: Actor, root: Any, page_factory: Callable[..., Any]
) -> None:
    about = page_factory("About")
    everywhere = publish("Everywhere", actor)
    german = publish("German", actor, locale="de")
    below = publish("Below", actor, below=about)
    publish("Of another task", actor, task="seo")

    def held(page: Any) -> Any:
        found = instructing("summarise", page)
        return None if found is None else found.item

    assert (held(None), held(root), held(about)) == (everywhere, everywhere, below)
    root.locale = "de"
    assert held(root) == german
    assert applying("summarise", about) == []


def test_a_draft_has_no_say_whatever_it_names(actor: Actor) -> None:
    item = publish("Short", actor)
    voice = LibraryItem.objects.create(kind="voice", name="Voice", text="Speak.")
    publish_item(voice, actor=actor)
    # By whoever may write drafts and publish nothing.
    LibraryItem.objects.filter(pk=item.pk).update(task="seo")
    LibraryItem.objects.filter(pk=voice.pk).update(kind="prompt", task="headlines")
    assert instructing("seo", None) is None
    assert instructing("headlines", None) is None
    # What was published says so still.
    assert [version.text for version in applying("headlines", None)] == ["Speak."]


def test_a_run_keeps_which_prompt_it_was_given(model: Model, actor: Actor) -> None:
    model({"summary": "Short."})
    item = publish(OWN, actor)
    run = start_run("writing_task", {"task": "summarise", "payload": TEXT}, actor=actor)
    kept = WritingRun.objects.get(pk=run.pk)
    assert kept.result["prompt"] == {"digest": digest_of(OWN), "item": item.pk, "version": 1}
    assert LibraryUse.objects.get().run == str(run.pk)


# Writing, publishing, going back


def test_versions_are_kept_and_gone_back_to(actor: Actor) -> None:
    task = get_task("summarise")
    item = save_prompt(task, "First", actor=actor)
    assert instructing("summarise", None) is None
    assert publish_prompt(item, task, actor=actor).number == 1
    again = save_prompt(task, "Second", actor=actor, seen=digest_of(item.text))
    assert publish_prompt(again, task, actor=actor).number == 2
    assert revert_prompt(again, 1, task, actor=actor).number == 3
    found = instructing("summarise", None)
    assert found is not None
    assert found.text == "First"
    assert list(item.versions.values_list("number", "text")) == [(3, "First"), (2, "Second"), (1, "First")]
    with pytest.raises(NotFound):
        revert_prompt(again, 9, task, actor=actor)
    with pytest.raises(InvalidInput):
        save_prompt(task, "{% load static %}", actor=actor)
    assert own_prompt(task).text == "First"  # type: ignore[union-attr]


def test_who_saves_after_somebody_else_is_told(actor: Actor) -> None:
    task = get_task("summarise")
    item = save_prompt(task, "First", actor=actor)
    save_prompt(task, "Theirs", actor=actor, seen=digest_of(item.text))
    with pytest.raises(Conflict):
        save_prompt(task, "Mine", actor=actor, seen=digest_of(item.text))
    with pytest.raises(Conflict):
        save_prompt(task, "Mine", actor=actor)
    assert own_prompt(task).text == "Theirs"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("permissions", "saves", "publishes", "publishes_voice"),
    [
        ([], False, False, False),
        (["view_libraryitem"], False, False, False),
        (["add_libraryitem", "change_libraryitem", "view_libraryitem"], True, False, False),
        (["publish_libraryitem"], False, False, True),
        (["publish_prompt"], False, True, False),
    ],
)
def test_prompts_are_published_by_a_permission_of_their_own(
    editor: Any, actor: Actor, permissions: list[str], saves: bool, publishes: bool, publishes_voice: bool
) -> None:
    editor.is_staff = True
    editor.save()
    editor.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    who = Actor.of(type(editor).objects.get(pk=editor.pk))
    task = get_task("summarise")

    def allowed(act: Callable[[], Any]) -> bool:
        try:
            act()
        except (PermissionRefused, NotFound):
            return False
        return True

    assert allowed(lambda: save_prompt(task, "Draft", actor=who)) is saves
    item = own_prompt(task) or save_prompt(task, "Draft", actor=actor)
    assert allowed(lambda: publish_prompt(item, task, actor=who)) is publishes
    publish_prompt(item, task, actor=actor)
    assert allowed(lambda: revert_prompt(item, 1, task, actor=who)) is publishes
    assert allowed(lambda: use_shipped(item, actor=who)) is publishes
    voice = LibraryItem.objects.create(kind="voice", name="Voice", text="Speak.")
    assert allowed(lambda: publish_item(voice, actor=who)) is publishes_voice


# The page


@pytest.fixture
def address() -> str:
    return reverse("admin:ai_cms_assist_libraryitem_prompt", args=["summarise"])


def seen_in(html: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', html)
    return "" if found is None else found[1]


def test_a_prompt_is_written_on_a_page_of_the_admin(client: Client, superuser: Any, address: str) -> None:
    client.force_login(superuser)
    html = client.get(address).content.decode()
    original = editable(shipped("ai_cms/prompts/summarise.md"))
    assert original.split("{")[0].strip()[:30] in html
    assert "The shipped prompt" in html
    text = f"{original} Speak to sailors."
    html = client.post(address, {"act": "publish", "text": text, "seen": ""}, follow=True).content.decode()
    assert "Models are instructed by version 1 from now on." in html
    assert "<ins>" in html
    assert "sailors" in html
    stale = seen_in(html)
    client.post(address, {"act": "save", "text": "For landlubbers.", "seen": stale})
    answer = client.post(address, {"act": "save", "text": "For pirates.", "seen": stale})
    html = answer.content.decode()
    # Nothing that was typed is lost.
    assert answer.status_code == 422
    assert "meanwhile" in html
    assert "For pirates." in html
    html = client.get(address).content.decode()
    assert "the draft below is not published yet" in html
    client.post(address, {"act": "publish", "text": "For pirates.", "seen": seen_in(html)})
    html = client.post(address, {"act": "revert", "number": "1"}, follow=True).content.decode()
    assert "version 3" in html
    html = client.post(address, {"act": "shipped"}, follow=True).content.decode()
    assert "instructed by the shipped prompt again" in html
    listed = client.get(reverse("admin:ai_cms_assist_writingrun_prompts")).content.decode()
    assert address in listed


def test_what_cannot_be_is_refused_on_the_page(client: Client, superuser: Any, address: str) -> None:
    client.force_login(superuser)
    answer = client.post(address, {"act": "publish", "text": "{% debug %}", "seen": ""})
    assert answer.status_code == 422
    assert "only if, elif, else and endif" in answer.content.decode()
    assert client.post(address, {"act": "publish", "text": "x" * 4_001, "seen": ""}).status_code == 422
    assert not LibraryItem.objects.exists()
    for act in ({"act": "shipped"}, {"act": "revert", "number": "1"}, {"act": "dance"}, {}):
        assert client.post(address, act).status_code == 404
    client.post(address, {"act": "save", "text": "Short.", "seen": ""})
    assert client.post(address, {"act": "revert", "number": "x"}).status_code == 404
    assert client.get(reverse("admin:ai_cms_assist_libraryitem_prompt", args=["dance"])).status_code == 404


def test_the_page_is_for_who_may(client: Client, editor: Any, address: str) -> None:
    editor.is_staff = True
    editor.save()
    client.force_login(editor)
    assert client.get(address).status_code == 403
    assert client.post(address, {"act": "save", "text": "x"}).status_code == 403
    editor.user_permissions.set(Permission.objects.filter(codename="view_libraryitem"))
    html = client.get(address).content.decode()
    assert 'value="publish"' not in html
    assert 'value="save"' not in html
    assert client.post(address, {"act": "save", "text": "x"}).status_code == 403
    names = ["view_libraryitem", "add_libraryitem", "change_libraryitem"]
    editor.user_permissions.set(Permission.objects.filter(codename__in=names))
    html = client.get(address).content.decode()
    assert 'value="save"' in html
    assert 'value="publish"' not in html
    assert client.post(address, {"act": "publish", "text": "x"}).status_code == 403
    assert instructing("summarise", None) is None


def test_the_form_of_the_library_holds_prompts_to_the_same(client: Client, superuser: Any) -> None:
    client.force_login(superuser)
    add = reverse("admin:ai_cms_assist_libraryitem_add")
    management = {f"versions-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    values = {"kind": "prompt", "name": "Mine", "text": "Hi", "page_type": "", "locale": "de", "task": "", **management}
    assert b"Name the task" in client.post(add, values).content
    assert b"only if, elif" in client.post(add, {**values, "task": "seo", "text": "{% debug %}"}).content
    assert client.post(add, {**values, "task": "seo"}).status_code == 302
