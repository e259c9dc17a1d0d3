"""Pictures at other hosts that the content security policy keeps from being shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.transfer.pictures import picture_origins, refused_hosts

from .wxr_maker import SITE, Item, page

Import = Callable[..., dict[str, Any]]
CONTENT = (
    '<p>Flour.</p><img src="https://pictures.example/a.jpg" alt=""><img src="http://old.example:8080/b.png" alt="">'
    '<img src="/static/c.png" alt=""><video src="https://films.example/d.mp4"></video>'
)


def named(summary: dict[str, Any]) -> list[str]:
    return [warning["message"] for warning in summary["warnings"] if "SECURE_CSP" in warning["message"]]


def test_one_warning_names_the_hosts_and_what_to_do(import_wxr: Import, settings: Any) -> None:
    settings.SECURE_CSP = {"default-src": ["'self'"], "img-src": ["'self'", "data:"]}
    items = [
        Item(9, "", type="attachment", attachment_url=f"{SITE}/loaf.jpg"),
        page(1, "Rye", CONTENT),
        Item(2, "Spelt", CONTENT, meta={"_thumbnail_id": "9"}),
    ]
    assert len(named(import_wxr(items, dry_run=True))) == 1
    summary = import_wxr(items)
    assert named(summary) == [
        "Pictures of other hosts are not shown, for the content security policy (SECURE_CSP) does not let them: "
        "old-bakery.example, old.example:8080, pictures.example. Add the hosts to its img-src, or bring the pictures to "
        "this site."
    ]
    assert summary["warnings"][-1] == {"line": None, "item": "", "message": named(summary)[0]}
    again = import_wxr(items)
    assert (again["unchanged"], named(again)) == (2, [])


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"script-src": ["'self'"]},
        {"img-src": ["*"], "default-src": ["'none'"]},
        {"default-src": ["http:", "data:"]},
        {"img-src": ("https://pictures.example/some/", "*.example:8080")},
        {"img-src": "'self' pictures.example old.example:*"},
        {"img-src": None, "default-src": {"*.example", "http://old.example:8080"}},
    ],
)
def test_no_warning_where_they_are_shown(import_wxr: Import, settings: Any, policy: dict[str, Any]) -> None:
    settings.SECURE_CSP = policy
    assert named(import_wxr([page(1, "Rye", CONTENT)])) == []


@pytest.mark.parametrize(
    ("source", "origin", "allowed"),
    [
        ("'self'", "https://www.example.com", True),
        ("'self'", "https://example.com", False),
        ("'none'", "https://a.example", False),
        ("data:", "https://a.example", False),
        ("https:", "https://a.example", True),
        ("https:", "http://a.example", False),
        ("https://a.example", "http://a.example", False),
        ("http://a.example", "https://a.example", True),
        ("a.example", "https://a.example:8443", False),
        ("a.example:443", "https://a.example", True),
        ("*.a.example", "https://a.example", False),
        ("*.a.example", "https://cdn.a.example", True),
        ("A.example", "https://a.example", True),
    ],
)
def test_sources_are_read_as_browsers_read_them(settings: Any, source: str, origin: str, allowed: bool) -> None:
    settings.SECURE_CSP = {"img-src": [source]}
    assert (refused_hosts([origin], own="www.example.com") == []) is allowed


def test_pictures_are_found_wherever_blocks_have_them() -> None:
    blocks = [
        {"type": "image", "props": {"src": "//a.example/1.jpg"}},
        {
            "type": "gallery",
            "props": {"images": [{"src": "HTTPS://B.example/2.jpg"}, {"src": "https://bad:port/3.jpg"}]},
        },
        {"type": "columns", "children": [{"type": "card", "props": {"image_url": "https://c.example/4.jpg"}}]},
        {"type": "video", "props": {"src": "https://films.example/5.mp4", "poster": "https://d.example/5.jpg"}},
        {"type": "audio", "props": {"src": "https://sounds.example/6.ogg"}},
        {"type": "rich_text", "props": {"html": '<p>x</p><img alt="" src="https://e.example/?a=1&amp;b=2">'}},
        {"type": "image", "props": {"src": "/static/7.jpg"}},
        {"type": "image", "props": {"src": "asset:8"}},
        {"type": "button", "props": {"url": "https://links.example/"}},
    ]
    hosts = ("a.example", "b.example", "c.example", "d.example", "e.example")
    assert list(picture_origins(blocks)) == [f"https://{host}" for host in hosts]
