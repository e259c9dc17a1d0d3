"""A page type may have a document, many-to-many fields and files of its own; every way of writing and reading knows them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from ai_cms.blocks import Document
from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.exceptions import PublishRefused
from ai_cms.pages.models import Publication, Revision
from ai_cms.pages.rendering import render_publication
from ai_cms.pages.snapshots import take_snapshot

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not apps.is_installed("tests.pages.kinds"), reason="its page type derives from the library's page"
    ),
]
TYPE = "kinds.recipepage"
#: The smallest picture there is.
PIXEL = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


def heading(text: str) -> dict[str, Any]:
    return {"type": "heading", "props": {"text": text}}


@pytest.fixture
def topics() -> list[Any]:
    from .kinds.models import Topic

    return [Topic.objects.create(name=name) for name in ("bread", "rye", "soup")]


@pytest.fixture
def recipe(page_factory: Any, topics: list[Any]) -> Any:
    return page_factory(
        "Rye bread",
        page_type=TYPE,
        content=[heading("Dough")],
        fields={"sidebar": [heading("Tools")], "topics": [topics[1].pk, topics[0].pk]},
    )


@pytest.fixture
def rest() -> APIClient:
    client = APIClient()
    client.force_authenticate(get_user_model().objects.create_superuser("chief", "chief@example.com", "secret"))
    return client


def names(page: Any) -> list[str]:
    return sorted(topic.name for topic in type(page).objects.get(pk=page.pk).topics.all())


def test_a_draft_holds_them(recipe: Any, topics: list[Any], system: Actor) -> None:
    assert recipe.sidebar.text() == "Tools"
    assert recipe.sidebar.blocks[0]["meta"]["provenance"]["source"] == "human"
    assert names(recipe) == ["bread", "rye"]
    saved = services.update_page(recipe, actor=system, fields={"topics": [topics[2].pk], "sidebar": [heading("Oven")]})
    assert names(recipe) == ["soup"]
    assert type(recipe).objects.get(pk=recipe.pk).sidebar.text() == "Oven"
    same = {"topics": [topics[2].pk], "sidebar": saved.sidebar.to_json()}
    assert services.update_page(saved, actor=system, fields=same).version == saved.version
    saved.topics.clear()
    saved.save()
    assert names(recipe) == []


def test_a_revision_brings_them_back(recipe: Any, topics: list[Any], system: Actor) -> None:
    first = Revision.objects.get(page_id=recipe.pk, number=1)
    assert first.fields["topics"] == [topics[0].pk, topics[1].pk]
    assert first.fields["sidebar"][0]["props"] == {"text": "Tools"}
    services.update_page(recipe, actor=system, fields={"topics": [], "sidebar": []})
    assert (names(recipe), type(recipe).objects.get(pk=recipe.pk).sidebar.blocks) == ([], [])
    topics[0].delete()
    restored = services.restore_revision(recipe, 1, actor=system)
    # What is gone stays gone.
    assert names(recipe) == ["rye"]
    assert restored.sidebar == Document(first.fields["sidebar"])


def test_a_stale_write_changes_nothing_and_is_kept(recipe: Any, topics: list[Any], system: Actor) -> None:
    from ai_cms.pages.exceptions import PageStale

    services.update_page(recipe, actor=system, fields={"title": "Rye"})
    with pytest.raises(PageStale) as refused:
        services.update_page(
            recipe, actor=system, fields={"topics": [topics[2].pk], "sidebar": []}, expected_version=recipe.version
        )
    assert names(recipe) == ["bread", "rye"]
    assert type(recipe).objects.get(pk=recipe.pk).sidebar.text() == "Tools"
    kept = Revision.objects.get(page_id=recipe.pk, number=refused.value.extra["conflict_revision"])
    assert (kept.fields["topics"], kept.fields["sidebar"]) == ([topics[2].pk], [])


def test_a_copy_has_them(recipe: Any, root: Any, system: Actor) -> None:
    twin = services.copy_page(recipe, root, actor=system)
    assert names(twin) == ["bread", "rye"]
    assert twin.sidebar == recipe.sidebar
    services.update_page(twin, actor=system, fields={"topics": []})
    assert names(recipe) == ["bread", "rye"]


def test_many_pages_at_once_have_them(root: Any, topics: list[Any], system: Actor) -> None:
    from ai_cms.pages.services.bulk import PageSpec

    specs = [
        PageSpec(f"Recipe {number}", page_type=TYPE, fields={"topics": [topic.pk], "sidebar": [heading("Tools")]})
        for number, topic in enumerate(topics)
    ]
    made = services.bulk_create_pages(specs, parent=root, actor=system)
    assert [names(page) for page in made] == [["bread"], ["rye"], ["soup"]]
    assert Revision.objects.get(page_id=made[2].pk).fields["topics"] == [topics[2].pk]


def test_the_public_reads_what_was_published(recipe: Any, topics: list[Any], system: Actor, settings: Any) -> None:
    services.update_page(recipe, actor=system, fields={"leaflet": "leaflets/rye.pdf", "cover": "covers/rye.png"})
    publication = services.publish_page(recipe, actor=system)
    services.update_page(recipe, actor=system, fields={"topics": [topics[2].pk], "sidebar": [heading("Later")]})
    public = Client().get(f"/api/content/{recipe.pk}/").json()["fields"]
    assert public["topics"] == [topics[0].pk, topics[1].pk]
    assert public["leaflet"] == "/media/leaflets/rye.pdf"
    assert public["cover"] == "/media/covers/rye.png"
    assert public["sidebar"][0]["props"] == {"text": "Tools"}
    # Names and accounts are for editors.
    assert "by" not in json.dumps(public["sidebar"][0].get("meta", {}))
    html = render_publication(Publication.objects.select_related("site").get(pk=publication.pk))
    assert "Tools" in html and "Later" not in html
    assert "[bread]" in html and "[rye]" in html and "[soup]" not in html
    assert "tools" in Publication.objects.get(pk=publication.pk).search_text


def test_a_published_page_without_a_file_has_no_address(recipe: Any, system: Actor) -> None:
    services.publish_page(recipe, actor=system)
    public = Client().get(f"/api/content/{recipe.pk}/").json()["fields"]
    assert (public["leaflet"], public["cover"]) == (None, None)


def test_publishing_refuses_what_is_wrong_in_them(recipe: Any, rest: APIClient, system: Actor) -> None:
    services.update_page(recipe, actor=system, fields={"sidebar": [{"type": "heading", "props": {}}]})
    with pytest.raises(PublishRefused) as refused:
        services.publish_page(recipe, actor=system)
    assert refused.value.errors["sidebar"][0]["loc"] == ["0", "props", "text"]
    warnings = rest.get(f"/api/pages/{recipe.pk}/").json()["warnings"]
    assert [item["loc"] for item in warnings] == [["fields", "sidebar", "0", "props", "text"]]


def test_over_rest(recipe: Any, topics: list[Any], rest: APIClient) -> None:
    url = f"/api/pages/{recipe.pk}/"
    page = rest.get(url).json()
    assert page["fields"]["topics"] == [topics[0].pk, topics[1].pk]
    assert page["fields"]["sidebar"][0]["type"] == "heading"
    body = {"fields": {"topics": [topics[2].pk], "sidebar": [heading("Oven")], "goes_with": [recipe.pk]}}
    page = rest.patch(url, body, format="json").json()
    assert page["fields"]["topics"] == [topics[2].pk]
    assert page["fields"]["goes_with"] == [recipe.pk]
    assert page["fields"]["sidebar"][0]["props"] == {"text": "Oven"}
    described = {item["name"]: item for item in rest.get("/api/pages/types/").json()}[TYPE]["schema"]["properties"]
    assert described["topics"]["items"] == {"type": "integer"}
    assert described["sidebar"]["type"] == "array"
    assert described["leaflet"]["format"] == described["cover"]["format"] == "uri-reference"
    page = rest.patch(url, {"fields": {"cover": "covers/rye.png"}}, format="json").json()
    assert page["fields"]["cover"] == "covers/rye.png"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"topics": 1}, "topics"),
        ({"topics": [True]}, "topics"),
        ({"topics": ["x"]}, "topics"),
        ({"topics": [{"id": 1}]}, "topics"),
        ({"topics": [999_999]}, "topics"),
        ({"topics": [2**63 - 1]}, "topics"),
        ({"topics": None}, "topics"),
        ({"leaflet": "../../etc/passwd"}, "leaflet"),
        ({"leaflet": "/etc/passwd"}, "leaflet"),
        ({"leaflet": "a/../../b.pdf"}, "leaflet"),
        ({"leaflet": ".."}, "leaflet"),
        ({"leaflet": "x" * 101}, "leaflet"),
        ({"leaflet": 7}, "leaflet"),
        ({"leaflet": ["a.pdf"]}, "leaflet"),
        ({"cover": "../../etc/passwd"}, "cover"),
        ({"cover": 7}, "cover"),
        ({"sidebar": "x"}, "sidebar"),
        ({"sidebar": [{"type": "quote", "props": {"text": "<p>x</p>"}}]}, "sidebar"),
        ({"sidebar": [{"type": "raw_html", "props": {"html": "<b>x</b>"}}]}, "sidebar"),
        ({"sidebar": [{"type": "heading", "props": {"text": "a\u0007"}}]}, "sidebar"),
    ],
)
def test_bad_values_are_refused_by_field(recipe: Any, rest: APIClient, fields: dict[str, Any], name: str) -> None:
    before = take_snapshot(type(recipe).objects.get(pk=recipe.pk))
    answer = rest.patch(f"/api/pages/{recipe.pk}/", {"fields": fields}, format="json")
    assert answer.status_code == 400, answer.content
    assert name in json.dumps(answer.json())
    assert take_snapshot(type(recipe).objects.get(pk=recipe.pk)) == before


def test_proposals_change_them(recipe: Any, topics: list[Any], system: Actor) -> None:
    fields = {"topics": [topics[2].pk], "sidebar": [heading("Proposed")]}
    proposal = services.create_proposal(recipe, [], actor=system, fields=fields)
    assert names(recipe) == ["bread", "rye"]
    other = services.create_proposal(recipe, [], actor=system, fields={"topics": []})
    services.accept_proposal(proposal, actor=system)
    fresh = type(recipe).objects.get(pk=recipe.pk)
    assert (names(recipe), fresh.sidebar.text()) == (["soup"], "Proposed")
    # The other was made for what is no longer there.
    with pytest.raises(Exception, match="(?i)stale|changed"):
        services.accept_proposal(other, actor=system)
    assert names(recipe) == ["soup"]


def test_the_form_of_the_admin(recipe: Any, topics: list[Any], client: Client, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    user = get_user_model().objects.create_superuser("chief", "chief@example.com", "secret")
    client.force_login(user)
    meta = type(recipe)._meta.get_parent_list()[0]._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[recipe.pk])
    page = client.get(url)
    assert page.status_code == 200
    data = {
        "title": "Rye bread",
        "slug": recipe.slug,
        "locale": recipe.locale,
        "metadata": "{}",
        "version": recipe.version,
        "content_json": json.dumps(recipe.content_json.to_json()),
        "sidebar": json.dumps([heading("From the form"), {"type": "heading", "props": {}}]),
        "topics": [topics[2].pk],
        "leaflet": SimpleUploadedFile("rye.txt", b"Rye, water, salt."),
        "cover": SimpleUploadedFile("rye.gif", PIXEL),
    }
    answer = client.post(url, data)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    fresh = type(recipe).objects.get(pk=recipe.pk)
    assert names(recipe) == ["soup"]
    assert [block["props"].get("text") for block in fresh.sidebar.blocks] == ["From the form", None]
    assert fresh.sidebar.blocks[0]["meta"]["provenance"]["by"] == str(user.pk)
    with fresh.leaflet.open() as file:
        assert file.read() == b"Rye, water, salt."
    assert (fresh.cover.name.startswith("covers/rye"), fresh.cover.width, fresh.cover.height) == (True, 1, 1)
    last = Revision.objects.filter(page_id=recipe.pk).order_by("-number").first()
    assert last is not None and last.fields["leaflet"] == fresh.leaflet.name
    assert last.fields["cover"] == fresh.cover.name
    shown = client.get(url + "?check=1").content.decode()
    assert "id_sidebar" in shown and "From the form" in shown
    broken = {**data, "version": fresh.version, "leaflet": "", "cover": SimpleUploadedFile("rye.gif", b"no picture")}
    assert "not an image or a corrupted image" in client.post(url, broken).content.decode()
    again = client.post(url, {**data, "version": fresh.version, "leaflet": "", "cover": "", "topics": []})
    assert again.status_code == 302
    fresh = type(recipe).objects.get(pk=recipe.pk)
    assert (names(recipe), fresh.leaflet.name) == ([], last.fields["leaflet"])
    assert fresh.cover.name == last.fields["cover"]
    cleared = client.post(
        url, {**data, "version": fresh.version, "leaflet": "", "cover": "", "cover-clear": "on", "topics": []}
    )
    assert cleared.status_code == 302
    assert not type(recipe).objects.get(pk=recipe.pk).cover


def test_a_page_without_such_fields_costs_no_query_more(page_factory: Any, django_assert_num_queries: Any) -> None:
    page = page_factory("Plain")
    with django_assert_num_queries(0):
        take_snapshot(page)
