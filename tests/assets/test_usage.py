"""Which drafts and publications use an asset: rows that stay in step with the drafts, and counts for a whole list at once."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_cms.assets import get_asset_model
from ai_cms.assets.services import update_asset
from ai_cms.assets.usage import usage_counts, usage_of
from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model, services
from ai_cms.pages.elements import reference_rows
from ai_cms.pages.models import ElementReference, Publication
from ai_cms.pages.rendering import render_publication

from .conftest import uploaded
from .pictures import jpeg, png

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


@pytest.fixture
def root(db: None) -> Any:
    return services.create_site(hostname="testserver", name="Test site", title="Home").root


def image(reference: str, **more: Any) -> dict[str, Any]:
    return {"type": "image", "props": {"src": reference, "alt": "A loaf"}, **more}


def gallery(*references: str) -> dict[str, Any]:
    return {"type": "gallery", "props": {"images": [{"src": reference} for reference in references]}}


def in_step() -> None:
    """Assert that the rows are those that the drafts make."""
    for page in get_page_model().all_objects.all():
        wanted = {(row.uid, row.reference) for row in reference_rows(page)}
        assert set(ElementReference.objects.filter(page=page).values_list("uid", "reference")) == wanted


def some(numbers: list[int]) -> list[dict[str, Any]]:
    made = [image(f"asset:{number}") for number in numbers[::2]]
    return [*made, gallery(*(f"asset:{number}" for number in numbers[1::2]))] if numbers[1::2] else made


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(
        st.tuples(st.lists(st.integers(1, 4), max_size=6), st.sampled_from([None, "", "asset:3", "/x.jpg"])),
        min_size=1,
        max_size=4,
    )
)
def test_rows_follow_every_change_of_a_draft(root: Any, versions: list[Any]) -> None:
    page = services.create_page(title="Rye", parent=root, actor=SYSTEM, content=some(versions[0][0]))
    in_step()
    for numbers, picture in versions:
        fields = {} if picture is None else {"metadata": {"image": picture, "x": numbers}}
        # Blocks keep their ids where they stay, as an editor's save does.
        kept = page.content_json.to_json()[: len(numbers) % 3]
        page = services.update_page(page, actor=SYSTEM, content=[*kept, *some(numbers)], fields=fields)
        in_step()


def test_rows_of_copies_imports_and_deletions(root: Any) -> None:
    inner = {"type": "columns", "children": [{"type": "column", "children": [image("asset:7")]}]}
    page = services.create_page(
        title="Rye",
        parent=root,
        actor=SYSTEM,
        content=[inner, gallery("asset:8", "asset:8")],
        fields={"metadata": {"image": "asset:9"}},
    )
    in_step()
    assert set(ElementReference.objects.values_list("reference", flat=True)) == {"asset:7", "asset:8", "asset:9"}
    services.copy_page(page, root, actor=SYSTEM)
    in_step()
    assert ElementReference.objects.filter(reference="asset:7").count() == 2
    rows = list(ElementReference.objects.values_list("page_id", "uid", "reference"))
    ElementReference.objects.all().delete()
    fill = import_module("ai_cms.pages.migrations.0009_fill_references").fill
    fill(apps, SimpleNamespace(connection=connection))
    assert sorted(ElementReference.objects.values_list("page_id", "uid", "reference")) == sorted(rows)


def test_the_picture_of_a_page_is_a_use_and_publications_follow_it(root: Any, member: Any) -> None:
    asset = uploaded(member)
    page = services.create_page(title="Rye", parent=root, actor=SYSTEM, fields={"metadata": {"image": asset.reference}})
    services.publish_page(page, actor=SYSTEM)
    assert usage_of(asset).counts() == {"drafts": 1, "publications": 1}
    publication = Publication.objects.get(page_id=page.pk)
    html = render_publication(publication)
    assert 'property="og:image" content="https://origin.ai-cms.invalid/media/' in html
    update_asset(asset, actor=member, visibility="private")
    publication.refresh_from_db()
    assert '"image":""' in publication.summary
    assert "/media/" not in publication.body
    update_asset(asset, actor=member, visibility="public")
    publication.refresh_from_db()
    assert '"image":"/media/' in publication.summary
    services.delete_page(page, actor=SYSTEM)
    assert usage_counts([asset])[asset.pk]["drafts"] == 0


def test_counts_of_a_hundred_assets_are_three_queries(
    root: Any, member: Any, client_of: Any, django_assert_num_queries: Any
) -> None:
    model = get_asset_model()
    first, second = uploaded(member), uploaded(member, png())
    for title, used in (("A", [first, second]), ("B", [first]), ("C", [first])):
        page = services.create_page(
            title=title, parent=root, actor=SYSTEM, content=[image(asset.reference) for asset in used]
        )
        if title != "C":
            services.publish_page(page, actor=SYSTEM)
    others = [uploaded(member, jpeg(20 + number, 20)) for number in range(3)]
    # The pages ask two, the posts one.
    with django_assert_num_queries(3):
        counts = usage_counts([first, second, *others, *(model(pk=10_000 + number) for number in range(95))])
    assert counts[first.pk] == {"drafts": 3, "publications": 2}
    assert counts[second.pk] == {"drafts": 1, "publications": 1}
    assert counts[others[0].pk] == {"drafts": 0, "publications": 0}
    rows = client_of(member).get("/api/assets/?usage=true").json()["results"]
    assert {row["id"]: row["usage"]["drafts"] for row in rows} == {
        asset.pk: counts[asset.pk]["drafts"] for asset in (first, second, *others)
    }
    assert "usage" not in client_of(member).get("/api/assets/").json()["results"][0]


def test_the_index_answers_which_drafts_use_an_asset(root: Any) -> None:
    plan = ElementReference.objects.filter(reference="asset:7").values("page_id").explain()
    if connection.vendor == "sqlite":
        assert "ai_cms_pages_reference" in plan
    else:
        # With no rows to speak of PostgreSQL reads the table; the index is there and is the one it would take.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN SELECT page_id FROM ai_cms_pages_elementreference WHERE reference = 'asset:7'")
            assert "ai_cms_pages_reference" in str(cursor.fetchall())
