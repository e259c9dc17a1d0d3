"""From a brief to the public page with the built-in rules, once over REST alone and once in the admin alone."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ai_cms.pages import get_page_model
from ai_cms.pages.models import Proposal

from .test_admin import write

Page: Any = get_page_model()
pytestmark = pytest.mark.django_db(transaction=True)

BRIEF = """Sourdough bakery

Our bread:
We bake with wild yeast and stone-ground flour. It rests ... for two days.

Opening hours:
- Monday 8 to 12
- Tuesday to Saturday 8 to 18
"""


@pytest.fixture
def blank(local: None, transactional_db: None, page_factory: Any) -> Any:
    return page_factory("Sourdough bakery")


def marks_of(html: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the provenance in a public page: its JSON-LD, and its meta tag."""
    script = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    meta = re.search(r'<meta name="ai-cms:provenance" content="([^"]*)"', html)
    assert script is not None
    assert meta is not None
    return json.loads(script[1]), json.loads(unescape(meta[1]))


def check_public(page: Any, chosen: int) -> None:
    fresh = Page.objects.get(pk=page.pk)
    html = Client().get(fresh.path).content.decode()
    assert "wild yeast and stone-ground flour. It rests … for two days." in html
    assert "Tuesday" not in html, "the half that was turned down"
    assert f"<title>{fresh.seo_title}" in html
    data, meta = marks_of(html)
    assert meta["sources"] == {"rules": chosen}
    assert {"@type": "PropertyValue", "name": "ai-cms:blocks-by-rules", "value": chosen} in data["additionalProperty"]


def halves(proposal: Any) -> tuple[list[str], list[str]]:
    """Return the ids of the blocks about bread, and of those about opening hours."""
    ids = [operation["block"]["id"] for operation in proposal.operations]
    texts = [json.dumps(operation["block"]["props"]) for operation in proposal.operations]
    cut = next(index for index, text in enumerate(texts) if "Opening" in text)
    return ids[:cut], ids[cut:]


def paragraph_of(page: Any) -> str:
    blocks = Page.objects.get(pk=page.pk).content_json.blocks
    return next(block["id"] for block in blocks if block["type"] == "rich_text" and "rests" in block["props"]["html"])


def test_by_rest(api_client: Any, superuser: Any, blank: Any) -> None:
    api_client.force_authenticate(superuser)

    def post(address: str, **body: Any) -> Any:
        answer = api_client.post(f"/api/{address}", body, format="json")
        assert answer.status_code < 300, answer.content
        return answer.json()

    drafted = post("ai/generate-text/", task="page_draft", payload={"brief": BRIEF}, page=blank.pk)
    kept, dropped = halves(Proposal.objects.get(pk=drafted["proposal"]))
    assert kept and dropped
    detail = api_client.get(f"/api/proposals/{drafted['proposal']}/").json()
    assert detail["status"] == "pending"
    post(f"proposals/{drafted['proposal']}/accept/", blocks=kept)
    text = paragraph_of(blank)
    rewritten = post("ai/generate-text/", task="proofread", payload={"blocks": [text]}, page=blank.pk)
    assert [operation["id"] for operation in rewritten["operations"]] == [text]
    post(f"proposals/{rewritten['proposal']}/accept/")
    seo = post("ai/generate-text/", task="seo", payload={}, page=blank.pk)
    post(f"proposals/{seo['proposal']}/accept/")
    post(f"pages/{blank.pk}/publish/")
    check_public(blank, len(kept))


def test_in_the_admin(superuser: Any, blank: Any) -> None:
    browser = Client()
    browser.force_login(superuser)
    meta = Page._meta

    def accept(shown: Any, **chosen: Any) -> None:
        link = re.search(r'href="(/admin/[^"]*proposal/\d+/change/)"', shown.content.decode())
        assert link is not None, shown.content.decode()
        page = browser.get(link[1])
        assert page.status_code == 200
        action = re.search(r'action="([^"]*/accept/)"', page.content.decode())
        assert action is not None
        answer = browser.post(action[1], chosen or {"_all": "1"}, follow=True)
        assert answer.status_code == 200

    shown = write(browser, blank, "page_draft", brief=BRIEF)
    kept, dropped = halves(Proposal.objects.get())
    assert kept and dropped
    accept(shown, block=kept)
    # What was not ticked waits, in a proposal of its own.
    assert sorted(Proposal.objects.values_list("status", flat=True)) == ["partial", "pending"]
    text = paragraph_of(blank)
    accept(write(browser, blank, "proofread", blocks=[text]))
    accept(write(browser, blank, "seo"))
    version = Page.objects.get(pk=blank.pk).version
    publish = reverse(f"admin:{meta.app_label}_{meta.model_name}_publish", args=[blank.pk])
    assert browser.post(publish, {"version": version}, follow=True).status_code == 200
    check_public(blank, len(kept))
