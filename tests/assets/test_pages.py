"""Pictures in pages: finished when the page is published, found where they are used, followed when they change."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.template import Context, Template
from django.test import override_settings

from ai_cms.assets import get_asset_model
from ai_cms.assets.exceptions import AssetInUse
from ai_cms.assets.pictures import rendition_of
from ai_cms.assets.querysets import real
from ai_cms.assets.services import delete_asset, replace_file, update_asset
from ai_cms.assets.storage import storage_of
from ai_cms.assets.usage import usage_of
from ai_cms.blocks.documents.pictures import finish_blocks, references_in, unfinish_blocks
from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import Publication

from .conftest import uploaded
from .pictures import jpeg, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(db: None) -> Any:
    return services.create_site(hostname="testserver", name="Test site", title="Home")


def image(asset: Any, **props: Any) -> dict[str, Any]:
    return {"type": "image", "props": {"src": asset.reference, "alt": "A loaf", **props}}


def published(site: Any, *blocks: dict[str, Any], title: str = "Bread") -> Any:
    actor = Actor.system("tests")
    page = services.create_page(title=title, parent=site.root, actor=actor, content=list(blocks))
    services.publish_page(page, actor=actor)
    return page


@pytest.fixture
def silent_storage(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function after which every question to a storage is a failure."""

    def hush() -> None:
        def asked(*args: Any, **kwargs: Any) -> Any:
            raise AssertionError("a storage was asked")

        for alias in ("assets", "private_assets", "default"):
            for name in ("url", "exists", "open", "size", "listdir", "get_modified_time", "path"):
                monkeypatch.setattr(storage_of(alias), name, asked)

    return hush


def test_where_one_size_is_shown_the_others_are_not_read(member: Any, django_assert_num_queries: Any) -> None:
    for number in range(3):
        uploaded(member, jpeg(1200 + number, 800))
    with django_assert_num_queries(2):
        shown = [real(row) for row in get_asset_model().objects.shown("thumb")]
        assert {row.spec for asset in shown for row in asset.renditions.all()} == {"thumb"}
        found = [rendition_of(asset, "thumb") for asset in shown]
    assert len(shown) == 3
    assert all(row is not None and row.url.endswith(".webp") for row in found)


def test_forty_pictures_are_one_query_and_no_storage_call(
    member: Any, site: Any, client: Any, silent_storage: Any, django_assert_num_queries: Any
) -> None:
    assets = [uploaded(member, jpeg(1000 + number, 700)) for number in range(4)]
    gallery = {
        "type": "gallery",
        "props": {"images": [{"src": assets[number % 4].reference, "alt": f"Loaf {number}"} for number in range(36)]},
    }
    page = published(site, *(image(asset) for asset in assets), gallery)
    silent_storage()
    client.get(page.path)
    with django_assert_num_queries(1):
        html = client.get(page.path).content.decode()
    tags = re.findall(r"<img [^>]*>", html)
    assert len(tags) == 40
    for tag in tags:
        # The place is kept before the picture is there: nothing moves.
        assert re.search(r'width="100[0-3]" height="700"', tag)
        widths = [int(width) for width in re.findall(r" (\d+)w", tag)]
        assert widths[:2] == [480, 960]
        assert widths == sorted(set(widths))
        assert 'sizes="' in tag
        assert 'src="/media/user-' in tag


def test_the_first_rendering_asks_once_for_all_pictures(
    member: Any, site: Any, django_assert_max_num_queries: Any
) -> None:
    blocks = [{"id": f"b{number}", **image(uploaded(member, jpeg(90 + number, 60)))} for number in range(3)]
    with django_assert_max_num_queries(2):
        finished = finish_blocks(blocks, public=True)
    assert references_in(finished) == set()
    assert unfinish_blocks(finished) == blocks


def test_publications_hold_finished_addresses_drafts_do_not(member: Any, site: Any, client: Any) -> None:
    asset = uploaded(member, jpeg(1000, 700), alt="From the asset", credit="Ann")
    page = published(site, image(asset, alt=""))
    page.refresh_from_db()
    assert page.content_json.blocks[0]["props"]["src"] == asset.reference
    data = client.get(f"/api/content/{page.pk}/").json()
    [block] = data["content_json"]
    known = block["meta"]["pictures"][block["props"]["src"]]
    assert block["props"]["src"].startswith("/media/")
    assert (known["width"], known["height"], known["ref"]) == (1000, 700, asset.reference)
    assert known["placeholder"].startswith("data:image/webp")
    assert 'alt="From the asset"' in client.get(page.path).content.decode()


def test_what_looks_like_a_reference_in_a_text_stays_text(member: Any) -> None:
    asset = uploaded(member)
    blocks = [{"id": "h", "type": "heading", "props": {"text": asset.reference, "level": 2}}]
    assert finish_blocks(blocks, public=True) is blocks


def test_private_and_missing_pictures_are_left_out_of_public_pages(member: Any, site: Any, client: Any) -> None:
    private = uploaded(member, visibility="private")
    page = published(site, image(private), {"type": "image", "props": {"src": "asset:999999", "alt": "Gone"}})
    html = client.get(page.path).content.decode()
    assert "<img" not in html
    assert "asset:" not in html
    client.force_login(member)
    previewed = finish_blocks(page.content_json.blocks, public=False)
    assert previewed[0]["props"]["src"].startswith(private.permalink)


def test_where_a_picture_is_used_comes_from_drafts_and_publications(
    member: Any, superuser: Any, site: Any, client_of: Any
) -> None:
    asset, other = uploaded(member), uploaded(member, png())
    actor = Actor.system("tests")
    gallery = {"type": "gallery", "props": {"images": [{"src": asset.reference, "alt": "x"}]}}
    section = {"type": "section", "props": {"title": "Steps"}, "children": [gallery]}
    live = published(site, section, title="Live")
    services.create_page(title="Draft", parent=site.root, actor=actor, content=[image(asset)])
    services.create_page(title="Other", parent=site.root, actor=actor, content=[image(other)])
    usage = usage_of(asset)
    assert usage.counts() == {"drafts": 2, "publications": 1}
    assert usage.summary() == "2 drafts, 1 publication"
    assert {use.label for use in usage.uses if use.kind == "draft"} == {"Draft", "Live"}
    services.unpublish_page(live, actor=actor)
    assert usage_of(asset).counts() == {"drafts": 2, "publications": 0}
    data = client_of(superuser).get(f"/api/assets/{asset.pk}/usage/").json()
    assert (data["drafts"], len(data["uses"])) == (2, 2)
    # Whoever may not read the drafts learns their number and nothing else.
    assert client_of(member).get(f"/api/assets/{asset.pk}/usage/").json() == {
        "drafts": 2,
        "publications": 0,
        "uses": [],
    }


def test_deletion_is_refused_while_used_and_forced_knowingly(
    member: Any, site: Any, client_of: Any, client: Any
) -> None:
    asset = uploaded(member)
    page = published(site, image(asset))
    api = client_of(member)
    response = api.delete(f"/api/assets/{asset.pk}/")
    assert response.status_code == 409
    assert response.json()["usage"] == {"drafts": 1, "publications": 1}
    assert "1 draft, 1 publication" in response.json()["detail"]
    assert "<img" in client.get(page.path).content.decode()
    assert api.delete(f"/api/assets/{asset.pk}/?force=true").status_code == 204
    assert "<img" not in client.get(page.path).content.decode()
    assert not get_asset_model().objects.exists()
    with pytest.raises(AssetInUse):
        again = uploaded(member)
        published(site, image(again), title="Again")
        delete_asset(again, actor=member)


def test_pages_show_the_new_picture_when_it_is_replaced(member: Any, site: Any, client: Any) -> None:
    asset = uploaded(member, jpeg(1000, 700))
    page = published(site, image(asset))
    before = client.get(page.path)
    replace_file(asset, io.BytesIO(png(500, 250)), actor=member)
    after = client.get(page.path)
    assert 'width="500" height="250"' in after.content.decode()
    assert before["ETag"] != after["ETag"]
    publication = Publication.objects.get(page=page)
    assert 'width":500' in publication.body
    assert client.get(f"/api/content/{page.pk}/").json()["content_json"][0]["meta"]["pictures"]


def test_a_new_focal_point_has_the_cut_sizes_made_anew(member: Any) -> None:
    asset = uploaded(member, jpeg(1000, 300))
    before = {row.spec: row.url for row in asset.renditions.all()}
    update_asset(asset, actor=member, focal_x=0.0)
    asset = get_asset_model().objects.get(pk=asset.pk)
    after = {row.spec: row.url for row in asset.renditions.all()}
    assert {spec for spec in before if before[spec] != after[spec]} == {"thumb", "card"}


def test_the_picture_tag_shows_declared_sizes_and_no_others(member: Any) -> None:
    asset = get_asset_model().objects.get(pk=uploaded(member, jpeg(1000, 700), alt="A loaf").pk)
    template = Template('{% load ai_cms_assets %}{% asset_picture asset sizes="50vw" %}')
    html = template.render(Context({"asset": asset}))
    assert 'alt="A loaf"' in html
    # Browsers that measure the place themselves do; others take the words.
    assert 'sizes="auto, 50vw"' in html
    eager = Template('{% load ai_cms_assets %}{% asset_picture asset sizes="50vw" lazy=False %}')
    assert 'sizes="50vw"' in eager.render(Context({"asset": asset}))
    card = Template('{% load ai_cms_assets %}{% asset_picture asset "card" %}').render(Context({"asset": asset}))
    assert 'width="640" height="400"' in card
    assert "asset_picture" not in Template("{% load ai_cms_assets %}{% asset_picture asset %}").render(Context({}))
    with pytest.raises(ValueError, match="giant"):
        Template('{% load ai_cms_assets %}{% asset_picture asset "giant" %}').render(Context({"asset": asset}))


def test_further_formats_become_sources(member: Any, site: Any, client: Any) -> None:
    with override_settings(
        AI_CMS={"ASSET_FORMATS": ["webp", "avif"], "ASSET_SIZES": {"large": {"width": 300, "srcset": True}}}
    ):
        asset = uploaded(member, jpeg(640, 480))
        page = published(site, image(asset))
        html = client.get(page.path).content.decode()
    assert re.search(r'<picture><source type="image/avif" srcset="/media/[^"]+\.avif 300w"', html)
    assert re.search(r'<img src="/media/[^"]+\.webp"', html)


def test_make_renditions_makes_what_is_missing_or_out_of_date(member: Any) -> None:
    from django.core.management import call_command

    out = io.StringIO()
    with override_settings(AI_CMS={"ASSET_TASK_FORMATS": []}):
        asset = uploaded(member, jpeg(640, 480))
        call_command("make_renditions", stdout=out)
        assert out.getvalue().startswith("1 files made")  # hero, which uploads do not wait for
        call_command("make_renditions", stdout=out)
        assert "0 files made" in out.getvalue()
    before = {row.spec: row.url for row in asset.renditions.all()}
    sizes = {
        "thumb": {"mode": "fill", "width": 100, "height": 100},
        "card": {"mode": "fill", "width": 640, "height": 400},
    }
    with override_settings(AI_CMS={"ASSET_TASK_FORMATS": [], "ASSET_SIZES": sizes}):
        call_command("make_renditions", stdout=out)
    after = {row.spec: row for row in asset.renditions.all()}
    assert after["thumb"].width == 100
    assert after["card"].url == before["card"]


def test_sound_and_films_say_how_long_they_play(member: Any, site: Any, client: Any) -> None:
    import struct
    import wave

    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 12_000)
    asset = uploaded(member, out.getvalue(), "crust.wav")
    assert (asset.mime, asset.duration) == ("audio/wav", 1.5)
    page = published(site, {"type": "audio", "props": {"src": asset.reference}})
    assert f'src="{asset.url}"' in client.get(page.path).content.decode()

    def box(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", 8 + len(data)) + name + data

    cover = box(b"covr", box(b"data", struct.pack(">II", 13, 0) + jpeg(300, 300)))
    header = box(b"mvhd", b"\x00" * 12 + struct.pack(">II", 1000, 65_500) + b"\x00" * 80)
    meta = box(b"udta", box(b"meta", b"\x00" * 4 + box(b"ilst", cover)))
    film = box(b"ftyp", b"isom\x00\x00\x02\x00isommp42") + box(b"moov", header + meta) + box(b"mdat", b"\x00" * 40)
    asset = uploaded(member, film, "kneading.mp4")
    assert (asset.mime, asset.duration) == ("video/mp4", 65.5)
    assert {row.spec for row in asset.renditions.all()} == {"thumb", "card", "large"}
    page = published(site, {"type": "video", "props": {"src": asset.reference}}, title="Kneading")
    html = client.get(page.path).content.decode()
    assert f'src="{asset.url}" poster="{asset.renditions.get(spec="large").url}"' in html
    own = {"type": "video", "props": {"src": asset.reference, "poster": "/own.jpg"}}
    assert 'poster="/own.jpg"' in client.get(published(site, own, title="Own").path).content.decode()
