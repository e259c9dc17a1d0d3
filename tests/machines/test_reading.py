"""What machines get: Markdown by what they accept and at .md, llms.txt, robots.txt."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.core.permissions import Actor
from ai_cms.machines.markdown import token_estimate
from ai_cms.pages import services
from ai_cms.pages.models import Site
from ai_cms.pages.representations import quality, representations
from tests.assets.conftest import media as media
from tests.assets.conftest import uploaded

pytestmark = pytest.mark.django_db
Pages = Callable[..., Any]
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def rich(name: str, html: str) -> dict[str, Any]:
    return {"id": name, "type": "rich_text", "props": {"html": html}}


@pytest.fixture
def rye(page_factory: Pages) -> Any:
    return page_factory(
        "Rye *bread*",
        {"id": "h", "type": "heading", "props": {"text": "How", "level": 2}},
        rich("p", '<p>Dark <strong>and</strong> <a href="/oats/">good</a>.</p>'),
        slug="rye",
        publish=True,
        fields={"seo_description": 'About "rye"'},
    )


# Negotiation


@pytest.mark.parametrize(
    ("accept", "markdown"),
    [
        ("", False),
        (HTML, False),
        ("*/*", False),
        ("text/*", False),
        ("text/markdown", True),
        ("TEXT/Markdown", True),
        ("text/markdown, text/html, */*", True),
        ("text/html, text/markdown", True),
        ("text/html, text/markdown;q=0.9", False),
        ("text/html;q=0.8, text/markdown;q=0.9", True),
        ("text/markdown;q=0", False),
        ("text/markdown;q=0, */*", False),
        ("text/markdown;q=0.5, */*;q=0.4", True),
        ("text/markdown;q=0.5, text/*;q=0.6", False),
        ("text/markdown; charset=utf-8; q=0.7, text/html;q=0.7", True),
        ("text/markdown;q=nan", False),
        ("text/markdown;q=1e9, text/html;q=0.1", False),
        ("text/markdown;q=-1", False),
        ("application/json", False),
        ("text/markdownish", False),
        (f"text/markdown{',' * 5000}", False),
    ],
)
def test_a_client_gets_what_it_prefers(client: Client, rye: Any, accept: str, markdown: bool) -> None:
    response = client.get("/rye/", headers={"accept": accept})
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/markdown" if markdown else "text/html")
    assert "Accept" in response["Vary"]


@given(st.text(alphabet="textmarkdownhl/*;q=.019, ", max_size=60))
def test_no_header_breaks_the_choice(header: str) -> None:
    assert 0.0 <= quality(header, "text/markdown") <= 1.0


def test_markdown_says_what_it_is_of(client: Client, rye: Any) -> None:
    response = client.get("/rye/", headers={"accept": "text/markdown"})
    _empty, head, text = response.content.decode().split("---\n", 2)
    said = yaml.safe_load(head)
    assert said["title"] == "Rye *bread*" and said["url"] == "http://testserver/rye/"
    assert said["description"] == 'About "rye"' and said["language"] == "en"
    assert text == "\n# Rye \\*bread\\*\n\n## How\n\nDark **and** [good](/oats/).\n"
    assert response["X-Markdown-Tokens"] == str(token_estimate(response.content.decode()))
    assert response["Content-Signal"] == "search=yes, ai-input=yes, ai-train=no"
    assert response["Link"] == '<http://testserver/rye/>; rel="canonical"'


def test_an_unchanged_text_is_not_sent_again(client: Client, rye: Any, system: Actor) -> None:
    accept = {"accept": "text/markdown"}
    first = client.get("/rye/", headers=accept)
    html = client.get("/rye/")
    assert first["ETag"] != html["ETag"]
    again = client.get("/rye/", headers={**accept, "if-none-match": first["ETag"]})
    assert again.status_code == 304 and not again.content and "Accept" in again["Vary"]
    # Not by the tag of the other form.
    assert client.get("/rye/", headers={**accept, "if-none-match": html["ETag"]}).status_code == 200
    services.update_page(rye, actor=system, fields={"title": "Rye"})
    services.publish_page(rye, actor=system)
    assert client.get("/rye/", headers={**accept, "if-none-match": first["ETag"]}).status_code == 200


def test_markdown_has_an_address_of_its_own(
    client: Client, site: Site, rye: Any, page_factory: Pages, system: Actor
) -> None:
    assert client.get("/rye.md").content == client.get("/rye/", headers={"accept": "text/markdown"}).content
    services.publish_page(site.root, actor=system)
    assert b"# Home" in client.get("/index.md").content
    page_factory("Draft", rich("p", "<p>Secret</p>"))
    for path in ("/draft.md", "/nowhere.md", "/.md", "/rye/.md", "/rye.md/"):
        assert client.get(path).status_code in (301, 404), path
        assert b"Secret" not in client.get(path).content
    assert client.get("/draft/", headers={"accept": "text/markdown"}).status_code == 404
    assert client.post("/rye.md").status_code == 405
    services.update_page(rye, actor=system, slug="roggen")
    moved = client.get("/rye.md")
    assert (moved.status_code, moved["Location"]) == (301, "/roggen.md")
    services.unpublish_page(rye, actor=system)
    assert client.get("/roggen.md").status_code == 404


def test_html_costs_no_query_more(client: Client, rye: Any, django_assert_num_queries: Any) -> None:
    client.get("/rye/")
    with django_assert_num_queries(1):
        client.get("/rye/", headers={"accept": HTML})
    with django_assert_num_queries(1):
        client.get("/rye/")
    with representations.temporarily("text/plain", lambda request, publication: None), django_assert_num_queries(1):  # type: ignore[arg-type,return-value]
        client.get("/rye/", headers={"accept": HTML})
    client.get("/rye.md")
    # The text comes from the cache.
    with django_assert_num_queries(1):
        client.get("/rye.md")


def test_pictures_and_links_are_where_the_public_finds_them(
    client: Client, page_factory: Pages, superuser: Any
) -> None:
    asset = uploaded(superuser, alt="A loaf")
    page_factory(
        "Loaf",
        {"id": "i", "type": "image", "props": {"src": asset.reference, "alt": "A loaf"}},
        slug="loaf",
        publish=True,
    )
    text = client.get("/loaf.md").content.decode()
    assert "![A loaf](" in text and "asset:" not in text


# llms.txt


def test_llms_txt_lists_the_menu_first_and_is_bounded(
    client: Client, site: Site, page_factory: Pages, system: Actor, settings: Any
) -> None:
    services.update_page(site.root, actor=system, fields={"seo_description": "All of bread."})
    services.publish_page(site.root, actor=system)
    page_factory("Rye [dark]", slug="rye", publish=True, fields={"in_menus": True, "seo_description": "Dark bread."})
    for number in range(4):
        page_factory(f"Other {number}", publish=True)
    page_factory("Draft")
    settings.AI_CMS = {**settings.AI_CMS, "LLMS_TXT_MAX_PAGES": 2}
    text = client.get("/llms.txt").content.decode()
    assert text == (
        "# Test site\n\n> All of bread.\n\n[Test site](http://testserver/index.md)\n\n"
        "## Main pages\n\n- [Rye (dark)](http://testserver/rye.md): Dark bread.\n\n"
        "## More pages\n\n- [Other 0](http://testserver/other-0.md)\n- [Other 1](http://testserver/other-1.md)\n"
    )


def test_each_line_of_llms_txt_is_one_that_its_reader_takes(client: Client, page_factory: Pages) -> None:
    """llms-txt 0.0.7 ends a title at the first bracket and an address at the first parenthesis, escaped or not."""
    page_factory("Rye ](dark)[ \\] loaf", slug="rye", publish=True)
    lines = [line for line in client.get("/llms.txt").content.decode().splitlines() if line.startswith("- ")]
    assert lines == ["- [Rye )(dark)( \\) loaf](http://testserver/rye.md)"]
    assert all(re.fullmatch(r"- \[[^\[\]]+\]\([^()]+\)(: .+)?", line) for line in lines)


def test_llms_txt_is_kept_until_the_site_changes(
    client: Client,
    page_factory: Pages,
    system: Actor,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    page = page_factory("Rye", publish=True)
    first = client.get("/llms.txt")
    with django_assert_max_num_queries(2):
        assert client.get("/llms.txt").content == first.content
    with django_assert_max_num_queries(2):
        assert client.get("/llms.txt", headers={"if-none-match": first["ETag"]}).status_code == 304
    services.schedule_page(page, actor=system, expire_at=timezone.now() + timedelta(hours=1))
    services.unpublish_page(page, actor=system)
    gone = client.get("/llms.txt", headers={"if-none-match": first["ETag"]})
    assert gone.status_code == 200 and b"rye" not in gone.content


def test_a_site_without_pages_has_no_llms_txt(client: Client) -> None:
    assert client.get("/llms.txt").status_code == 404


# robots.txt


def groups(text: str) -> dict[str, list[str]]:
    """Return the rules by name of bot, as RFC 9309 reads them."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    open_group = False
    for line in text.splitlines():
        key, _colon, value = line.partition(": ")
        if key == "User-agent":
            names = [*names, value] if open_group else [value]
            open_group = True
        elif key in ("Allow", "Disallow"):
            open_group = False
            for name in names:
                found.setdefault(name, []).append(f"{key} {value}")
    return found


def test_robots_txt_follows_the_policy(client: Client, settings: Any) -> None:
    text = client.get("/robots.txt").content.decode()
    found = groups(text)
    assert found["*"] == ["Disallow /preview/"]
    assert found["GPTBot"] == found["CCBot"] == found["Google-Extended"] == ["Disallow /"]
    assert not {"Googlebot", "ChatGPT-User", "OAI-SearchBot"} & found.keys()
    assert "Content-Signal: search=yes, ai-input=yes, ai-train=no" in text
    assert text.endswith("Sitemap: http://testserver/sitemap.xml\n")
    settings.AI_CMS = {
        **settings.AI_CMS,
        "BOT_POLICY": {"training": "allow", "user": "disallow", "gptbot": "disallow", "Loafbot": "disallow"},
        "BOTS": {"Loafbot": "search"},
        "CONTENT_SIGNALS": {"ai-train": False},
    }
    text = client.get("/robots.txt").content.decode()
    found = groups(text)
    assert found["GPTBot"] == found["ChatGPT-User"] == found["Loafbot"] == ["Disallow /"] and "CCBot" not in found
    assert "search=yes, ai-input=no, ai-train=no" in text
