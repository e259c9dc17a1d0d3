"""Every page of the admin opens, for those who may do everything and for those who may only look."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ai_cms.pages import differences, services
from ai_cms.pages.models import Redirect

HEADING = {"id": "h1", "type": "heading", "v": 1, "props": {"text": "Bread", "level": 2}}
VIEWS = ["change", "history", "delete", "move", "copy", "unpublish", "schedule", "template", "links"]
LISTS = [
    "element",
    "pagegrouppermission",
    "previewlink",
    "proposal",
    "publication",
    "redirect",
    "revision",
]


@pytest.fixture
def full(page_factory: Callable[..., Any], system: Any) -> Any:
    """Return a page that has something of everything."""
    page = page_factory("Bread", content=[HEADING], publish=True)
    below = page_factory("Rolls", parent=page)
    changed = [{**HEADING, "props": {"text": "Better bread", "level": 2}}]
    page = services.update_page(page, actor=system, content=changed, fields={"seo_title": "Breads"})
    services.create_proposal(
        page,
        [
            {"op": "update", "id": "h1", "props": {"text": "Best bread"}},
            {"op": "insert", "block": {"id": "n1", "type": "heading", "props": {"text": "New", "level": 3}}},
        ],
        actor=system,
        fields={"seo_title": "Best"},
        provenance={"source": "model", "model": "m-1", "call": "17"},
        agent="helper",
    )
    services.make_preview_link(page, actor=system)
    Redirect.objects.create(site=page.site, old_path="/old/", page=below)
    return page


def no_inline_code(html: str) -> None:
    """Fail for what a policy of script-src and style-src 'self' refuses."""
    outside = re.sub(r'srcdoc="[^"]*"', "", html)
    assert not re.search(r"\sstyle=", outside)
    assert not re.search(r"\son[a-z]+=", outside)
    assert "<style" not in outside
    for tag in re.findall(r"<script[^>]*>", outside):
        assert "src=" in tag or 'type="application/json"' in tag, tag


@pytest.mark.parametrize("name", VIEWS)
def test_each_view_of_a_page_opens(boss: Client, url: Callable[..., str], full: Any, name: str) -> None:
    answer = boss.get(url(name, full.pk))
    assert answer.status_code == 200
    no_inline_code(answer.content.decode())


def test_lists_open(boss: Client, url: Callable[..., str], full: Any) -> None:
    for name in ("changelist", "bin", "add", "level", "choose"):
        answer = boss.get(url(name))
        assert answer.status_code == 200, name
        no_inline_code(answer.content.decode())
    for name in LISTS:
        answer = boss.get(reverse(f"admin:ai_cms_pages_{name}_changelist"))
        assert answer.status_code == 200, name
        no_inline_code(answer.content.decode())
    assert boss.get(reverse("admin:ai_cms_pages_site_changelist")).status_code == 200


def test_details_open(boss: Client, reader: Client, full: Any) -> None:
    """Each row that the system wrote can be looked at."""
    rows = {
        "element": full.elements.get(),
        "previewlink": full.preview_links.get(),
        "proposal": full.proposals.get(),
        "publication": full.publication,
        "revision": full.revisions.first(),
        "site": full.site,
        "redirect": Redirect.objects.get(),
    }
    for name, row in rows.items():
        address = reverse(f"admin:ai_cms_pages_{name}_change", args=[row.pk])
        for client in (boss, reader):
            answer = client.get(address)
            assert answer.status_code == 200, name
            no_inline_code(answer.content.decode())


def test_history_views_open(boss: Client, url: Callable[..., str], full: Any) -> None:
    for address in (
        url("compare", full.pk) + "?from=1&to=2",
        url("compare", full.pk) + "?from=1",
        url("revision", full.pk, 1),
        url("revision_preview", full.pk, 1),
        url("draft", full.pk),
    ):
        assert boss.get(address).status_code == 200, address


def test_comparison_marks_words(boss: Client, url: Callable[..., str], full: Any) -> None:
    html = boss.get(url("compare", full.pk) + "?from=2&to=1").content.decode()
    assert "<del>Bread</del>" in html
    assert "<ins>Better bread</ins>" in html or ("<ins>Better </ins>" in html and "<ins>bread</ins>" in html)
    assert "<ins>Breads</ins>" in html
    # What the frames show is text of an attribute, not markup of the admin.
    assert 'srcdoc="&lt;!doctype html&gt;' in html


def test_page_types_are_offered_where_they_may_stand(boss: Client, url: Callable[..., str], root: Any) -> None:
    answer = boss.get(url("add"), {"parent": root.pk})
    assert answer.status_code == 200


def test_unknown_pages_are_not_found(boss: Client, url: Callable[..., str], root: Any) -> None:
    for name in VIEWS:
        assert boss.get(url(name, 987654)).status_code == 404
    assert boss.get(url("change", 987654)).status_code == 404
    assert boss.get(url("changelist"), {"parent": "x"}).status_code == 404
    assert boss.get(url("changelist"), {"parent": "9" * 30}).status_code == 404
    assert boss.get(url("compare", root.pk), {"from": "9" * 30}).status_code == 404


LINK = '<p>See <a href="https://a.example/">the recipe</a>.</p>'


@pytest.mark.parametrize(
    ("kind", "before", "after", "listed"),
    [
        ("rich_text", {"html": "<p>Rise for an hour.</p>"}, {"html": "<p>Rise for <b>two</b> hours.</p>"}, []),
        ("rich_text", {"html": f"<p>{'word ' * 200}</p>"}, {"html": f"<p>{'word ' * 199}</p>"}, []),
        ("list", {"items": ["Flour", "Salt &amp; water"]}, {"items": ["Flour", "Salt &amp; milk", "Oil"]}, []),
        # Where a link leads, and what has no words, is said beside them.
        ("rich_text", {"html": LINK}, {"html": LINK.replace("a.ex", "b.ex").replace("See", "Read")}, ["html"]),
        ("rich_text", {"html": "<p>Rise.</p>"}, {"html": "<p><b>Rise.</b></p>"}, ["html"]),
        ("heading", {"text": "Bread", "level": 2}, {"text": "Rolls", "level": 3}, ["level"]),
        ("button", {"label": "Go", "url": "/a/"}, {"label": "Go on", "url": "/b/"}, ["url"]),
    ],
)
def test_a_change_is_shown_once(kind: str, before: Any, after: Any, listed: list[str]) -> None:
    block = {"id": "b1", "type": kind, "v": 1, "props": before}
    found = differences._props(block, {**block, "props": after})
    assert [item.name for item in found] == listed


def test_rules_are_no_model(boss: Client, full: Any, system: Any) -> None:
    made = services.create_proposal(
        full,
        [{"op": "update", "id": "h1", "props": {"text": "Best of bread"}}],
        actor=system,
        provenance={"source": "rules", "model": "rules", "call": "2"},
        agent="rules",
    )
    html = boss.get(reverse("admin:ai_cms_pages_proposal_change", args=[made.pk])).content.decode()
    assert '<dd> <span class="aicms-tag">built-in rules, no model</span>' in html
    listed = boss.get(reverse("admin:ai_cms_pages_proposal_changelist")).content.decode()
    assert '<td class="field-made_by">built-in rules, no model</td>' in listed
