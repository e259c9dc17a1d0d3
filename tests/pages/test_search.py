"""Full-text search: the same questions on both databases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.pages import services
from ai_cms.pages.models import Publication
from ai_cms.pages.search import index as search_index
from ai_cms.pages.search import search, search_or_similar, search_similar
from ai_cms.pages.search.similar import distance, forget_vocabulary
from ai_cms.pages.search.words import cut_query, cut_text


def found(query: str, **options: Any) -> list[str]:
    return [row.title for row in search(Publication.objects.public(), query, **options)]


@pytest.fixture(autouse=True)
def fresh_vocabulary() -> Iterator[None]:
    forget_vocabulary()
    yield
    forget_vocabulary()


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


TITLES = [
    "COVID-19 rules",
    "ISO-9001 audit",
    "Plan 2024-2025",
    "version v1.2.3 notes",
    "Node.js guide",
    "Open 24/7 here",
    "costs 10.5 euro",
    "see www.bakery-shop.com today",
    "read report.pdf please",
    "call 030 1234-567",
    "file /about/team page",
    "mail anna.b@bakery.example please",
    "plug 3.5mm jack",
    "-20 degrees",
    "room A-101",
    "AT&T",
    "don't",
    "The Who",
    "To be or not to be",
    "C++ & C#",
    "snake_case_name",
    "https://example.org/a?b=c#d",
    "1,000,000 people",
    "50% off",
    "½ price",
    "x² + y²",
    "Straße nach Ørsted",
    "Ёлка",
    "Ἀθῆναι",
    "मुखपृष्ठ",
    "שָׁלוֹם",
    "مُحَمَّد",
    "٢٠٢٤",
    "L’été à l’île",
    "即适者生存",
    "대한민국 헌법",
    "開始ユーザー認証完了",
    "東京都庁",
    "ประเทศไทย",
    "ປະເທດລາວ",
    "ព្រះរាជាណាចក្រកម្ពុជា",
    "မြန်မာနိုင်ငံ",
    "iPhone手機15Pro",
    "𠮷野家",
    "水",
    "word " * 40,
]


def titles(page_factory: Any, *names: str) -> None:
    for number, name in enumerate(names):
        page_factory(name, slug=f"title-{number}", publish=True)


def test_every_page_is_found_by_its_own_title(page_factory: Any) -> None:
    titles(page_factory, *TITLES)
    missing = [title for title in TITLES if title.strip() not in found(title)]
    assert missing == []
    folded = [title for title in TITLES if title.strip() not in found(title.upper())]
    assert folded == []


@pytest.mark.parametrize(
    ("title", "queries"),
    [
        ("COVID-19 rules", "COVID-19|covid 19|19|covid19|covi"),
        ("version v1.2.3 notes", "1.2.3|v1.2.3|v1|1.2"),
        ("file /about/team page", "team|about|/about/team|/about/team/"),
        ("see www.bakery-shop.com today", "bakery|bakery shop|bakery-shop.com|www.bakery-shop.com|bakeryshop"),
        ("mail anna.b@bakery.example please", "anna.b@bakery.example|anna|bakery.example"),
        ("Our Wi-Fi", "wifi|wi-fi|wi fi|WiFi"),
        ("Our WiFi", "wifi|wi-fi"),
        ("I don't know", "don't|dont|don’t|DON'T"),
        ("A T-shirt", "tshirt|t-shirt"),
        ("AT&T shares", "AT&T|at&t|att"),
        ("1,000 loaves", "1000|1,000"),
        ("1000 loaves", "1,000|1000"),
        ("a 5mm plug", "5mm|5 mm"),
        ("a 5 mm plug", "5mm"),
        ("costs 10.5 euro", "10.5|10"),
        ("Crème brûlée à la Åsa", "creme brulee|crème brulée|asa|ÅSA"),
        ("Creme brulee", "Crème brûlée"),
        ("Łódź Straße œuvre", "lodz|strasse|oeuvre|ŁÓDŹ"),
        ("ﬁne ｗｉｄｅ", "fine|wide"),
        ("Αθήνα", "αθηνα|ΑΘΗΝΑ"),
        ("الأخبار", "الاخبار"),
        ("即适者生存", "生存|适者|即适者生存|存|即"),
        ("대한민국 헌법", "민국|헌법|한민|대한민국"),
        ("開始ユーザー認証完了", "認証|ユーザー|完了|ザー"),
        ("東京都庁", "京都|東京|都庁|庁"),
        ("ประเทศไทย", "ไทย|ประเทศ"),
        ("ປະເທດລາວ", "ລາວ|ປະເທດ"),
        ("ព្រះរាជាណាចក្រកម្ពុជា", "កម្ពុជា"),
        ("မြန်မာနိုင်ငံ", "နိုင်ငံ|မြန်မာ"),
        ("iPhone手機15Pro", "iphone|手機|15|pro"),
        ("ISBN 978-3-16-148410-0", "9783161484100|978-3-16-148410-0|978 3 16 148410 0|978-3161484100|148410"),
        ("ISBN 9783161484100", "978-3-16-148410-0|978 3 16 148410 0"),
        ("ISBN 3-16-148410-X", "316148410X|3-16-148410-x"),
        ("call 030 1234-567", "0301234567|030 1234567|030-1234-567|(030) 1234 567|1234567|1234-567"),
        ("call (030) 123 45 67", "0301234567|030 1234567|030/1234567"),
        ("call 0301234567", "030 1234567|(030) 12 34 567"),
        ("call +49 30 1234567", "+49301234567|49 30 1234567"),
        ("part AB-1234-XZ-99-C", "AB1234XZ99C|ab-1234-xz-99-c|AB-1234"),
        ("part AB1234XZ99C", "AB-1234-XZ-99-C"),
        ("pay DE89 3704 0044 0532 0130 00", "DE89370400440532013000|DE89 3704 0044 0532 0130 00"),
        ("pay DE89370400440532013000", "DE89 3704 0044 0532 0130 00"),
        ("from 2024 to 2025", "2024|2024 2025|2024-2025"),
        ("Plan 2024-2025", "2024 2025|2025|20242025"),
        ("1 2 3 4 5 6 7 8 9 10 11", "1 2 3|3 4 5 6 7 8 9|11"),
    ],
)
def test_words_are_cut_the_same_way_on_both_sides(page_factory: Any, title: str, queries: str) -> None:
    titles(page_factory, title)
    assert [query for query in queries.split("|") if title not in found(query)] == []


def test_numbers_in_groups_are_not_found_in_others() -> None:
    assert "1234567" not in cut_text("on 12.3. at 45 to 67").split()
    assert "123456" not in cut_text("12 34 56").split()
    assert [len(group) for group in cut_query("12 34 56")] == [1, 1, 1]


def test_long_rows_of_numbers_are_cut_in_time() -> None:
    began = time.process_time()
    assert len(cut_text("1 " * 100_000).split()) == 100_000
    assert cut_text("1-" * 50_000 + "a").startswith("1 1 1")
    assert time.process_time() - began < 5


def test_words_inside_a_text_without_spaces_are_found(page_factory: Any) -> None:
    content = [{"type": "rich_text", "props": {"html": "<p>做好财务护城河</p>"}}]
    page_factory("Moat", publish=True, content=content)
    assert found("财务") == ["Moat"]
    assert found("务财") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sourdogh", {"Sourdough", "Rye fields"}),
        ("suordough", {"Sourdough", "Rye fields"}),
        ("sourdoughh rye", {"Sourdough", "Rye fields"}),
        ("leavned", {"Sourdough"}),
        ("how to sourdough", {"Sourdough", "Rye fields"}),
        ("creme brulle", {"Crème brûlée"}),
        ("dezert", set()),
        ("xyzzy", set()),
        ("secrat", set()),
        ("", set()),
    ],
)
def test_a_query_that_finds_nothing_gets_a_second_try(query: str, expected: set[str]) -> None:
    assert found(query) == []
    assert {row.title for row in search_or_similar(Publication.objects.public(), query)} == expected


def test_what_is_found_at_once_is_not_widened(page_factory: Any) -> None:
    titles(page_factory, "Sourdoughs")
    assert {row.title for row in search_or_similar(Publication.objects.public(), "fields")} == {"Rye fields"}


@pytest.mark.parametrize(
    "query", ['"', "AND OR NOT", "a" * 5000, "x " * 500, "é" * 3000, "'' & | !", "生" * 5000, "\x00"]
)
def test_no_second_try_breaks_the_database(query: str) -> None:
    assert isinstance(list(search_similar(Publication.objects.public(), query)), list)


@pytest.mark.parametrize(
    ("one", "other", "most", "steps"),
    [
        ("bread", "bread", 1, 0),
        ("bread", "braed", 1, 1),
        ("bread", "breads", 1, 1),
        ("bread", "bred", 1, 1),
        ("bread", "break", 1, 1),
        ("bread", "broken", 1, 2),
        ("sourdough", "suordogh", 2, 2),
    ],
)
def test_distances(one: str, other: str, most: int, steps: int) -> None:
    assert distance(one, other, most) == distance(other, one, most) == steps


@given(st.text(max_size=60))
def test_every_word_of_a_query_for_a_text_is_in_the_text(text: str) -> None:
    stored = set(cut_text(text).split(" "))
    for group in cut_query(text):
        assert any(all(word in stored for word in way) for way in group)


@given(st.text(alphabet="京都東ไทยเ한국あァー", min_size=2, max_size=30), st.data())
def test_any_part_of_a_text_without_spaces_is_found(text: str, data: Any) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    part = text[start : data.draw(st.integers(start + 2, len(text)))]
    stored = set(cut_text(text).split(" "))
    assert {word for group in cut_query(part) for word in group[0]} <= stored


def test_older_rows_are_cut_by_rebuilding(page_factory: Any) -> None:
    titles(page_factory, "COVID-19 rules")
    Publication.objects.update(search_title="COVID-19 rules", search_text="即适者生存")
    call_command("rebuild_search", verbosity=0)
    assert found("19") == ["COVID-19 rules"]
    assert found("生存") == []
    assert set(found("sourdough")) == {"Sourdough", "Rye fields"}


def test_the_list_of_content_has_the_second_try(client: Any, django_assert_num_queries: Any) -> None:
    def titles_of(query: str) -> list[str]:
        answer = client.get("/api/content/", {"search": query, "page_size": 1}).json()
        assert answer["count"] == 2
        following = client.get(answer["next"]).json()
        return [row["title"] for row in (*answer["results"], *following["results"])]

    assert titles_of("sourdogh") == titles_of("sourdough") == ["Sourdough", "Rye fields"]
    assert client.get("/api/content/", {"search": "xyzzy"}).json()["count"] == 0
    client.get("/api/content/", {"search": "sourdough"})
    # The site's language, and the list itself.
    with django_assert_num_queries(2):
        client.get("/api/content/", {"search": "sourdough"})


def test_an_index_of_an_older_version_is_made_anew() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("COMMENT ON TABLE ai_cms_pages_search IS 'older'")
            cursor.execute("UPDATE ai_cms_pages_search SET vector = ''")
        else:
            cursor.execute("DROP TABLE ai_cms_pages_search")
            cursor.execute("CREATE VIRTUAL TABLE ai_cms_pages_search USING fts5(search_title, search_text)")
    call_command("migrate", verbosity=0)
    assert found("sourdough") == ["Sourdough", "Rye fields"]


def test_rows_from_before_are_cut_by_the_migration() -> None:
    Publication.objects.filter(title="Sourdough").update(search_title="COVID-19 rules", search_text="即适者生存")
    migration = import_module("ai_cms.pages.migrations.0006_search_words")
    migration.cut(apps, SimpleNamespace(connection=connection))
    assert found("19") == found("生存") == ["Sourdough"]


@pytest.mark.django_db
def test_the_index_goes_with_the_tables_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(connection.introspection.table_names())
    assert search_index.INDEX in before
    with monkeypatch.context() as patch:
        # What `migrate ai_cms_pages zero` leaves.
        patch.setattr(search_index, "TABLE", "ai_cms_pages_gone")
        search_index.install("default")
        left = set(connection.introspection.table_names())
        assert not [name for name in left if name.startswith(search_index.INDEX)]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                for kind, column in (("pg_ts_config", "cfgname"), ("pg_ts_dict", "dictname")):
                    cursor.execute(f"SELECT count(*) FROM {kind} WHERE {column} LIKE 'ai\\_cms\\_%%'")
                    assert cursor.fetchone() == (0,)
        search_index.install("default")
    search_index.install("default")
    assert search_index.INDEX in connection.introspection.table_names()
