"""``import_wordpress --media``: attachments from a copy of the uploads become assets, and pages name them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.assets import get_asset_model, get_image_model
from ai_cms.assets.services import delete_asset, update_asset
from ai_cms.core.permissions import Actor
from ai_cms.pages.models import Publication
from ai_cms.transfer.models import ImportedAsset
from ai_cms.transfer.shelf import MediaShelf, NoShelf, media_shelves
from ai_cms.transfer.wordpress.uploads import UploadsFolder, edited_from, scaled_from, uploads_path
from tests.assets.conftest import media as media
from tests.assets.pictures import jpeg, png

from .conftest import messages, page_at
from .wxr_maker import SITE, Item, page, write_wxr

Import = Callable[..., dict[str, Any]]
UPLOADS = f"{SITE}/wp-content/uploads"


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    (folder / "2020/05").mkdir(parents=True)
    return folder


def attachment(id: int, path: str, title: str = "", *, url: str | None = None, **options: Any) -> Item:
    meta = {"_wp_attached_file": path, **options.pop("meta", {})}
    item = Item(
        id,
        title or f"Picture {id}",
        options.pop("content", ""),
        type="attachment",
        status="inherit",
        meta=meta,
        **options,
    )
    item.attachment_url = f"{UPLOADS}/{path}" if url is None else url
    return item


def sources(path: str) -> list[str]:
    found: list[str] = []
    for block in page_at(path).content_json.blocks:
        props = block["props"]
        found += [image["src"] for image in props.get("images", ())]
        found += [props[name] for name in ("src", "image") if props.get(name)]
    return found


def refs(*titles: str) -> list[str]:
    return [get_asset_model().objects.get(title=title).reference for title in titles]


@pytest.mark.django_db
def test_attachments_become_assets_that_pages_name(
    import_wxr: Import, uploads: Path, root: Any, editor: Any, grant: Any
) -> None:
    grant(root)
    (uploads / "2020/05/rye.jpg").write_bytes(jpeg(640, 480))
    (uploads / "2020/05/oat-scaled.jpg").write_bytes(jpeg(200, 150))
    (uploads / "2020/05/oat.jpg").write_bytes(jpeg(800, 600))
    (uploads / "2020/05/cut-e1588888888888.png").write_bytes(png(90, 60))
    (uploads / "2020/05/cut.png").write_bytes(png(300, 200))
    (uploads / "2020/05/menu.pdf").write_bytes(b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")
    html = (
        f'<!-- wp:image {{"id":11}} --><figure class="wp-block-image"><img src="{UPLOADS}/2020/05/rye-300x225.jpg" alt="A loaf" class="wp-image-11"/></figure><!-- /wp:image -->'
        f'<!-- wp:gallery {{"ids":[11,12]}} --><figure class="wp-block-gallery"><img src="{UPLOADS}/2020/05/rye.jpg"/><img src="https://i0.wp.com/old-bakery.example/wp-content/uploads/2020/05/oat-1024x768.jpg?resize=9"/></figure><!-- /wp:gallery -->'
        f'<p>The <a href="{UPLOADS}/2020/05/menu.pdf">menu</a>, the <a href="{SITE}/rye-bread/">picture</a> and <a href="https://elsewhere.example/wp-content/uploads/2020/05/menu.pdf">theirs</a>.</p>'
        f'<p><img src="{UPLOADS}/2020/05/cut.png" alt="Cut"></p>'
    )
    items = [
        page(1, "Home", html, name="welcome", meta={"_thumbnail_id": "12"}),
        attachment(
            11,
            "2020/05/rye.jpg",
            "Rye bread",
            name="rye-bread",
            excerpt="From <b>our</b> oven",
            content="Baked in May.\n\nBy Ada.",
            meta={"_wp_attachment_image_alt": "A dark loaf"},
        ),
        attachment(12, "2020/05/oat-scaled.jpg", "Oats"),
        attachment(13, "2020/05/cut-e1588888888888.png", "Cut"),
        attachment(14, "2020/05/menu.pdf", "Menu"),
        attachment(15, "2020/05/gone.jpg", "Gone"),
    ]
    dry = import_wxr(items, media=str(uploads), user=str(editor.pk), dry_run=True)
    assert dry["media"] == {"taken": 4, "replaced": 0, "known": 0, "missing": ["2020/05/gone.jpg"], "refused": []}
    assert not get_asset_model().objects.exists()
    summary = import_wxr(items, media=str(uploads), user=str(editor.pk))
    assert summary["media"] == dry["media"]
    assert "2020/05/gone.jpg is not in the folder" in messages(summary)
    rye, oats, cut, menu = (get_asset_model().objects.get(title=name) for name in ("Rye bread", "Oats", "Cut", "Menu"))
    assert (rye.alt, rye.caption, rye.owner) == ("A dark loaf", "From our oven\n\nBaked in May.\n\nBy Ada.", editor)
    assert rye.provenance["imported"]["file"] == "2020/05/rye.jpg"
    # The original of what was scaled; what people cut stays cut.
    assert ((oats.width, oats.height), (cut.width, cut.height)) == ((800, 600), (90, 60))
    assert sources("/welcome/") == [rye.reference, rye.reference, oats.reference, cut.reference]
    written = json.dumps(page_at("/welcome/").content_json.to_json())
    assert f'href=\\"{menu.permalink}' in written and f'href=\\"{rye.permalink}' in written
    assert "https://elsewhere.example/wp-content/uploads/2020/05/menu.pdf" in written
    assert page_at("/welcome/").metadata["image"] == oats.reference
    # Publications hold finished addresses; the featured picture is one of them.
    shown = Publication.objects.get(path="/welcome/")
    assert "asset:" not in json.dumps([block["props"] for block in shown.content])
    assert json.loads("{" + shown.summary)["metadata"]["image"].startswith("/media/")

    # Again: nothing. Without the folder too: what was taken in is remembered.
    for options in ({"media": str(uploads)}, {}):
        again = import_wxr(items, user=str(editor.pk), **options)
        assert (again["changed"], again["created"], again["unchanged"]) == (0, 0, 1)
    assert import_wxr(items, media=str(uploads))["media"]["known"] == 4
    assert get_asset_model().objects.count() == ImportedAsset.objects.count() == 4


@pytest.mark.django_db
def test_pages_follow_when_the_files_come_later_and_when_one_changes(import_wxr: Import, uploads: Path) -> None:
    items = [
        page(1, "Rye", f'<p><img src="{UPLOADS}/2020/05/rye.jpg"></p>', name="rye"),
        attachment(11, "2020/05/rye.jpg", "Rye"),
    ]
    import_wxr(items)
    assert sources("/rye/") == [f"{UPLOADS}/2020/05/rye.jpg"]
    (uploads / "2020/05/rye.jpg").write_bytes(jpeg(640, 480))
    assert import_wxr(items, media=str(uploads))["changed"] == 1
    assert sources("/rye/") == refs("Rye")
    (uploads / "2020/05/rye.jpg").write_bytes(jpeg(320, 240))
    summary = import_wxr(items, media=str(uploads))
    assert (summary["media"]["replaced"], summary["changed"]) == (1, 0)
    rye = get_image_model().objects.get(title="Rye")
    assert (rye.width, get_asset_model().objects.count()) == (320, 1)
    # What people did with a picture stays: its words, and that it is deleted.
    update_asset(rye, actor=Actor.system("test"), title="Our rye", alt="A loaf")
    assert import_wxr(items, media=str(uploads))["media"]["known"] == 1
    delete_asset(get_asset_model().objects.get(title="Our rye"), actor=Actor.system("test"), force=True)
    summary = import_wxr(items, media=str(uploads))
    assert (summary["media"]["known"], summary["changed"], get_asset_model().objects.count()) == (1, 0, 0)
    summary = import_wxr(items, media=str(uploads), overwrite=True)
    assert (summary["media"]["taken"], get_asset_model().objects.get().title) == (1, "Rye")


@pytest.mark.django_db
def test_nothing_outside_of_the_folder_is_read(import_wxr: Import, uploads: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(jpeg())
    (tmp_path / "elsewhere/05").mkdir(parents=True)
    (tmp_path / "elsewhere/05/b.jpg").write_bytes(jpeg())
    (uploads / "2020/05/a.jpg").symlink_to(secret)
    (uploads / "2021").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(uploads / "2020/05/pipe.jpg")
    paths = [
        "2020/05/a.jpg",
        "2021/05/b.jpg",
        "2020/05/pipe.jpg",
        "../secret.jpg",
        "2020/../../secret.jpg",
        str(secret),
        "2020/05",
        "2020/05/a\0.jpg",
    ]
    items = [
        attachment(number, path.replace("\0", "%00"), url=f"{UPLOADS}/{path}".replace("\0", "%00"))
        for number, path in enumerate(paths, 11)
    ]
    summary = import_wxr([page(1, "Rye"), *items], media=str(uploads))
    assert len(summary["media"]["missing"]) == len(paths)
    assert not get_asset_model().objects.exists()
    folder = UploadsFolder(uploads)
    assert [folder.find(path) for path in paths] == [None] * len(paths)


@pytest.mark.django_db
def test_files_that_are_refused_are_named_and_the_rest_goes_on(
    import_wxr: Import, uploads: Path, settings: Any
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "ASSET_MAX_PIXELS": 100_000}
    (uploads / "2020/05/odd.jpg").write_bytes(b"MZ\x90\x00 no picture at all")
    (uploads / "2020/05/big.jpg").write_bytes(jpeg(800, 600))
    (uploads / "2020/05/big-scaled.jpg").write_bytes(jpeg(200, 150))
    (uploads / "2020/05/same.jpg").write_bytes(jpeg(100, 80))
    (uploads / "2020/05/same-1.jpg").write_bytes(jpeg(100, 80))
    items = [
        page(1, "Rye", f'<p><img src="{UPLOADS}/2020/05/odd.jpg"></p>'),
        attachment(11, "2020/05/odd.jpg"),
        attachment(12, "2020/05/big-scaled.jpg", "Big"),
        attachment(13, "2020/05/same.jpg", "One"),
        attachment(14, "2020/05/same-1.jpg", "Other"),
    ]
    summary = import_wxr(items, media=str(uploads))
    assert [entry["file"] for entry in summary["media"]["refused"]] == ["2020/05/odd.jpg"]
    assert sources("/item-1/") == [f"{UPLOADS}/2020/05/odd.jpg"]
    # Too large as it came: the one that WordPress made of it.
    assert get_image_model().objects.get(title="Big").width == 200
    assert get_asset_model().objects.filter(title__in=["One", "Other"]).count() == 2
    again = import_wxr(items, media=str(uploads))
    assert (again["media"]["known"], again["media"]["taken"], again["changed"]) == (3, 0, 0)


@pytest.mark.django_db
def test_what_a_broken_off_import_took_in_is_found_again(
    root: Any, uploads: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    (uploads / "2020/05/rye.jpg").write_bytes(jpeg())
    path = write_wxr(tmp_path / "a.xml", [page(1, "Rye"), attachment(11, "2020/05/rye.jpg")])
    from ai_cms.core.exceptions import Conflict
    from ai_cms.transfer import runner

    def broken(*args: Any, **options: Any) -> Any:
        raise Conflict("Somebody changed the pages.")

    with monkeypatch.context() as patch:
        patch.setattr(runner, "make_plan", broken)
        with pytest.raises(CommandError, match="No page was imported. 1 files are assets now"):
            call_command("import_wordpress", str(path), media=str(uploads))
    assert get_asset_model().objects.count() == 1
    call_command("import_wordpress", str(path), media=str(uploads), verbosity=0)
    assert get_asset_model().objects.count() == 1


@pytest.mark.django_db
def test_without_assets_a_folder_is_refused(root: Any, uploads: Path, tmp_path: Path) -> None:
    path = write_wxr(tmp_path / "a.xml", [page(1, "Rye"), attachment(11, "2020/05/rye.jpg")])
    with media_shelves.temporarily("last", NoShelf), pytest.raises(CommandError, match=r"ai_cms\.assets"):
        call_command("import_wordpress", str(path), media=str(uploads))
    with pytest.raises(CommandError, match="no such folder of uploads"):
        call_command("import_wordpress", str(path), media=str(tmp_path / "none"))
    assert issubclass(NoShelf, MediaShelf)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (f"{UPLOADS}/2020/05/rye.jpg?w=600", "2020/05/rye.jpg"),
        ("https://x.files.wordpress.com/2008/06/a%20b.jpg", "2008/06/a b.jpg"),
        ("https://x.example/files/2008/06/a.jpg", "2008/06/a.jpg"),
        (f"{UPLOADS}/sites/3/2020/05/a.jpg", "sites/3/2020/05/a.jpg"),
        ("/var/www/wp-content/uploads/2020/05/a.jpg", "2020/05/a.jpg"),
        ("2020/05/a.jpg", "2020/05/a.jpg"),
        ("logo.png", "logo.png"),
    ],
)
def test_paths_of_addresses(address: str, path: str) -> None:
    assert uploads_path(address) == path


@given(
    st.text("az09-", min_size=1, max_size=12),
    st.sampled_from(["", "-scaled", "-rotated", "-e1588888888888", "-scaled-e1588888888888"]),
    st.sampled_from(["", "-300x200", "-1x1"]),
)
def test_every_form_of_a_name_leads_to_the_original(stem: str, made: str, size: str) -> None:
    original = f"2020/05/{stem}z.jpg"
    form = original.replace(".jpg", f"{made}{size}.jpg")
    assert edited_from(scaled_from(form)) == original
