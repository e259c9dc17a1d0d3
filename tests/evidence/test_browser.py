"""The pages of evidence in a browser, under a strict policy, by keyboard's standards and on a phone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from ai_cms.blocks.documents.provenance import make_provenance
from ai_cms.core.permissions import Actor
from ai_cms.evidence.models import Acceptance
from ai_cms.pages import services
from tests import axe
from tests.pages.browser.conftest import chromium as chromium
from tests.pages.browser.conftest import watch as watch

from .conftest import fresh, heading, text_of, update

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:ai_cms_evidence_{name}", args=args)


def look(seen: Any, name: str) -> None:
    """Ask axe about the page; keep a picture where somebody wants to see it."""
    if folder := os.environ.get("AI_CMS_PICTURES"):
        seen.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    assert axe.check(seen.page) == [], name
    width, inner = seen.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    # Paper is as wide as paper is.
    assert width <= inner or "paper" in name, name


@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_of_evidence(
    watch: Callable[..., Any], superuser: Any, page_factory: Callable[..., Any], agent: Actor, person: Actor, dark: bool
) -> None:
    seen = watch(
        superuser, color_scheme="dark" if dark else "light", viewport={"width": 390 if dark else 1280, "height": 844}
    )
    for name in ("act_changelist", "acceptance_changelist", "acceptance_report", "undo_changelist"):
        seen.visit(url(name))
        look(seen, f"empty-{name}-{dark}")
    page = page_factory("Rye bread", heading("a", "Typed by a person"), heading("b", "Typed too"), actor=person)
    model = make_provenance("model", model="example-model-1", call="41")
    services.apply_page_operations(
        fresh(page), [{"op": "insert", "block": heading("m", "Written by a model")}], actor=agent, provenance=model
    )
    proposal = services.create_proposal(
        fresh(page), [update("b", "A model has a better word")], actor=person, provenance=model, agent="example-model-1"
    )
    services.accept_proposal(proposal, actor=person, edits={"b": {"text": "A person has a better word"}})
    services.apply_page_operations(fresh(page), [update("a", "Changed by the agent")], actor=agent)
    services.publish_page(fresh(page), actor=person)
    seen.visit(url("act_changelist"))
    look(seen, f"acts-{dark}")
    with seen.page.expect_navigation():
        seen.page.get_by_role("link", name="Take back what the agent did").first.click()
    look(seen, f"ask-{dark}")
    seen.page.get_by_role("button", name="Show what would be taken back").click()
    seen.page.get_by_text("Nothing has been changed yet").wait_for()
    look(seen, f"plan-{dark}")
    seen.page.get_by_role("button", name="Take it back").click()
    seen.page.get_by_text("acts were taken back").wait_for()
    look(seen, f"report-{dark}")
    assert text_of(page, "a") == "Typed by a person"
    seen.visit(url("acceptance_dossier", page.pk))
    look(seen, f"dossier-{dark}")
    seen.page.emulate_media(media="print")
    look(seen, f"paper-{dark}")
    seen.page.emulate_media(media="screen")
    with seen.page.expect_navigation():
        seen.page.get_by_role("link", name="Answer for what nobody answers for").click()
    look(seen, f"answer-{dark}")
    seen.page.get_by_role("checkbox").first.check()
    seen.page.get_by_role("button", name="I answer for what is ticked").click()
    seen.page.get_by_text("You answer for it from now on").wait_for()
    for name, path in (
        ("who", url("acceptance_changelist")),
        ("accepted", url("acceptance_change", Acceptance.objects.order_by("at").first().pk)),  # type: ignore[union-attr]
        ("models", url("acceptance_report")),
        ("undone", url("undo_changelist")),
    ):
        seen.visit(path)
        look(seen, f"{name}-{dark}")
    assert seen.problems == []
