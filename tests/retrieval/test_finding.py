"""What is found, by words and by meaning, and what never is: drafts, other sites, what is closed to the actor."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connections
from django.utils import timezone

from ai_cms.core.permissions import Actor
from ai_cms.llm.exceptions import LLMUnavailable
from ai_cms.llm.models import AILog, CreditAccount
from ai_cms.llm.retrieval import Source, Sources, current_sources, retrieve
from ai_cms.pages import services
from ai_cms.pages.models import Publication, Site
from ai_cms.pages.querysets import PublicationQuerySet
from ai_cms.retrieval import finding
from ai_cms.retrieval.finding import find_passages
from ai_cms.retrieval.models import Passage, Vector
from ai_cms.retrieval.search.words import words_of
from ai_cms.retrieval.services.embedding import embed_missing

pytestmark = pytest.mark.django_db
VISITOR = AnonymousUser()


def found(query: str, site: Site, actor: Any = VISITOR, **options: Any) -> list[str]:
    return [source.title for source in find_passages(query, actor=actor, site=site, **options)]


def learn() -> None:
    """Have vectors made, as a run does once the transaction is over, which a test's never is."""
    embed_missing(actor=Actor.system("tests"))


def members_only(actor: Actor, publications: PublicationQuerySet) -> PublicationQuerySet:
    """What a host may say: pages below /members/ are for those who have logged in."""
    return publications if actor.is_authenticated else publications.exclude(path__startswith="/members/")


class TestWords:
    def test_a_question_finds_the_passage_that_answers_it(self, publish: Callable[..., Any], site: Site) -> None:
        publish(
            "Rye",
            "Rye bread rises for twelve hours.",
            {"id": "h", "type": "heading", "props": {"text": "Storing", "level": 2, "anchor": "keep"}},
            "It keeps for a week.",
        )
        publish("Wheat", "Wheat bread rises for two hours.")
        sources = find_passages("How long does rye bread rise?", actor=VISITOR, site=site)
        assert sources[0].title == "Rye"
        assert sources[0].text == "Rye bread rises for twelve hours."
        kept = find_passages("How long does it keep?", actor=VISITOR, site=site)[0]
        assert (kept.heading, kept.anchor, kept.version, kept.locale) == (("Storing",), "p2", 1, "en")
        assert kept.url == "/rye/#keep:~:text=Storing"
        assert kept.place == "Rye > Storing"
        assert kept.page == Publication.objects.get(title="Rye").page_id

    def test_words_of_the_title_count(self, publish: Callable[..., Any], site: Site) -> None:
        publish("Sourdough", "It takes a night."), publish("Cake", "It takes a night.")
        assert found("sourdough night", site)[0] == "Sourdough"

    def test_nothing_is_found_where_nothing_fits(self, publish: Callable[..., Any], site: Site) -> None:
        publish("Rye", "Rye bread rises for twelve hours in a bowl.")
        assert found("Who won the football championship of 1974?", site) == []
        assert found("", site) == found("   ", site) == found("?!", site) == []
        assert found("rye", site, limit=0) == []

    def test_half_of_the_words_are_enough_and_fewer_are_not(self, publish: Callable[..., Any], site: Site) -> None:
        publish("Rye", "Rye bread rises for twelve hours.")
        assert found("rye bread recipe oven", site) == ["Rye"]
        assert found("rye recipe oven temperature", site) == []

    def test_signs_and_operators_of_the_visitor_are_words_only(self, publish: Callable[..., Any], site: Site) -> None:
        publish("Rye", "Rye bread.")
        for query in (
            "rye' OR 1=1 --",
            'rye "NEAR" (bread',
            "rye:* & !bread",
            "col:rye*",
            "it's -rye",
            "%s %(a)s rye",
            "\x00rye",
        ):
            assert found(query, site) in (["Rye"], []), query
        assert found("rye* AND bread", site) == ["Rye"]

    def test_scripts_without_spaces(self, publish: Callable[..., Any], site: Site) -> None:
        publish("Pan", "パン作りの全文検索エンジンを試す。")
        assert found("全文検索", site) == ["Pan"]
        assert found("電車", site) == []

    def test_a_language_can_be_chosen(self, publish: Callable[..., Any], site: Site) -> None:
        publish("Rye", "Sourdough."), publish("Roggen", "Sourdough.", fields={"locale": "de"})
        assert found("sourdough", site, locale="de") == ["Roggen"]

    def test_words_that_say_nothing_count_only_where_there_are_no_others(self) -> None:
        assert [group[0] for group in words_of("What is the the rye of it")] == [["rye"]]
        assert [group[0] for group in words_of("to be or not to be")] == [["to"], ["be"], ["or"], ["not"]]

    def test_two_queries_however_many_pages(
        self, publish: Callable[..., Any], site: Site, django_assert_num_queries: Any
    ) -> None:
        for number in range(12):
            publish(f"Rye {number}", "Rye bread.")
        with django_assert_num_queries(2):
            assert len(found("rye bread", site)) == 8
        with django_assert_num_queries(3):  # and the site of the host
            assert len(retrieve("rye bread", actor=None, host="testserver")) == 8


class TestRights:
    def test_only_what_is_published_now(self, publish: Callable[..., Any], site: Site, system: Actor) -> None:
        page = publish("Rye", "Rye bread.")
        services.create_page(
            title="Draft",
            parent=site.root,
            content=[{"id": "a", "type": "rich_text", "props": {"html": "<p>Rye bread.</p>"}}],
            actor=system,
        )
        assert found("rye bread", site) == ["Rye"]
        services.delete_page(page, actor=system)
        assert found("rye bread", site) == []
        services.restore_page(page, actor=system)
        assert found("rye bread", site) == ["Rye"]
        Publication.objects.filter(page_id=page.pk).update(expire_at=timezone.now() - timedelta(seconds=1))
        assert found("rye bread", site) == []
        Publication.objects.filter(page_id=page.pk).update(expire_at=None)
        services.unpublish_page(page, actor=system)
        assert found("rye bread", site) == []

    def test_passages_of_another_version_are_not_found(self, publish: Callable[..., Any], site: Site) -> None:
        publish("Rye", "Rye bread.")
        Publication.objects.filter(title="Rye").update(version=7)
        assert found("rye bread", site) == []

    def test_other_sites_have_their_own(self, publish: Callable[..., Any], site: Site, system: Actor) -> None:
        other = services.create_site(hostname="other.example", name="Other", title="Other home")
        publish("Rye", "Rye bread.")
        page = publish("Elsewhere", "Rye bread.", parent=other.root)
        assert found("rye bread", site) == ["Rye"]
        assert found("rye bread", other) == ["Elsewhere"]
        assert [source.title for _n, source in retrieve("rye bread", actor=None, host="other.example")] == ["Elsewhere"]
        # As pages have it: the default site answers for every other host.
        assert [source.title for _n, source in retrieve("rye bread", actor=None, host="unknown.example")] == ["Rye"]
        Site.objects.update(is_default=False)
        assert retrieve("rye bread", actor=None, host="unknown.example") == []
        services.move_page(page, site.root, actor=system)
        assert found("rye bread", other) == []
        assert sorted(found("rye bread", site)) == ["Elsewhere", "Rye"]

    def test_a_host_closes_pages_to_some(
        self, publish: Callable[..., Any], site: Site, member: Any, settings: Any
    ) -> None:
        club = publish("Members", "Welcome.")
        publish("Secret rye", "Rye bread.", parent=club)
        settings.AI_CMS = {"RETRIEVAL_READABLE": f"{__name__}.members_only"}
        assert found("rye bread", site) == []
        assert found("rye bread", site, member) == ["Secret rye"]
        sources = find_passages("rye bread", actor=member, site=site)
        assert current_sources(sources, actor=member) == sources
        assert current_sources(sources, actor=VISITOR) == []

    def test_a_token_without_any_scope_reads_nothing(
        self, publish: Callable[..., Any], site: Site, member: Any
    ) -> None:
        publish("Rye", "Rye bread.")
        assert found("rye bread", site, Actor(user=member, scopes=frozenset())) == []
        assert found("rye bread", site, Actor(user=member, scopes=frozenset({"read"}))) == ["Rye"]

    def test_a_page_taken_off_while_the_answer_is_written_is_no_source(
        self, publish: Callable[..., Any], site: Site, system: Actor
    ) -> None:
        page = publish("Rye", "Rye bread.")
        publish("Wheat", "Rye bread too.")
        sources = find_passages("rye bread", actor=VISITOR, site=site)
        foreign = Source(key="1:x", title="", url="", text="", retriever="publications")
        unknown = Source(key="'; --", title="", url="", text="", retriever="publications")
        assert current_sources([*sources, foreign, unknown], actor=VISITOR) == sources
        services.unpublish_page(page, actor=system)
        assert [source.title for source in current_sources(sources, actor=VISITOR)] == ["Wheat"]

    def test_words_that_have_changed_are_no_source_any_more(
        self, publish: Callable[..., Any], site: Site, system: Actor
    ) -> None:
        page = publish("Rye", "Rye bread.")
        sources = find_passages("rye bread", actor=VISITOR, site=site)
        page = services.update_page(
            page, content=[{"id": "p0", "type": "rich_text", "props": {"html": "<p>Rye bread!</p>"}}], actor=system
        )
        assert current_sources(sources, actor=VISITOR) == sources
        services.publish_page(page, actor=system)
        assert current_sources(sources, actor=VISITOR) == []

    def test_taken_off_between_the_two_queries(
        self, publish: Callable[..., Any], site: Site, system: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        page = publish("Rye", "Rye bread.")

        def meanwhile(*orders: Any) -> Any:
            services.unpublish_page(page, actor=system)
            return fused(*orders)

        fused = finding.fused
        monkeypatch.setattr(finding, "fused", meanwhile)
        assert found("rye bread", site) == []


class TestMeaning:
    def test_what_means_the_same_is_found_without_its_words(
        self, model: Any, publish: Callable[..., Any], site: Site, member: Any
    ) -> None:
        publish("Returns", "Bring it back for a refund within a month.")
        publish("Roses", "Roses want soil.")
        learn()
        assert found("give me my money back please", site, member) == ["Returns"]
        assert Vector.objects.made("meaning-1").count() == Passage.objects.count()

    def test_both_ways_are_one_order(self, model: Any, publish: Callable[..., Any], site: Site, member: Any) -> None:
        publish("Meaning", "Refund, payment, returns.")
        publish("Words", "Somebody spoke of money here.")
        publish("Neither", "Roses want soil.")
        learn()
        assert found("money refund", site, member)[:2] == ["Meaning", "Words"]

    def test_what_is_too_far_is_not_found(
        self, model: Any, publish: Callable[..., Any], site: Site, member: Any
    ) -> None:
        publish("Roses", "Roses want soil.")
        learn()
        assert found("opening hours on monday", site, member) == []

    def test_rights_hold_for_meaning_too(
        self, model: Any, publish: Callable[..., Any], site: Site, member: Any, system: Actor
    ) -> None:
        other = services.create_site(hostname="other.example", name="Other", title="Home")
        publish("Elsewhere", "A refund.", parent=other.root)
        page = publish("Returns", "A refund.")
        learn()
        assert found("money", site, member) == ["Returns"]
        services.delete_page(page, actor=system)
        assert found("money", site, member) == []

    def test_the_question_is_paid_by_who_asks(
        self, model: Any, publish: Callable[..., Any], site: Site, member: Any
    ) -> None:
        publish("Returns", "A refund.")
        learn()
        found("money", site, member)
        log = AILog.objects.get(task="retrieval_query")
        assert (log.user, log.tokens_in, log.alias) == (member, 7, "vectors")
        made = AILog.objects.filter(task="retrieval")
        assert {row.user for row in made} == {None}
        account = CreditAccount.objects.get(user=member, kind="text")
        assert account.reserved == 0

    def test_without_a_model_that_answers_words_are_enough(
        self, model: Any, publish: Callable[..., Any], site: Site, member: Any
    ) -> None:
        publish("Returns", "Your money back.")
        learn()
        model.script(LLMUnavailable(reason="down", retryable=False))
        assert found("money", site, member) == ["Returns"]

    def test_a_visitor_who_may_call_no_model_finds_by_words(
        self, model: Any, publish: Callable[..., Any], site: Site
    ) -> None:
        publish("Returns", "Your money back, a refund.")
        learn()
        assert found("money", site) == ["Returns"]
        assert found("payment", site) == []
        assert not AILog.objects.filter(task="retrieval_query").exists()

    def test_vectors_of_another_length_are_left_out(
        self, model: Any, publish: Callable[..., Any], site: Site, member: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish("Returns", "A refund.")
        learn()
        monkeypatch.setattr(finding, "available", lambda using: False)
        Vector.objects.update(data=b"\x00\x00\x80?")
        assert found("money", site, member) == []


@pytest.mark.django_db(transaction=True)
def test_searches_while_pages_come_and_go_find_nothing_hidden(system: Actor) -> None:
    site = services.create_site(hostname="testserver", name="Test site", title="Home")
    content = [{"id": "p", "type": "rich_text", "props": {"html": "<p>Rye bread.</p>"}}]
    pages = [
        services.create_page(title=f"Rye {number}", parent=site.root, content=content, actor=system, publish=True)
        for number in range(4)
    ]
    stop, problems = threading.Event(), []

    def look() -> None:
        try:
            while not stop.is_set():
                sources = find_passages("rye bread", actor=VISITOR, site=site)
                # The first stays published throughout; whatever else is found has words of the page.
                if "Rye 0" not in [source.title for source in sources] or any(
                    source.text != "Rye bread." for source in sources
                ):
                    problems.append(sources)
        except Exception as error:
            problems.append(error)
        finally:
            connections.close_all()

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for page in pages[1:]:
        services.unpublish_page(page, actor=system)
        services.publish_page(page, actor=system)
        services.delete_page(page, actor=system)
    stop.set()
    for reader in readers:
        reader.join(20)
    assert problems == []
    assert [source.title for source in find_passages("rye bread", actor=VISITOR, site=site)] == ["Rye 0"]


def test_retrieved_passages_are_numbered_on(publish: Callable[..., Any]) -> None:
    publish("Rye", "Rye bread."), publish("Cake", "Sugar.")
    sources = Sources()
    first = retrieve("sugar", actor=None, into=sources)
    assert [(number, source.title) for number, source in retrieve("rye sugar", actor=None, into=sources)] != []
    assert first[0][0] == 1
    assert {source.title for source in sources} == {"Cake", "Rye"}
