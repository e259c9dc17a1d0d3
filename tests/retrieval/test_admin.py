"""The lists of the admin, and the system checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ai_cms.core.permissions import Actor
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.handler import llms
from ai_cms.pages import services
from ai_cms.retrieval.checks import check_retrieval
from ai_cms.retrieval.models import IndexedPublication, Vector
from ai_cms.retrieval.services.embedding import embed_missing

pytestmark = pytest.mark.django_db
LIST = "admin:ai_cms_retrieval_indexedpublication_changelist"


@pytest.fixture
def boss(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def states(client: Client) -> list[str]:
    response = client.get(reverse(LIST))
    assert response.status_code == 200
    admin = response.context["cl"].model_admin
    return [admin.state(row) for row in response.context["cl"].result_list]


def test_the_state_of_each_publication_is_shown(boss: Client, publish: Callable[..., Any], system: Actor) -> None:
    page = publish("Rye", "Dark bread.")
    assert set(states(boss)) == {"Found by words."}
    IndexedPublication.objects.filter(publication__page_id=page.pk).update(recipe="0:1")
    assert "Behind: run rebuild_retrieval." in states(boss)
    services.delete_page(page, actor=system)
    assert "Not found: the page is in the bin." in states(boss)


def test_passages_that_wait_for_their_vector_are_counted(
    boss: Client, model: Any, publish: Callable[..., Any], system: Actor
) -> None:
    publish(
        "Rye",
        {"id": "a", "type": "heading", "props": {"text": "A"}},
        {"id": "b", "type": "heading", "props": {"text": "B"}},
    )
    embed_missing(actor=system)
    assert states(boss)[0] == "Found by words and meaning."
    Vector.objects.all().delete()
    assert states(boss)[0] == "Found by words; 2 passages wait for their vectors."


def test_the_lists_are_read_only_and_few_queries(
    boss: Client, publish: Callable[..., Any], django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        publish(f"Page {number}", "Dark bread.")
    with django_assert_max_num_queries(9):
        boss.get(reverse(LIST))
    row = IndexedPublication.objects.latest("pk")
    shown = boss.get(reverse("admin:ai_cms_retrieval_indexedpublication_change", args=[row.pk]))
    assert b"/page-7/" in shown.content
    assert b'name="_save"' not in shown.content
    passages = boss.get(reverse("admin:ai_cms_retrieval_passage_changelist"), {"q": "dark"})
    assert passages.context["cl"].result_count == 8
    for address in ("add", "delete"):
        arguments = [] if address == "add" else [row.pk]
        assert (
            boss.get(reverse(f"admin:ai_cms_retrieval_indexedpublication_{address}", args=arguments)).status_code == 403
        )


def test_staff_need_the_permission(client: Client, editor: Any, publish: Callable[..., Any]) -> None:
    publish("Rye", "Dark bread.")
    client.force_login(editor)
    assert client.get(reverse(LIST)).status_code == 403
    editor.user_permissions.add(Permission.objects.get(codename="view_indexedpublication"))
    assert len(states(client)) == IndexedPublication.objects.count()


def ids(settings: Any, **values: Any) -> list[str | None]:
    settings.AI_CMS = values
    return [message.id for message in check_retrieval()]


def test_checks(settings: Any) -> None:
    entry = {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend"}
    assert ids(settings) == []
    assert ids(settings, RETRIEVAL_ALIAS="nobody") == ["ai_cms_retrieval.E001"]
    assert ids(settings, RETRIEVAL_ALIAS="default") == ["ai_cms_retrieval.E002"]
    assert ids(settings, LLM={"vectors": entry}, RETRIEVAL_ALIAS="vectors") == []
    both = {"vectors": {**entry, "FALLBACK": ["other"]}, "other": entry}
    assert ids(settings, LLM=both, RETRIEVAL_ALIAS="vectors") == ["ai_cms_retrieval.W001"]
    assert ids(settings, RETRIEVAL_READABLE="nowhere.at_all") == ["ai_cms_retrieval.E003"]
    assert ids(settings, RETRIEVAL_READABLE="ai_cms.retrieval.conf.retrieval_settings") == ["ai_cms_retrieval.E003"]
    assert ids(settings, RETRIEVAL_READABLE="tests.retrieval.test_finding.members_only") == []
    assert ids(settings, LLM={"vectors": {"BACKEND": "nowhere.Backend"}}, RETRIEVAL_ALIAS="vectors") == []


def test_a_wrong_alias_leaves_words(settings: Any, publish: Callable[..., Any], site: Any) -> None:
    from ai_cms.retrieval.finding import find_passages

    settings.AI_CMS = {"RETRIEVAL_ALIAS": "nobody"}
    publish("Rye", "Dark bread.")
    assert [source.title for source in find_passages("dark bread", actor=None, site=site)] == ["Rye"]
    assert not isinstance(llms["default"], TestingBackend)
