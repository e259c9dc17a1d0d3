"""``manage.py demo``: what it prints, what it serves, and that it can be run again."""

from __future__ import annotations

import json
import re

import pytest

from .conftest import DemoSite, manage

PUBLIC = [
    "/",
    "/visit/",
    "/visit/getting-here/",
    "/garden/",
    "/garden/glasshouse/",
    "/garden/fern-valley/",
    "/garden/alpine-house/",
    "/garden/meadow/",
    "/whats-on/",
    "/whats-on/moth-night/",
    "/whats-on/seed-swap/",
    "/whats-on/meadow-walk/",
    "/journal/",
    "/journal/why-we-mow-late/",
    "/journal/a-fern-in-a-book/",
    "/journal/rain/",
    "/blog/",
    "/blog/sowing-fern-spores/",
    "/blog/what-frost-does/",
    "/blog/the-kettle-ledger/",
    "/blog/labels-that-last/",
    "/about/",
]


def test_report_has_urls_users_and_pages(demo_site: DemoSite) -> None:
    report = demo_site.report
    assert [user["email"] for user in report["users"]] == [
        "admin@example.com",
        "editor@example.com",
        "member@example.com",
    ]
    assert all(user["token"].startswith("aicms_") for user in report["users"])
    assert report["urls"]["site"] == f"{demo_site.base}/"
    # An event that is scheduled and a post that is a draft are nobody's to see.
    assert len(report["pages"]) == len(PUBLIC) + 2


def test_the_server_starts_without_warnings(demo_site: DemoSite) -> None:
    assert demo_site.get("/static/garden/css/site.css").status == 200
    assert "Warning" not in demo_site.log.read_text()


def waiting(demo_site: DemoSite) -> list[str]:
    answer = demo_site.get("/api/proposals/?status=pending", token=demo_site.user("editor")["token"])
    return [item["title"] for item in answer.json()["results"]]


def test_a_proposal_waits_to_be_looked_at(demo_site: DemoSite) -> None:
    assert "The meadow after this year's count" in waiting(demo_site)


def test_a_port_that_is_taken_is_named_with_what_to_do(demo_site: DemoSite) -> None:
    port = demo_site.base.rsplit(":", 1)[1]
    answer = manage("demo", "--port", port, env=demo_site.env, check=False)
    assert answer.returncode == 1
    assert f"make demo PORT={int(port) + 1}" in answer.stderr


def test_second_run_changes_nothing(demo_site: DemoSite) -> None:
    port = demo_site.base.rsplit(":", 1)[1]
    before = waiting(demo_site)
    again = json.loads(manage("demo", "--no-serve", "--json", "--port", port, env=demo_site.env).stdout)
    assert again == demo_site.report
    assert waiting(demo_site) == before


@pytest.mark.parametrize("path", PUBLIC)
def test_page_is_served_and_has_one_title(demo_site: DemoSite, path: str) -> None:
    answer = demo_site.get(path)
    assert answer.status == 200
    assert len(re.findall(r"<h1\b", answer.text)) == 1
    assert "<title>" in answer.text
    # The policy forbids it, so it would silently not work.
    assert not re.search(r"<[^>]+\sstyle=|\son\w+=\"|<style|<script(?![^>]*(ld\+json|src=))", answer.text)


def test_every_local_link_leads_somewhere(demo_site: DemoSite) -> None:
    links = {link for path in PUBLIC for link in re.findall(r'(?:href|src)="(/[^"#]*)"', demo_site.get(path).text)}
    assert len(links) > 20
    elsewhere = {link: status for link in sorted(links) if (status := demo_site.get(link).status) != 200}
    # One's own portfolios, posts and conversations are behind the login.
    assert elsewhere == {"/chat/": 302, "/portfolio/": 302, "/studio/": 302, "/write/": 302}


def test_scheduled_page_and_newer_draft_are_not_public(demo_site: DemoSite) -> None:
    assert demo_site.get("/whats-on/winter-lights/").status == 404
    assert "why it is cut late" not in demo_site.get("/garden/meadow/").text


@pytest.mark.parametrize("path", ["/api/docs/", "/api/schema/", "/health-check/", "/sitemap.xml", "/admin/login/"])
def test_other_addresses_answer(demo_site: DemoSite, path: str) -> None:
    assert demo_site.get(path).status == 200


def test_tokens_reach_as_far_as_their_users(demo_site: DemoSite) -> None:
    page = demo_site.report["pages"]["about"]
    statuses = {
        name: demo_site.get(f"/api/pages/{page}/", token=demo_site.user(name)["token"]).status
        for name in ("admin", "editor", "member")
    }
    assert statuses == {"admin": 200, "editor": 200, "member": 404}
    assert demo_site.get(f"/api/pages/{page}/").status == 401


def test_migrations_are_complete(demo_site: DemoSite) -> None:
    manage("makemigrations", "--check", "--dry-run", env=demo_site.env)


def test_own_block_page_type_and_import_hook_are_found(demo_site: DemoSite) -> None:
    token = demo_site.user("editor")["token"]
    catalogue = demo_site.get("/api/blocks/", token=token).text
    assert '"opening_hours"' in catalogue
    assert "garden.eventpage" in demo_site.get("/api/pages/types/", token=token).text
    script = "from ai_cms.transfer import importers as i; print([type(h).__name__ for h in i.hooks('wordpress')])"
    assert "TagTheArchive" in manage("shell", "--command", script, env=demo_site.env).stdout
