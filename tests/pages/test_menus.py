"""The menu tag: what is marked and published, in tree order, as deep as asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.template import Context, Template

pytestmark = pytest.mark.django_db


def shown(site: Any, page: Any = None, options: str = "") -> list[Any]:
    """Return the titles of a menu, those of children in lists behind them."""
    context = Context({"site": site, "page": page})
    Template("{% load ai_cms_pages %}{% menu " + options + " as entries %}{{ entries|length }}").render(context)

    def titles(entries: list[dict[str, Any]]) -> list[Any]:
        return [
            [entry["title"], *titles(entry["children"])] if entry["children"] else entry["title"] for entry in entries
        ]

    return titles(context["entries"])


@pytest.fixture
def pages(page_factory: Callable[..., Any]) -> dict[str, Any]:
    """Make Bread (with Rye, which has Dark) and Cake, all in menus; a draft and an unmarked page."""
    marked: dict[str, Any] = {"fields": {"in_menus": True}, "publish": True}
    bread = page_factory("Bread", **marked)
    cake = page_factory("Cake", **marked)
    rye = page_factory("Rye", parent=bread, **marked)
    dark = page_factory("Dark", parent=rye, **marked)
    page_factory("Unmarked", publish=True)
    page_factory("Draft", fields={"in_menus": True})
    return {"bread": bread, "cake": cake, "rye": rye, "dark": dark}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", ["Bread", "Cake"]),
        ("depth=2", [["Bread", "Rye"], "Cake"]),
        ("depth=9", [["Bread", ["Rye", "Dark"]], "Cake"]),
        ("under='/bread/'", ["Rye"]),
        ("under='/bread/' depth=2", [["Rye", "Dark"]]),
        ("under='/cake/'", []),
    ],
)
def test_a_menu_is_as_deep_as_asked(pages: dict[str, Any], site: Any, options: str, expected: list[Any]) -> None:
    assert shown(site, options=options) == expected


def test_a_menu_is_one_query(pages: dict[str, Any], site: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        shown(site, options="depth=3")


def test_a_menu_marks_the_way_to_the_page(pages: dict[str, Any], site: Any) -> None:
    context = Context({"site": site, "page": pages["rye"]})
    Template("{% load ai_cms_pages %}{% menu depth=2 as entries %}").render(context)
    bread, cake = context["entries"]
    assert (bread["is_active"], bread["is_current"], bread["children"][0]["is_current"]) == (True, False, True)
    assert (cake["is_active"], cake["is_current"]) == (False, False)
