"""Full-text search: the same questions on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from ai_cms.pages import search as search_module
from ai_cms.pages import services
from ai_cms.pages.models import Publication
from ai_cms.pages.search import search


def found(query: str, **options: Any) -> list[str]:
    return [row.title for row in search(Publication.objects.public(), query, **options)]


@pytest.fixture(autouse=True)
def pages(page_factory: Any) -> None:
    def text(words: str) -> list[dict[str, Any]]:
        return [{"type": "rich_text", "props": {"html": f"<p>{words}</p>"}}]

    page_factory("Sourdough", publish=True, content=text("Bread of rye, leavened slowly."))
    page_factory("Rye fields", publish=True, content=text("Where the grain for sourdough grows."))
    page_factory("Crème brûlée", publish=True, content=text("A dessert."))
    page_factory("Secret sourdough", content=text("A draft."))


def test_every_word_must_be_there_and_titles_weigh_more() -> None:
    assert found("sourdough") == ["Sourdough", "Rye fields"]
    assert found("rye sourdough")[:1] and set(found("rye sourdough")) == {"Sourdough", "Rye fields"}
    assert found("rye dessert") == []
    assert found("SOURDOUGH") == ["Sourdough", "Rye fields"]


def test_the_last_word_may_be_unfinished() -> None:
    assert set(found("sourd")) == {"Sourdough", "Rye fields"}


def test_what_is_changed_or_gone_is_found_no_more(system: Any) -> None:
    page = Publication.objects.get(title="Sourdough").page
    services.update_page(page, actor=system, fields={"title": "Baguette"}, content=[])
    assert "Sourdough" in found("sourdough")
    services.publish_page(page, actor=system)
    assert found("sourdough") == ["Rye fields"]
    assert found("baguette") == ["Baguette"]
    services.unpublish_page(page, actor=system)
    assert found("baguette") == []


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "a AND",
        "col:x",
        "it's -not",
        "(",
        "rye*",
        "NEAR(a b)",
        "' OR 1=1 --",
        "\\",
        "%",
        "🍞",
        " ",
        "",
        "a" * 5000,
        "x " * 500,
        "rye:*",
        "!rye",
        "<->",
    ],
)
def test_no_query_breaks_the_database(query: str) -> None:
    assert isinstance(found(query), list)


def test_the_index_is_put_back_after_a_table_is_rebuilt() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite rebuilds tables")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER ai_cms_pages_search_insert")
        cursor.execute("DROP TABLE ai_cms_pages_search")
    call_command("migrate", verbosity=0)
    assert found("sourdough") == ["Sourdough", "Rye fields"]


@pytest.mark.django_db
def test_the_index_goes_with_the_tables_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(connection.introspection.table_names())
    assert search_module._INDEX in before
    with monkeypatch.context() as patch:
        # What `migrate ai_cms_pages zero` leaves.
        patch.setattr(search_module, "_TABLE", "ai_cms_pages_gone")
        search_module.install("default")
        left = set(connection.introspection.table_names())
        assert not [name for name in left if name.startswith(search_module._INDEX)]
        search_module.install("default")
    search_module.install("default")
    assert search_module._INDEX in connection.introspection.table_names()
