"""The extension pgvector, where a PostgreSQL has it: the same answers as without, and none too few behind a filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import Site
from ai_cms.retrieval import finding
from ai_cms.retrieval.models import Passage, Vector
from ai_cms.retrieval.search import pgvector
from ai_cms.retrieval.search.numbers import packed
from ai_cms.retrieval.services.embedding import embed_missing

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def extension(db: None) -> None:
    pgvector.forget()
    if not pgvector.available("default"):
        pytest.skip("this PostgreSQL has no pgvector 0.8 or newer")


def rows_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        count: int = cursor.fetchone()[0]
    return count


def test_a_database_without_it_is_asked_once_a_minute(
    db: None, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(pgvector, "_is_new_enough", lambda using: False)
    pgvector.forget()
    with django_assert_num_queries(0):
        assert not pgvector.available("default")
    pgvector.install("default")
    assert pgvector.fill("default", "meaning-1") == 0


def test_both_ways_find_the_same(
    extension: None, model: Any, publish: Callable[..., Any], site: Site, member: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (
        publish("Returns", "A refund for your payment."),
        publish("Partly", "A refund of bread."),
        publish("Roses", "Roses want soil."),
    )
    embed_missing(actor=Actor.system("tests"))
    assert rows_of(pgvector.VECTORS) == Vector.objects.made("meaning-1").count()
    fast = [source.title for source in finding.find_passages("my money", actor=member, site=site)]
    assert fast == ["Returns", "Partly"]
    monkeypatch.setattr(finding, "available", lambda using: False)
    assert [source.title for source in finding.find_passages("my money", actor=member, site=site)] == fast


def test_what_was_stored_before_is_brought_in_and_what_is_gone_goes(
    extension: None, model: Any, publish: Callable[..., Any], system: Actor
) -> None:
    page = publish("Returns", "A refund.")
    embed_missing(actor=system)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {pgvector.VECTORS}")
    call_command("rebuild_retrieval", verbosity=0)
    assert rows_of(pgvector.VECTORS) == 1
    services.unpublish_page(page, actor=system)
    call_command("rebuild_retrieval", verbosity=0)
    assert rows_of(pgvector.VECTORS) == Vector.objects.count() == 0


def test_a_filter_behind_the_index_does_not_find_too_few(
    extension: None, model: Any, publish: Callable[..., Any], site: Site, member: Any, system: Actor
) -> None:
    """Of 400 vectors that are nearer, none is of the site that is asked: an index that stops after 40 finds nothing."""
    other = services.create_site(hostname="other.example", name="Other", title="Home")
    texts = [f"Refund {'money ' * (n % 20)}{'roses ' * (n // 20)}" for n in range(400)]
    crowd = [{"id": f"h{n}", "type": "heading", "props": {"text": text, "level": 2}} for n, text in enumerate(texts)]
    publish("Crowd", *crowd, parent=other.root)
    publish("Ours", "A refund of bread and loaf.")
    embed_missing(actor=system)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {pgvector.VECTORS}")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    wanted = packed((0.0, 1.0, 0.0, 0.0, 0.01))
    rows = Passage.objects.readable(member).on_site(site.pk)
    found = pgvector.nearest_by_pgvector(rows, wanted, space="meaning-1", limit=50, least=0.3)
    assert found == list(Passage.objects.filter(publication__title="Ours").values_list("pk", flat=True))


def test_a_question_of_another_length_finds_nothing(
    extension: None, model: Any, publish: Callable[..., Any], site: Site, member: Any
) -> None:
    publish("Returns", "A refund.")
    embed_missing(actor=Actor.system("tests"))
    rows = Passage.objects.readable(member)
    assert pgvector.nearest_by_pgvector(rows, packed((1.0, 2.0)), space="meaning-1", limit=5, least=0) is None
    # The transaction goes on.
    assert Passage.objects.count() == 1
