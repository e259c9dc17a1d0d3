"""The list of pages: a tree by levels, a flat list when searched, and how many queries either takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from ai_cms.pages import get_page_model, services
from ai_cms.pages.rows import LEVEL_SIZE


def titles(html: str) -> list[str]:
    import re

    return re.findall(r'class="aicms-title" href="[^"]*">([^<]*)<', html)


def test_no_site_yet(boss: Client, url: Callable[..., str]) -> None:
    html = boss.get(url("changelist")).content.decode()
    assert "manage.py create_site" in html
    assert '<ul class="aicms-tree"' not in html


def test_levels_are_read_when_they_are_opened(boss: Client, url: Any, page_factory: Any, root: Any) -> None:
    bread = page_factory("Bread")
    rolls = page_factory("Rolls", parent=bread)
    html = boss.get(url("changelist")).content.decode()
    assert titles(html) == ["Home", "Bread"]
    assert titles(boss.get(url("level"), {"parent": bread.pk}).content.decode()) == ["Rolls"]
    # Without scripts the same link shows the level as a page.
    plain = boss.get(url("changelist"), {"parent": bread.pk}).content.decode()
    assert titles(plain) == ["Rolls"]
    empty = boss.get(url("changelist"), {"parent": rolls.pk}).content.decode()
    assert "There is nothing below this page yet" in empty
    assert f"?parent={rolls.pk}" in empty


def test_wide_levels_come_in_parts(boss: Client, url: Any, root: Any, system: Any) -> None:
    specs = [services.PageSpec(title=f"Page {number:03}") for number in range(LEVEL_SIZE + 5)]
    services.bulk_create_pages(specs, actor=system, parent=root)
    html = boss.get(url("level"), {"parent": root.pk}).content.decode()
    assert len(titles(html)) == LEVEL_SIZE
    assert f"start={LEVEL_SIZE}" in html
    rest = boss.get(url("level"), {"parent": root.pk, "start": LEVEL_SIZE}).content.decode()
    assert titles(rest) == [f"Page {number:03}" for number in range(LEVEL_SIZE, LEVEL_SIZE + 5)]
    assert "start=" not in rest


def test_filters(boss: Client, url: Any, page_factory: Any, superuser: Any, system: Any) -> None:
    page_factory("Rye bread", publish=True)
    draft = page_factory("Wheat bread", fields={"locale": "de"})
    changed = page_factory("Oat bread", publish=True)
    services.update_page(changed, actor=superuser, fields={"seo_title": "Oats"})
    model = get_page_model()

    def found(**query: str) -> set[str]:
        html = boss.get(url("changelist"), query).content.decode().split('id="content-main"')[1]
        return {title for title in ("Home", "Rye bread", "Wheat bread", "Oat bread") if f">{title}</a>" in html}

    assert found(q="bread") == {"Rye bread", "Wheat bread", "Oat bread"}
    assert found(q="BREAD rye") == {"Rye bread"}
    assert found(status="live") == {"Rye bread"}
    assert found(status="draft") == {"Home", "Wheat bread"}
    assert found(status="changed") == {"Oat bread"}
    assert found(locale="de") == {"Wheat bread"}
    assert found(mine="on") == {"Oat bread"}
    assert found(q="bread", order="title") == {"Rye bread", "Wheat bread", "Oat bread"}
    assert found(status="no-such") == set()
    assert found(q="nothing at all") == set()
    assert "No page fits" in boss.get(url("changelist"), {"q": "zzz"}).content.decode()
    assert model.objects.filter(pk=draft.pk).exists()


@pytest.mark.parametrize("count", [3, 40])
def test_the_tree_takes_the_same_queries_however_many_pages(
    boss: Client, url: Any, root: Any, system: Any, django_assert_max_num_queries: Any, count: int
) -> None:
    specs = [
        services.PageSpec(title=f"Page {number}", children=[services.PageSpec(title="Below")])
        for number in range(count)
    ]
    services.bulk_create_pages(specs, actor=system, parent=root)
    boss.get(url("changelist"))
    # Session, user; sites; three of the filters; proposals; the top and one level.
    with django_assert_max_num_queries(9):
        boss.get(url("changelist"))
    with django_assert_max_num_queries(5):
        boss.get(url("level"), {"parent": root.pk})
    with django_assert_max_num_queries(10):
        boss.get(url("changelist"), {"q": "page"})


def test_editors_with_grants_take_few_queries_too(
    staff: Client, url: Any, page_factory: Any, grant: Any, django_assert_max_num_queries: Any
) -> None:
    top = page_factory("Mine")
    for number in range(20):
        page_factory(f"Page {number}", parent=top)
    grant(top)
    staff.get(url("changelist"))
    with django_assert_max_num_queries(14):
        staff.get(url("changelist"))


def test_choosing_a_page(boss: Client, url: Any, page_factory: Any) -> None:
    page = page_factory("Bread")
    answer = boss.get(url("choose"), {"q": "brea"}).json()
    assert answer == {"pages": [{"value": f"/bread/ (#{page.pk})", "title": "Bread"}]}


def test_only_what_stands_deeper_can_be_moved_out(boss: Client, url: Any, root: Any, page_factory: Any) -> None:
    top = page_factory("Top")
    page_factory("Below", parent=top)

    def disabled(parent: Any) -> list[bool]:
        html = boss.get(url("level"), {"parent": parent.pk}).content.decode()
        return ["aria-disabled" in tag for tag in re.findall(r'<button[^>]*value="out"[^>]*>', html)]

    assert disabled(root) == [True]
    assert disabled(top) == [False]
