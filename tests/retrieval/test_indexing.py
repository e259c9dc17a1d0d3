"""Passages follow what is published, by whichever way it was written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from ai_cms.blocks.documents.document import Document
from ai_cms.core.permissions import Actor
from ai_cms.core.signals import site_imported
from ai_cms.pages import services
from ai_cms.pages.models import Publication, Site
from ai_cms.pages.published_documents import PublishedContent
from ai_cms.pages.services.branches import PageSpec
from ai_cms.retrieval.models import IndexedPublication, Passage, Vector
from ai_cms.retrieval.services.indexing import behind, index_publications, rebuild

pytestmark = pytest.mark.django_db


def texts(page: Any) -> list[str]:
    return list(Passage.objects.filter(publication__page_id=page.pk).values_list("text", flat=True))


def test_publishing_cuts_the_page_and_drafts_are_not_cut(publish: Callable[..., Any], system: Actor) -> None:
    page = publish("Rye", {"id": "h", "type": "heading", "props": {"text": "Rising", "level": 2}}, "It takes a night.")
    row = Passage.objects.get(publication__page_id=page.pk)
    assert (row.text, row.heading, row.block, row.version) == ("Rising\nIt takes a night.", ["Rising"], "p1", 1)
    page = services.update_page(
        page, content=[{"id": "p1", "type": "rich_text", "props": {"html": "<p>Secret.</p>"}}], actor=system
    )
    assert texts(page) == ["Rising\nIt takes a night."]
    services.publish_page(page, actor=system)
    assert texts(page) == ["Secret."]
    assert Passage.objects.get().version == page.version
    assert behind().count() == 0


def test_words_that_stay_keep_their_row_and_their_digest(publish: Callable[..., Any], system: Actor) -> None:
    page = publish("Rye", {"id": "h", "type": "heading", "props": {"text": "One", "level": 2}}, "First.")
    before = Passage.objects.get()
    content = [*page.content_json.blocks, {"id": "k", "type": "heading", "props": {"text": "Two", "level": 2}}]
    page = services.update_page(page, content=content, actor=system)
    services.publish_page(page, actor=system)
    first, second = Passage.objects.order_by("position")
    assert (first.pk, first.digest) == (before.pk, before.digest)
    assert second.text == "Two"


def test_taking_off_deletes_and_moving_changes_nothing(publish: Callable[..., Any], system: Actor) -> None:
    parent, page = publish("Bread", "All kinds."), publish("Rye", "Dark.")
    row = Passage.objects.get(publication__page_id=page.pk)
    page = services.move_page(page, parent, actor=system)
    assert Passage.objects.get(publication__page_id=page.pk).digest == row.digest
    assert Passage.objects.get(pk=row.pk).publication.path == "/bread/rye/"
    services.unpublish_page(page, actor=system)
    assert texts(page) == []
    assert IndexedPublication.objects.filter(publication__page_id=page.pk).count() == 0


def test_pages_inserted_many_at_once_are_cut(site: Site, system: Actor) -> None:
    content = [{"id": "p", "type": "rich_text", "props": {"html": "<p>Many at once.</p>"}}]
    specs = [PageSpec(title=f"Page {number}", content=content, publish=number != 1) for number in range(3)]
    services.bulk_create_pages(specs, parent=site.root, actor=system)
    assert Passage.objects.filter(text="Many at once.").count() == 2
    assert behind().count() == 0


def test_an_upgrade_of_blocks_cuts_the_publication_anew(publish: Callable[..., Any]) -> None:
    page = publish("Rye", "Old words.")
    key = Publication.objects.get(page_id=page.pk).pk
    new = Document([{"id": "p0", "type": "rich_text", "props": {"html": "<p>New words.</p>"}}])
    PublishedContent().store(key, new, using="default")
    assert texts(page) == ["New words."]


def test_documents_beside_the_content_are_cut_too(publish: Callable[..., Any]) -> None:
    page = publish(
        "Recipe",
        "Main words.",
        page_type="kinds.recipepage",
        fields={"sidebar": [{"id": "s", "type": "rich_text", "props": {"html": "<p>Side words.</p>"}}]},
    )
    assert texts(page) == ["Main words.", "Side words."]


def test_a_site_that_came_as_a_file_is_cut(publish: Callable[..., Any], site: Site) -> None:
    publish("Rye", "Dark bread.")
    IndexedPublication.objects.all().delete()
    Passage.objects.all().delete()
    site_imported.send(sender=Site, instance=site)
    assert [row.text for row in Passage.objects.all()] == ["Dark bread."]
    assert behind().count() == 0


def test_a_rebuild_does_what_is_behind_and_goes_on_where_it_was_stopped(
    publish: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    for number in range(5):
        publish(f"Page {number}", f"Words of number {number}.")
    everything = list(Passage.objects.order_by("publication_id").values_list("publication_id", "text", "digest"))
    Passage.objects.all().delete()
    IndexedPublication.objects.all().delete()
    monkeypatch.setattr("ai_cms.retrieval.services.indexing._BATCH", 2)
    steps = rebuild()
    assert next(steps) == 2
    steps.close()
    assert IndexedPublication.objects.count() == 2
    assert sum(rebuild()) == Publication.objects.count() - 2
    assert (
        list(Passage.objects.order_by("publication_id").values_list("publication_id", "text", "digest")) == everything
    )
    assert sum(rebuild()) == 0
    settings.AI_CMS = {"RETRIEVAL_PASSAGE_CHARACTERS": 200}
    assert behind().count() == Publication.objects.count()


def test_the_command_is_told_what_it_did(publish: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    publish("Rye", "Dark.")
    call_command("rebuild_retrieval")
    assert capsys.readouterr().out == "0 publications cut, 0 vectors made.\n"
    call_command("rebuild_retrieval", all=True)
    assert capsys.readouterr().out == f"{Publication.objects.count()} publications cut, 0 vectors made.\n"


def test_publishing_costs_a_few_queries_however_long_the_page(
    publish: Callable[..., Any], django_assert_max_num_queries: Any
) -> None:
    page = publish(
        "Long", *[{"id": f"h{n}", "type": "heading", "props": {"text": f"Part {n}", "level": 2}} for n in range(50)]
    )
    key = Publication.objects.get(page_id=page.pk).pk
    Passage.objects.all().delete()
    # A savepoint and its end, the publication, the passages before, the new ones, the note.
    with django_assert_max_num_queries(6):
        index_publications([key])
    assert Passage.objects.count() == 50


def test_nothing_is_left_of_a_site_that_goes(publish: Callable[..., Any], system: Actor) -> None:
    page = publish("Rye", "Dark.")
    services.delete_page(page, actor=system)
    services.purge_page(page, actor=system)
    assert texts(page) == []
    assert Vector.objects.count() == 0
