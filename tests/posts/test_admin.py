"""The admin: categories and tags by their services, posts as pages with fields of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ai_cms.pages import get_page_model
from ai_cms.posts import get_category_model, get_post_model, get_tag_model

pytestmark = pytest.mark.django_db


def link(model: Any, view: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=args)


@pytest.fixture
def staff(editor: Any) -> Client:
    """Return the client of an editor."""
    client = Client()
    client.force_login(editor)
    return client


def test_categories_are_made_changed_and_deleted(staff: Client, make_post: Callable[..., Any]) -> None:
    model = get_category_model()
    made = staff.post(link(model, "add"), {"name": "News", "slug": "", "description": "", "parent": "", "icon": ""})
    assert made.status_code == 302, made.content
    category = model.objects.get()
    assert category.slug == "news"
    make_post("One", fields={"categories": [category.pk]}, is_published=True)
    listed = staff.get(link(model, "changelist"))
    assert b"News" in listed.content and b'<td class="field-posts">1</td>' in listed.content
    values = {"name": "Journal", "slug": "news", "description": "", "parent": category.pk, "icon": ""}
    circle = staff.post(link(model, "change", category.pk), values)
    assert circle.status_code == 200 and b"cannot stand below itself" in circle.content
    bad = staff.post(link(model, "change", category.pk), {**values, "parent": "", "slug": "not a slug"})
    assert bad.status_code == 200 and b"not-a-slug" in bad.content
    assert staff.post(link(model, "change", category.pk), {**values, "parent": ""}).status_code == 302
    category.refresh_from_db()
    assert category.name == "Journal"
    assert staff.post(link(model, "delete", category.pk), {"post": "yes"}).status_code == 302
    assert not model.objects.exists()


def test_tags_are_renamed_and_joined(staff: Client, make_post: Callable[..., Any]) -> None:
    model = get_tag_model()
    make_post("One", tags=["djnago", "web"])
    make_post("Two", tags=["django"])
    wrong = model.objects.get(key="djnago")
    answer = staff.post(link(model, "change", wrong.pk), {"name": "Django"}, follow=True)
    assert answer.status_code == 200
    assert sorted(model.objects.values_list("name", flat=True)) == ["django", "web"]
    assert staff.post(link(model, "add"), {"name": "new", "locale": "en"}).status_code == 302
    assert model.objects.filter(key="new", locale="en").exists()


def test_members_have_no_place_in_it(member: Any) -> None:
    client = Client()
    client.force_login(member)
    for model in (get_category_model(), get_tag_model()):
        assert client.get(link(model, "changelist")).status_code == 302


def form_of(post: Any, **values: Any) -> dict[str, Any]:
    """Return what the form of a post sends."""
    found = {
        "title": post.title,
        "slug": post.slug,
        "author": post.author_id or "",
        "excerpt": post.excerpt,
        "series": post.series,
        "series_position": "",
        "thumbnail": "",
        "tags": "",
        "content_json": "[]",
        "locale": "en",
        "metadata": "{}",
        "seo_title": "",
        "seo_description": "",
        "version": post.version,
        "message": "",
        "mood": "",
        "theme": "plain",
    }
    return {**found, **values}


def test_a_post_is_edited_with_tags_as_words(
    staff: Client, make_post: Callable[..., Any], make_category: Callable[..., Any], member: Any
) -> None:
    first, second = make_category("Zebra"), make_category("Ant")
    post = make_post("One", author=member, tags=["b", "a"], fields={"categories": [first.pk, second.pk]})
    url = link(get_page_model(), "change", post.pk)
    page = staff.get(url)
    assert page.status_code == 200
    assert b'value="b, a"' in page.content and b'data-aicms-widget="asset"' in page.content
    sent = form_of(post, tags="b, c , A", categories=[second.pk, first.pk], sticky="on")
    answer = staff.post(url, sent)
    assert answer.status_code == 302, answer.content
    fresh = get_post_model().objects.get(pk=post.pk)
    assert [tag.name for tag in fresh._meta.get_field("tags").value_from_object(fresh)] == ["b", "c", "a"]
    assert fresh.sticky and fresh.version == 2
    # A list has no order of its own, so one that was only shown again is no change.
    again = staff.post(url, form_of(fresh, tags="b, c, a", categories=[second.pk, first.pk], sticky="on"))
    assert again.status_code == 302
    assert get_post_model().objects.get(pk=post.pk).version == 2
    wrong = staff.post(url, form_of(fresh, thumbnail="asset:999999", sticky="on"))
    assert wrong.status_code == 200 and b"There is no such picture." in wrong.content
