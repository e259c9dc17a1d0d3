"""What posts are beyond pages, and that what pages can do holds for them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai_cms.core.exceptions import InvalidInput, PermissionRefused
from ai_cms.core.permissions import Actor
from ai_cms.pages.models import Publication, PublicationFacet, Revision, Site
from ai_cms.pages.services import (
    PageSpec,
    accept_proposal,
    bulk_create_pages,
    create_proposal,
    publish_page,
    publish_scheduled,
    restore_revision,
    schedule_page,
)
from ai_cms.posts import get_blog_model, get_category_model, get_post_model, get_tag_model
from ai_cms.posts.services import blog_of, create_post, delete_tag, rename_tag, tags_named, update_post
from tests.assets.pictures import jpeg
from tests.conftest import make_user

pytestmark = pytest.mark.django_db


def facets(post: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, value in PublicationFacet.objects.filter(publication__page_id=post.pk).values_list("name", "value"):
        found.setdefault(name, set()).add(value)
    return found


def names(post: Any) -> list[str]:
    fresh = get_post_model().objects.get(pk=post.pk)
    rows = fresh.tags.through.objects.filter(**{fresh._meta.get_field("tags").m2m_field_name(): fresh.pk})
    return [row.tag.name if hasattr(row, "tag") else row.hosttag.name for row in rows.order_by("pk")]


def test_the_blog_is_made_once_and_posts_stand_below_it(site: Any, make_post: Callable[..., Any]) -> None:
    first, second = make_post("One"), make_post("Two")
    blog = get_blog_model().objects.get()
    assert first.parent_id == second.parent_id == blog.pk
    assert (blog.path, blog.is_published if hasattr(blog, "is_published") else blog.live) == ("/blog/", True)
    assert blog_of(site).pk == blog.pk


def test_a_page_that_stands_there_is_the_blog(settings: Any, site: Any, make_post: Callable[..., Any]) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "POSTS_PARENT": "/"}
    assert make_post("One").parent_id == site.root_id
    assert not get_blog_model().objects.exists()


def test_a_post_is_deleted_and_restored_as_an_object(make_post: Callable[..., Any]) -> None:
    model = get_post_model()
    post = make_post("Gone", is_published=True)
    slug = post.slug
    assert post.delete() == (1, {model._meta.label: 1})
    assert post.delete() == (0, {})
    assert (post.is_deleted, post.is_published) == (True, False)
    assert not model.objects.filter(slug=slug).exists()
    assert model.all_objects.get(slug=slug).is_deleted
    post.restore()
    assert not post.is_deleted
    assert model.objects.get(slug=slug).is_published
    assert Publication.objects.public().filter(page_id=post.pk).exists()


def test_excerpt_and_body_come_from_the_text(make_post: Callable[..., Any]) -> None:
    text = " ".join(f"w{number}" for number in range(60))
    post = make_post("Long", body=f"<p>{text} &amp; more</p>", is_published=True)
    wanted = " ".join(f"w{number}" for number in range(40)) + "..."
    assert post.get_excerpt(post.content_json.text()) == wanted
    publication = Publication.objects.get(page_id=post.pk)
    assert json.loads("{" + publication.summary)["excerpt"] == wanted
    given = make_post("Short", body="<p>x</p>", fields={"excerpt": "Mine"}, is_published=True)
    assert json.loads("{" + Publication.objects.get(page_id=given.pk).summary)["excerpt"] == "Mine"


def test_facets_name_categories_with_those_above_tags_and_authors(
    make_post: Callable[..., Any], make_category: Callable[..., Any], member: Any
) -> None:
    top = make_category("Technology")
    below = make_category("Python", parent=top)
    post = make_post(
        "Facets", author=member, tags=["Web Dev"], is_published=True, fields={"categories": [below.pk], "series": "S"}
    )
    assert facets(post) == {
        "author": {"member"},
        "categories": {"technology", "python"},
        "tags": {"Web Dev"},
        "tag": {"web dev"},
        "series": {"S"},
    }


def test_tags_of_one_spelling_are_one_row_for_each_language(db: None) -> None:
    first = tags_named(["Straße", "web"], locale="de")
    again = tags_named(["WEB", "STRASSE"], locale="de")
    assert [row.pk for row in again] == [first[1].pk, first[0].pk]
    assert tags_named(["web"], locale="en")[0].pk != first[1].pk
    assert tags_named(["c", "C++", "C#"], locale="en")[1].slug != tags_named(["C#"], locale="en")[0].slug


def test_tags_keep_the_order_in_which_they_were_given(make_post: Callable[..., Any], system: Actor) -> None:
    make_post("First", tags=["django", "tutorial"])
    post = make_post("Second", tags=["python", "django", "tutorial"])
    assert names(post) == ["python", "django", "tutorial"]
    post = update_post(post, actor=system, tags=["tutorial", "new", "python"])
    assert names(post) == ["tutorial", "new", "python"]
    assert post.version == 2
    assert update_post(post, actor=system, tags=["Tutorial", "new", "python"]).version == 2


def test_a_renamed_tag_is_renamed_where_it_is_published_and_joins_another(
    make_post: Callable[..., Any], superuser: Any
) -> None:
    one = make_post("One", tags=["djnago"], is_published=True)
    two = make_post("Two", tags=["django", "djnago"], is_published=True)
    wrong = get_tag_model().objects.get(key="djnago")
    left = rename_tag(wrong, "Django", actor=superuser)
    assert get_tag_model().objects.get() == left
    for post in (one, two):
        assert names(post) == ["django"]
        assert facets(post)["tags"] == {"django"}
    assert rename_tag(left, "DJANGO", actor=superuser).name == "DJANGO"
    assert facets(one) == {**facets(one), "tags": {"DJANGO"}, "tag": {"django"}}
    delete_tag(left, actor=superuser)
    assert "tags" not in facets(one)


def test_history_and_proposals_hold_the_fields_of_posts(
    make_post: Callable[..., Any], make_category: Callable[..., Any], system: Actor
) -> None:
    news = make_category("News")
    post = make_post("History", tags=["a", "b"], is_published=True, fields={"categories": [news.pk]})
    post = update_post(post, actor=system, tags=["c"], fields={"categories": [], "sticky": True})
    proposal = create_proposal(post, [], actor=system, title="Better", fields={"tags": ["a", "new"], "series": "S"})
    accept_proposal(proposal, actor=system)
    assert names(post) == ["a", "new"]
    fresh = get_post_model().objects.get(pk=post.pk)
    assert (fresh.series, fresh.sticky) == ("S", True)
    # The public reads what was published.
    assert facets(post)["tags"] == {"a", "b"}
    back = restore_revision(fresh, 1, actor=system)
    assert names(back) == ["a", "b"]
    assert list(back.categories.all()) == [news]
    assert Revision.objects.filter(page_id=post.pk).count() == 4


def test_a_scheduled_post_is_published_when_it_is_due(make_post: Callable[..., Any], system: Actor) -> None:
    post = make_post("Later", tags=["soon"])
    due = timezone.now() + timedelta(hours=1)
    schedule_page(post, actor=system, go_live_at=due)
    assert publish_scheduled(due)["published"] == [post.pk]
    fresh = get_post_model().objects.get(pk=post.pk)
    assert fresh.is_published and facets(fresh)["tag"] == {"soon"}
    assert fresh.posted_at == Publication.objects.get(page_id=post.pk).first_published_at


def test_a_post_imported_with_a_date_stands_where_it_belongs(site: Any, system: Actor, member: Any) -> None:
    spec = PageSpec(
        "Old",
        page_type=get_post_model(),
        publish=True,
        fields={
            "metadata": {"published_at": "2019-05-01T10:00:00+00:00"},
            "author": member.pk,
            "tags": ["x", "y"],
        },
        content=[{"type": "rich_text", "props": {"html": "<p>Old words</p>"}}],
    )
    [page] = bulk_create_pages([spec], actor=system, parent=blog_of(site))
    post = get_post_model().objects.get(pk=page.pk)
    assert post.posted_at.year == Publication.objects.get(page_id=page.pk).first_published_at.year == 2019
    assert facets(post)["tag"] == {"x", "y"}


def test_bulk_creation_asks_as_much_for_many_as_for_few(
    site: Any, system: Actor, member: Any, django_assert_max_num_queries: Any
) -> None:
    tags = [row.pk for row in tags_named(["x", "y"], locale="en")]
    specs = [
        PageSpec(f"Post {number}", page_type=get_post_model(), publish=True, fields={"tags": tags}, owner=member)
        for number in range(40)
    ]
    blog = blog_of(site)
    with django_assert_max_num_queries(40 * 6 + 60):
        bulk_create_pages(specs, actor=system, parent=blog)


def test_members_do_not_publish_in_the_name_of_others(site: Any, member: Any, editor: Any) -> None:
    with pytest.raises(InvalidInput):
        create_post(actor=member, site=site, title="Not mine", author=editor)
    token = Actor(user=member, scopes=frozenset({"read", "write"}), via="token")
    create_post(actor=token, site=site, title="A draft")
    with pytest.raises(PermissionRefused):
        create_post(actor=token, site=site, title="Too far", is_published=True)
    assert get_post_model().objects.count() == 1


def test_members_make_posts_below_the_blog_and_no_other_pages(site: Any, member: Any) -> None:
    from ai_cms.core.exceptions import NotFound
    from ai_cms.pages.services import create_page

    blog = blog_of(site)
    for options in ({"parent": blog}, {"parent": site.root}, {"parent": site.root, "page_type": get_post_model()}):
        with pytest.raises((PermissionRefused, NotFound)):
            create_page(actor=member, title="No", **options)


def test_a_picture_in_use_is_known_and_published_posts_follow(
    make_post: Callable[..., Any], superuser: Any, system: Actor
) -> None:
    from ai_cms.assets.services import delete_asset, upload_asset
    from ai_cms.assets.usage import usage_counts, usage_of

    asset = upload_asset(io.BytesIO(jpeg()), actor=superuser, name="fern.jpg").asset
    post = make_post("Picture", actor=superuser, is_published=True, fields={"thumbnail": asset.pk})
    assert usage_of(asset).counts() == usage_counts([asset])[asset.pk] == {"drafts": 1, "publications": 1}
    assert facets(post)["asset"] == {str(asset.pk)}

    def shown() -> Any:
        return json.loads("{" + Publication.objects.get(page_id=post.pk).summary)["fields"]["thumbnail"]

    assert shown()["src"]
    delete_asset(asset, actor=system, force=True)
    assert shown() is None
    assert get_post_model().objects.get(pk=post.pk).thumbnail is None


def test_a_site_goes_out_and_comes_in_equal_although_keys_differ(
    tmp_path: Path,
    site: Any,
    make_post: Callable[..., Any],
    make_category: Callable[..., Any],
    member: Any,
    system: Actor,
) -> None:
    top = make_category("Technology")
    below = make_category("Python", parent=top)
    post = make_post(
        "Traveller", author=member, tags=["b", "a"], is_published=True, fields={"categories": [below.pk, top.pk]}
    )
    update_post(post, actor=system, tags=["c"])
    create_proposal(post, [], actor=system, title="More", fields={"tags": ["a"]})
    out, again = tmp_path / "out", tmp_path / "again"
    call_command("export_site", str(out), verbosity=0)
    get_post_model()._base_manager.get(pk=post.pk).tags.clear()
    get_tag_model().objects.all().delete()
    below.delete()
    top.delete()
    tags_named(["zzz"], locale="en")
    call_command("import_site", str(out), "--replace", verbosity=0)
    moved = get_post_model().objects.get()
    assert moved.pk != post.pk and moved.author == member
    assert names(moved) == ["c"]
    assert [row.slug for row in moved.categories.order_by("slug")] == ["python", "technology"]
    assert get_category_model().objects.get(slug="python").parent.slug == "technology"
    assert facets(moved)["tag"] == {"a", "b"}
    assert moved.posted_at == Publication.objects.get(page_id=moved.pk).first_published_at
    call_command("export_site", str(again), verbosity=0)
    first = {file.relative_to(out): file.read_bytes() for file in out.rglob("*.json")}
    second = {file.relative_to(again): file.read_bytes() for file in again.rglob("*.json")}
    assert first == second


def test_publishing_needs_nothing_but_a_title(make_post: Callable[..., Any], system: Actor) -> None:
    post = make_post("Empty")
    assert publish_page(post, actor=system).title == "Empty"


def test_many_posts_take_as_many_queries_as_a_few(site: Site, system: Actor, make_category: Any) -> None:
    ann, bread = make_user("ann"), make_category("Bread")
    tags = tags_named(["sour", "rye"], locale=site.locale)
    blog = blog_of(site)

    def make(count: int) -> int:
        fields = {"author": ann.pk, "categories": [bread.pk], "tags": [tag.pk for tag in tags]}
        specs = [
            PageSpec(title=f"Loaf {number}", fields=dict(fields), page_type=get_post_model(), publish=True)
            for number in range(count)
        ]
        with CaptureQueriesContext(connection) as found:
            made = bulk_create_pages(specs, actor=system, parent=blog)
        last = get_post_model().objects.get(pk=made[-1].pk)
        assert [tag.name for tag in last.public_facts().tags] == ["sour", "rye"] and last.author == ann
        assert [row.pk for row in last.categories.all()] == [bread.pk] and last.publication.active
        return len(found)

    make(2)
    # 24 rows of a page are one statement also where Django gives SQLite 999 parameters at a time (before 6.0).
    assert make(24) == make(4)


def test_a_bulk_creation_refuses_what_names_no_row(site: Site, system: Actor) -> None:
    for fields in ({"author": 999_999}, {"categories": [999_999]}, {"tags": [999_999]}):
        specs = [PageSpec(title="Loaf", fields=dict(fields), page_type=get_post_model()) for _ in range(2)]
        with pytest.raises(InvalidInput) as caught:
            bulk_create_pages(specs, actor=system, parent=blog_of(site))
        assert set(caught.value.errors or {}) == set(fields)
