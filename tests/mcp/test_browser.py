"""The pages on which a person decides, and the admin of agents, in Chromium under a strict policy: light and dark, wide and narrow."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import PageApproval, Publication
from tests import axe
from tests.pages.browser.conftest import Watched, chromium, watch

from .conftest import heading, paragraph

__all__ = ["chromium", "watch"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def picture(page: Any, name: str) -> None:
    """Keep a picture of a page where AI_CMS_PICTURES names a folder."""
    folder = os.environ.get("AI_CMS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_person_looks_at_what_is_asked_and_approves(
    live_server: Any, superuser: Any, page: Any, gate_of: Any, system: Actor, watch: Callable[..., Watched]
) -> None:
    services.publish_page(page, actor=system)
    block = page.content_json.blocks[0]["id"]
    changes = [
        {"op": "update", "id": block, "props": {"text": "Bread of rye"}},
        {"op": "insert", "block": paragraph("Flour, water, salt and <strong>time</strong>.")},
    ]
    services.apply_page_operations(page, changes, actor=superuser)
    gate = gate_of(superuser, name="Claude on Ann's desk")
    gate.call("request_publish", wrong=True, page=page.pk, base_version=2)
    gate.call("request_publish", wrong=True, page=page.pk, base_version=2, act="delete")
    gate.call("create_draft", parent=page.pk, title="Sourdough", blocks=[heading("Starter")])
    for scheme, width in (("light", 1280), ("dark", 390)):
        watched = watch(superuser, color_scheme=scheme, viewport={"width": width, "height": 800})
        view = watched.page
        view.goto(f"{live_server.url}/mcp/approvals/")
        view.get_by_role("heading", name="What agents ask for").wait_for()
        assert axe.check(view) == []
        picture(view, f"waiting-{scheme}")
        for number, approval in enumerate(PageApproval.objects.order_by("created_at")):
            view.goto(f"{live_server.url}/mcp/approvals/{approval.pk}/")
            view.get_by_role("button", name="Approve, and do it now").wait_for()
            assert axe.check(view) == []
            assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
            picture(view, f"approval-{number}-{scheme}")
    view.goto(f"{live_server.url}/mcp/approvals/{PageApproval.objects.get(act='publish').pk}/")
    view.get_by_role("button", name="Approve, and do it now").press("Enter")
    view.get_by_role("status").wait_for()
    picture(view, "decided-dark")
    assert axe.check(view) == []
    assert Publication.objects.get(page=page).version == 2


def test_an_agent_is_made_in_the_admin_and_gets_a_token(
    live_server: Any, superuser: Any, page: Any, watch: Callable[..., Watched]
) -> None:
    watched = watch(superuser, viewport={"width": 1280, "height": 900})
    view = watched.page
    view.goto(f"{live_server.url}/admin/ai_cms_core/agentaccount/add/")
    view.get_by_label("Name:").fill("Claude on Ann's desk")
    view.get_by_label("Owner:").fill(str(superuser.pk))
    view.get_by_label("Keep it to pages:").fill(str(page.pk))
    picture(view, "agent-add")
    view.get_by_role("button", name="Save", exact=True).click()
    view.get_by_text("The agent can do nothing yet").wait_for()
    picture(view, "agent-change")
    view.get_by_role("button", name="Make a token").click()
    secret = view.get_by_label("Secret").input_value()
    assert secret.startswith("aicms_")
    view.goto(f"{live_server.url}/admin/ai_cms_core/agentaccount/")
    picture(view, "agents")
