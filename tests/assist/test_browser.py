"""Writing in the admin in a browser: progress as it happens, under a strict policy; without scripts all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from ai_cms.assist.models import HANDLER
from ai_cms.core.tokens import create_token
from ai_cms.llm.models import Run
from ai_cms.llm.runs.events import append_event
from ai_cms.pages.models import Proposal
from tests.pages.browser.conftest import chromium, watch
from tests.pages.browser.looks import DOUBLE_IDS, NAMELESS, look_at

__all__ = ["chromium", "watch"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:ai_cms_assist_writingrun_{name}", args=args)


@pytest.fixture
def page(local: None, transactional_db: None, page_factory: Any) -> Any:
    return page_factory("Bread", content=[{"id": "h1", "type": "heading", "props": {"text": "Our  bread ."}}])


def sound(watched: Any) -> None:
    assert watched.problems == []
    assert watched.page.evaluate(NAMELESS) == []
    assert watched.page.evaluate(DOUBLE_IDS) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_page_to_the_proposal(watch: Callable[..., Any], superuser: Any, page: Any, scripts: bool) -> None:
    watched = watch(superuser, java_script_enabled=scripts)
    browser = watched.page
    watched.visit(reverse(f"admin:{page._meta.app_label}_{page._meta.model_name}_change", args=[page.pk]))
    browser.get_by_role("link", name="Write with AI").click()
    browser.get_by_role("link", name="Proofread").click()
    browser.get_by_label("Heading Our bread .").check()
    browser.get_by_role("button", name="Proofread").click()
    found = browser.get_by_role("link", name="Look at the proposal")
    found.wait_for()
    if scripts:
        sound(watched)
    found.click()
    assert f"proposal/{Proposal.objects.get().pk}/" in browser.url
    assert watched.problems == []


def running(user: Any, page: Any) -> Run:
    return Run.objects.create(
        handler=HANDLER,
        user=user,
        status="running",
        target_label="Bread",
        payload={"task": "page_draft", "payload": {"brief": "x"}, "page": page.pk},
    )


def show(run: Run, kind: str, data: dict[str, Any], **fields: Any) -> None:
    append_event(Run.objects.filter(pk=run.pk), run.pk, kind, data, **fields)


@pytest.mark.parametrize("streams", [True, False])
def test_blocks_appear_as_they_are_written(watch: Callable[..., Any], superuser: Any, page: Any, streams: bool) -> None:
    from django.utils import timezone

    run = running(superuser, page)
    watched = watch(superuser, color_scheme="dark", viewport={"width": 390, "height": 800})
    browser = watched.page
    if not streams:
        browser.add_init_script("delete window.EventSource")
    watched.visit(url("change", run.pk))
    text = "<img src=x onerror=alert(1)> Baked"
    show(run, "operation", {"op": "insert", "block": {"type": "heading", "props": {"text": "Bread"}}})
    show(run, "operation", {"op": "insert", "block": {"type": "rich_text", "props": {"html": f"<p>{text}</p>"}}})
    browser.wait_for_function("document.querySelectorAll('.ai-written li').length === 2")
    assert browser.locator(".ai-written li").all_inner_texts() == ["Heading Bread", "Text Baked"]
    assert browser.get_by_role("status").inner_text() == "Blocks so far: 2"
    sound(watched)
    assert browser.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    show(run, "done", {"result": {}}, status="done", finished_at=timezone.now(), result={})
    browser.wait_for_function("document.title.startsWith('Done')")
    assert browser.locator(".ai-written li").count() == 2
    sound(watched)


def test_a_brief_is_not_lost(watch: Callable[..., Any], superuser: Any, page: Any) -> None:
    watched = watch(superuser)
    path = f"{url('page', page.pk)}?task=page_draft"
    watched.visit(path)
    browser = watched.page
    browser.on("dialog", lambda dialog: dialog.accept())
    browser.fill("#id_brief", "A long brief")
    browser.context.set_offline(True)
    browser.get_by_role("button", name="Draft a page").click()
    browser.get_by_text("so nothing was saved").wait_for()
    browser.context.set_offline(False)
    browser.goto("about:blank")
    watched.visit(path)
    browser.get_by_role("button", name="Put it into the form").click()
    assert browser.input_value("#id_brief") == "A long brief"
    browser.get_by_role("button", name="Draft a page").click()
    browser.get_by_role("link", name="Look at the proposal").wait_for()
    # It was used, so it is not offered again.
    watched.visit(path)
    assert browser.get_by_role("button", name="Put it into the form").count() == 0


def test_forms_and_prompts_are_clean_and_fit(watch: Callable[..., Any], superuser: Any, page: Any) -> None:
    done = running(superuser, page)
    output = {"headlines": ["Bread", "Rye"], "html": "<p>Bread</p>"}
    Run.objects.filter(pk=done.pk).update(status="done", result={"output": output})
    watched = watch(superuser, viewport={"width": 1440, "height": 900})
    paths = [url("changelist"), url("add"), url("prompts"), url("page", page.pk), url("change", done.pk)]
    paths += [f"{url('page', page.pk)}?task={task}" for task in ("page_draft", "rewrite", "alt_text")]
    found = []
    for path in paths:
        watched.visit(path)
        found += look_at(watched.page, path)
    assert found == []
    assert watched.problems == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_prompt_is_written_and_gone_back_to_by_keys(
    watch: Callable[..., Any], superuser: Any, local: None, scripts: bool
) -> None:
    watched = watch(superuser, viewport={"width": 1440, "height": 900}, java_script_enabled=scripts)
    browser = watched.page
    path = reverse("admin:ai_cms_assist_libraryitem_prompt", args=["summarise"])

    def reach(role: str, name: str) -> None:
        target = browser.get_by_role(role, name=name)
        for _key in range(250):
            if target.evaluate("element => element === document.activeElement"):
                return
            browser.keyboard.press("Tab")
        raise AssertionError(f"{name} is not reached by Tab")

    watched.visit(path)
    reach("textbox", "Instructions")
    browser.keyboard.press("Control+A")
    browser.keyboard.type("Sum it up for sailors.")
    reach("button", "Save and publish")
    browser.keyboard.press("Enter")
    browser.get_by_text("Models are instructed by version 1").wait_for()
    reach("textbox", "Instructions")
    browser.keyboard.press("Control+End")
    browser.keyboard.type(" Be brief.")
    reach("button", "Save and publish")
    browser.keyboard.press("Enter")
    browser.get_by_text("Models are instructed by version 2").wait_for()
    reach("button", "Go back to version 1")
    browser.keyboard.press("Enter")
    browser.get_by_text("Models are instructed by version 3").wait_for()
    assert browser.get_by_role("textbox", name="Instructions").input_value() == "Sum it up for sailors."
    if scripts:
        assert look_at(browser, path) == []
        sound(watched)


def test_the_lists_of_models_and_tokens_are_clean(watch: Callable[..., Any], superuser: Any, page: Any) -> None:
    running(superuser, page)
    create_token(superuser, scopes=["read"], name="Mine")
    watched = watch(superuser, viewport={"width": 1440, "height": 900})
    names = [
        f"ai_cms_llm_{name}_changelist" for name in ("ailog", "creditaccount", "creditentry", "run", "backendstate")
    ]
    names += [f"ai_cms_core_{name}_changelist" for name in ("apitoken", "runtimeflag", "idempotencyrecord")]
    names += ["ai_cms_core_apitoken_add", "ai_cms_llm_agentbudget_add"]
    found = []
    for name in names:
        path = reverse(f"admin:{name}")
        watched.visit(path)
        found += look_at(watched.page, path)
    assert found == []
    assert watched.problems == []
