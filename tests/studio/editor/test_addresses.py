"""The editor's addresses: who may, what is answered, and that nothing typed is lost on the way."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import Revision, RevisionKind
from tests.conftest import make_user

from .driving import block

BLOCKS = [block("head1", "heading", text="One", level=2), block("text1", "rich_text", html="<p>Two</p>")]


@pytest.fixture
def page(home: Any, actor: Actor) -> Any:
    return services.create_page(actor=actor, parent=home, title="Bread", content=BLOCKS)


@pytest.fixture
def browser(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def at(name: str, page: Any) -> str:
    return reverse(f"ai_cms_studio:{name}", args=[page.pk])


def send(client: Client, method: str, url: str, body: Any, version: int | None = None) -> Any:
    headers = {} if version is None else {"If-Match": f'"v{version}"'}
    call = getattr(client, method)
    return call(url, json.dumps(body), content_type="application/json", headers=headers)


def test_the_page_brings_the_script_what_it_needs(
    browser: Client, page: Any, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(20):
        answer = browser.get(at("edit", page))
    text = answer.content.decode()
    boot = json.loads(text.split('<script id="aice-boot" type="application/json">')[1].split("</script>")[0])
    assert boot["draft"]["content"][0]["id"] == "head1"
    assert boot["draft"]["version"] == page.version
    assert boot["urls"]["draft"] == at("edit-draft", page)
    assert boot["urls"]["richtext"].endswith("richtext.js")
    assert "no-store" in answer["Cache-Control"]
    assert boot["fields"]["values"]["title"] == "Bread"
    assert boot["rights"]["publish"] is True


def test_who_may_not_edit_learns_nothing(client: Client, page: Any, member: Any, editor: Any, grant: Any) -> None:
    names = ("edit", "edit-manifest", "edit-draft", "edit-state", "edit-frame", "edit-links", "edit-patterns")
    for name in names:
        answer = client.get(at(name, page))
        assert answer.status_code == (302 if name in ("edit", "edit-frame") else 401), name
    client.force_login(member)
    assert {client.get(at(name, page)).status_code for name in names} == {403}
    client.force_login(editor)
    elsewhere = services.create_page(actor=Actor.system("test"), parent=page.parent, title="Elsewhere")
    grant(elsewhere, "change")
    assert {client.get(at(name, page)).status_code for name in names} == {404}
    assert client.get(at("edit", elsewhere)).status_code == 200
    refused = send(client, "post", at("edit-decide", elsewhere), {"action": "publish"}, elsewhere.version)
    assert refused.status_code == 403


def test_writes_need_the_token(page: Any, superuser: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(superuser)
    assert send(client, "put", at("edit-draft", page), {"content": []}, page.version).status_code == 403
    token = client.get(at("edit-state", page)).json()["token"]
    answer = client.put(
        at("edit-draft", page),
        json.dumps({"content": []}),
        content_type="application/json",
        headers={"If-Match": f'"v{page.version}"', "X-CSRFToken": token},
    )
    assert answer.status_code == 200


def test_a_draft_is_saved_for_the_version_that_was_read(browser: Client, page: Any) -> None:
    changed = [
        block("head1", "heading", text="Uno", level=2),
        block("text1", "rich_text", html="<p>x<script>y</script></p>"),
    ]
    answer = send(browser, "put", at("edit-draft", page), {"content": changed}, page.version)
    assert answer.status_code == 200
    body = answer.json()
    assert answer["ETag"] == f'"v{body["version"]}"'
    assert body["cleaned"] == {"text1": {"html": "<p>x</p>"}}
    again = send(browser, "put", at("edit-draft", page), {"content": []}, page.version)
    assert again.status_code == 412
    assert again.json()["content"][0]["props"]["text"] == "Uno"
    assert again.json()["version"] == body["version"]
    assert send(browser, "put", at("edit-draft", page), {"content": []}).status_code == 400
    page.refresh_from_db()
    assert page.content_json.to_json()[0]["props"]["text"] == "Uno"


def test_autosaves_make_one_entry_in_the_history(browser: Client, page: Any) -> None:
    version = page.version
    for number in range(5):
        body = {"content": [block("head1", "heading", text=f"{number}", level=2)]}
        version = send(browser, "put", at("edit-draft", page), body, version).json()["version"]
    assert Revision.objects.filter(page_id=page.pk, kind=RevisionKind.AUTOSAVE).count() == 1


def test_what_is_not_valid_is_saved_and_not_published(browser: Client, page: Any) -> None:
    wrong = [block("card1", "cards", [block("one", "card", title="")], columns=77)]
    answer = send(browser, "put", at("edit-draft", page), {"content": wrong}, page.version)
    assert answer.status_code == 200
    errors = answer.json()["errors"]
    assert errors["card1"][0]["loc"] == ["columns"]
    assert errors["one"][0]["loc"] == ["title"]
    page.refresh_from_db()
    assert page.content_json.to_json()[0]["props"]["columns"] == 77
    refused = send(browser, "post", at("edit-decide", page), {"action": "publish"}, page.version)
    assert refused.status_code == 400
    assert refused.json()["errors"].keys() == errors.keys()
    structure = send(browser, "put", at("edit-draft", page), {"content": [block("c", "column")]}, page.version)
    assert structure.status_code == 400


def test_two_edits_are_brought_together(browser: Client, page: Any, actor: Actor) -> None:
    base = page.content_json.to_json()
    services.update_page(page, actor=actor, content=[base[0], {**base[1], "props": {"html": "<p>Theirs</p>"}}])
    mine = [{**base[0], "props": {"text": "Mine", "level": 2}}, base[1]]
    merged = send(browser, "post", at("edit-merge", page), {"base": base, "mine": mine}).json()
    assert [item["props"] for item in merged["merged"]] == [{"text": "Mine", "level": 2}, {"html": "<p>Theirs</p>"}]
    assert merged["conflicts"] == []
    mine = [base[0], {**base[1], "props": {"html": "<p>Mine</p>"}}]
    assert send(browser, "post", at("edit-merge", page), {"base": base, "mine": mine}).json()["conflicts"] == ["text1"]
    for bad in ({}, {"base": "x", "mine": []}, {"base": [], "mine": [1]}, {"base": [{"id": "a"}], "mine": []}):
        assert send(browser, "post", at("edit-merge", page), bad).status_code == 400, bad


def test_text_for_a_page_in_the_bin_is_kept_and_can_be_saved_after_restoring(
    browser: Client, page: Any, actor: Actor
) -> None:
    services.delete_page(page, actor=actor)
    body = {"content": [block("head1", "heading", text="Late", level=2)]}
    gone = send(browser, "put", at("edit-draft", page), body, page.version)
    assert gone.status_code == 410
    kept = Revision.objects.get(page_id=page.pk, number=gone.json()["kept"])
    assert kept.content_json.to_json()[0]["props"]["text"] == "Late"
    back = send(browser, "post", at("edit-decide", page), {"action": "restore"})
    assert back.status_code == 200
    assert send(browser, "put", at("edit-draft", page), body, back.json()["version"]).status_code == 200


def test_blocks_are_rendered_as_the_page_shows_them(browser: Client, page: Any) -> None:
    frame = browser.get(at("edit-frame", page))
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in frame["Cache-Control"]
    text = frame.content.decode()
    assert text.index("<!--document-->") < text.index("<!--block:head1-->") < text.index("<!--/document-->")
    items = [{"id": item["id"], "type": item["type"], "props": item["props"]} for item in page.content_json.to_json()]
    bad = {"id": "bad", "type": "nothing", "props": {}}
    shell = {"id": "cols", "type": "columns", "props": {}, "n": 2}
    answer = send(browser, "post", at("edit-render", page), {"blocks": [*items, bad, shell]}).json()
    assert answer["html"]["head1"] in text
    assert "<!--slot:cols--><!--/slot:cols-->" in answer["html"]["cols"]
    assert "bad" in answer["html"]
    assert send(browser, "post", at("edit-render", page), {"blocks": ["x"]}).status_code == 400
    many = [{"id": f"b{n}", "type": "divider", "props": {}} for n in range(201)]
    assert send(browser, "post", at("edit-render", page), {"blocks": many}).status_code == 413


def test_the_public_page_has_no_marks(browser: Client, page: Any, client: Client) -> None:
    send(browser, "post", at("edit-decide", page), {"action": "publish"}, page.version)
    text = client.get(page.get_absolute_url()).content.decode()
    assert "<!--block" not in text
    assert "<!--document" not in text


@pytest.mark.parametrize(
    ("body", "types"),
    [
        (
            {"html": "<h2>Head</h2><p>One <b>two</b></p><table><tr><td>a</td><td>b</td></tr></table>"},
            ["heading", "rich_text", "table"],
        ),
        ({"text": "# Head\n\n- one\n- two"}, ["heading", "list"]),
        ({"text": "a\tb\nc\td\n"}, ["table"]),
        ({"html": "<p>only <em>words</em></p>"}, ["rich_text"]),
        ({}, []),
    ],
)
def test_what_is_pasted_becomes_blocks(browser: Client, page: Any, body: Any, types: list[str]) -> None:
    answer = send(browser, "post", at("edit-paste", page), body).json()
    assert [item["type"] for item in answer["blocks"]] == types
    assert answer["inline"] == ("only <em>words</em>" if body.get("html", "").startswith("<p>only") else "")


def test_pages_are_found_and_broken_links_named(browser: Client, page: Any, actor: Actor) -> None:
    found = browser.get(at("edit-links", page), {"q": "brea"}).json()["results"]
    assert [item["title"] for item in found] == ["Bread"]
    assert len(browser.get(at("edit-links", page)).json()["results"]) == 2
    services.publish_page(page, actor=actor)
    links = [page.get_absolute_url(), "/nowhere/", "https://example.com/x", "/admin/", "//host/x"]
    assert send(browser, "post", at("edit-check", page), {"links": links}).json()["broken"] == ["/nowhere/"]


def test_blocks_are_saved_as_a_pattern(browser: Client, page: Any) -> None:
    assert send(browser, "post", at("edit-patterns", page), {"name": "Opening", "blocks": BLOCKS}).status_code == 201
    assert send(browser, "post", at("edit-patterns", page), {"name": "Opening", "blocks": BLOCKS}).status_code == 409
    assert send(browser, "post", at("edit-patterns", page), {"name": "", "blocks": BLOCKS}).status_code == 400
    [pattern] = browser.get(at("edit-patterns", page)).json()["results"]
    assert [item["type"] for item in pattern["blocks"]] == ["heading", "rich_text"]


def test_a_schedule_is_in_the_sites_time(browser: Client, page: Any, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    body = {"action": "schedule", "go_live_at": "2099-01-31T08:00", "expire_at": None}
    answer = send(browser, "post", at("edit-decide", page), body, page.version)
    assert answer.status_code == 200
    assert answer.json()["status"]["go_live_at"] == "2099-01-31T07:00:00+00:00"
    for bad in ({"action": "schedule", "go_live_at": "soon"}, {"action": "nothing"}):
        assert send(browser, "post", at("edit-decide", page), bad, page.version).status_code == 400


def test_the_block_types_are_those_that_may_be_written(browser: Client, page: Any) -> None:
    answer = browser.get(at("edit-manifest", page))
    types = {entry["type"] for entry in answer.json()["types"]}
    assert {"heading", "columns", "table"} <= types
    assert "raw_html" not in types
    again = browser.get(at("edit-manifest", page), headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_a_host_user_without_work_is_refused(client: Client, page: Any) -> None:
    client.force_login(make_user("reader", is_staff=True))
    assert client.get(at("edit", page)).status_code == 403


def test_the_editor_has_the_colours_of_the_host_and_leads_to_the_history(browser: Client, page: Any) -> None:
    text = browser.get(at("edit", page)).content.decode()
    assert re.search(r'<link rel="stylesheet" href="[^"]*brand\.css\?v=\w+">', text)
    assert at("versions", page) in text
    assert "--aice-brand:" in browser.get(reverse("ai_cms_studio:brand")).content.decode()
