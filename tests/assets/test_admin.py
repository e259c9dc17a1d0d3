"""The admin of assets, without a browser: what each view does and whom it lets in."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ai_cms.assets import get_asset_model, get_folder_model, get_image_model
from ai_cms.assets.imaging.geometry import shaped_part
from ai_cms.assets.models import LooseFile
from ai_cms.assets.services import replace_file
from ai_cms.assets.storage import storage_of
from ai_cms.core.permissions import Actor
from ai_cms.pages import services

from .conftest import as_upload, files_in, uploaded
from .pictures import animation, jpeg, png

pytestmark = pytest.mark.django_db


def link(name: str, *args: Any) -> str:
    meta = get_asset_model()._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


@pytest.fixture
def admin(client: Any, superuser: Any) -> Any:
    client.force_login(superuser)
    return client


def test_the_grid_shows_thumbnails_and_finds(admin: Any, superuser: Any, django_assert_max_num_queries: Any) -> None:
    for number in range(3):
        uploaded(superuser, jpeg(90 + number, 80), f"loaf{number}.jpg")
    uploaded(superuser, b"%PDF-1.7\n", "letter.pdf")
    with django_assert_max_num_queries(9):
        html = admin.get(link("changelist")).content.decode()
    assert html.count('class="aicms-card"') == 4
    assert html.count("No text") == 3
    assert "PDF" in html
    assert admin.get(link("changelist") + "?q=loaf1").content.decode().count('class="aicms-card"') == 1
    assert admin.get(link("changelist") + "?kind=file").content.decode().count('class="aicms-card"') == 1
    assert "Nothing here fits" in admin.get(link("changelist") + "?q=nothing").content.decode()
    assert admin.get(link("changelist") + "?q=%00&folder=x&p=99").status_code == 200


def test_uploads_answer_the_script_and_the_plain_form(admin: Any) -> None:
    assert "There are no files yet" in admin.get(link("changelist")).content.decode()
    scripted = admin.post(link("upload"), {"file": as_upload(jpeg())}, headers={"Accept": "application/json"})
    assert scripted.json()["created"] is True
    again = admin.post(link("upload"), {"file": as_upload(jpeg())}, headers={"Accept": "application/json"})
    assert again.json() == {**scripted.json(), "created": False}
    bad = admin.post(link("upload"), {"file": as_upload(b"\x7fELF")}, headers={"Accept": "application/json"})
    assert (bad.status_code, "kind" in bad.json()["error"]) == (400, True)
    plain = admin.post(link("upload"), {"file": as_upload(png())}, follow=True)
    assert "was uploaded" in plain.content.decode()
    assert "Choose a file first" in admin.post(link("upload"), {}, follow=True).content.decode()
    assert get_asset_model().objects.count() == 2


def test_details_are_changed_by_the_service(admin: Any, superuser: Any) -> None:
    asset = uploaded(superuser, jpeg(600, 200))
    before = asset.renditions.get(spec="thumb").url
    values = {
        "title": "Loaf",
        "alt": "A loaf",
        "tags": "bread, oven",
        "visibility": "public",
        "focal_x": "10",
        "focal_y": "50",
    }
    response = admin.post(link("change", asset.pk), values, follow=True)
    assert "was saved" in response.content.decode()
    asset = get_image_model().objects.get(pk=asset.pk)
    assert (asset.title, asset.alt, asset.focal_x) == ("Loaf", "A loaf", 0.1)
    assert [tag.word for tag in asset.tags.all()] == ["bread", "oven"]
    assert asset.renditions.get(spec="thumb").url != before
    wrong = admin.post(link("change", asset.pk), {**values, "title": "", "focal_x": "200"})
    assert "Please correct" in wrong.content.decode()


def test_bulk_move_tag_and_delete(admin: Any, superuser: Any) -> None:
    folder = get_folder_model().objects.create(name="Bread", owner=superuser)
    one, two = uploaded(superuser, jpeg()), uploaded(superuser, png())
    selected = {"selected": [one.pk, two.pk]}
    admin.post(link("changelist"), {**selected, "action": "move", "folder": folder.pk})
    admin.post(link("changelist"), {**selected, "action": "tag", "tags": "a, b"})
    assert {asset.folder_id for asset in get_asset_model().objects.all()} == {folder.pk}
    assert one.tags.count() == 2
    assert "Select files first" in admin.post(link("changelist"), {"action": "delete"}, follow=True).content.decode()
    admin.post(link("changelist"), {**selected, "action": "delete"})
    assert not get_asset_model().objects.exists()


def staged(html: str) -> str:
    [token] = re.findall(r'name="staged" value="([^"]+)"', html)
    return token


def test_replacing_shows_what_changes_before_it_is_done(
    admin: Any, superuser: Any, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    asset = uploaded(superuser, jpeg(), tags=["bread"])
    originals = len(files_in(media / "private"))
    html = admin.post(link("replace", asset.pk), {"file": as_upload(png(900, 300), "roll.png")}).content.decode()
    assert "What changes" in html
    assert "<td><strong>900 × 300</strong></td>" in html
    assert 'src="data:image/webp;base64,' in html
    assert "another shape" in html
    assert "No page uses it" in html
    assert get_image_model().objects.get(pk=asset.pk).sha256 == asset.sha256
    # The file waits where only the service finds it, and is known to the sweeper.
    assert len(files_in(media / "private")) == originals + 1
    assert LooseFile.objects.filter(stored_in="private_assets").count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        done = admin.post(link("replace", asset.pk), {"staged": staged(html)}, follow=True)
    assert "was replaced" in done.content.decode()
    changed = get_image_model().objects.get(pk=asset.pk)
    assert (changed.width, changed.mime, changed.title) == (900, "image/png", asset.title)
    assert not any("staged" in name for name in files_in(media / "private"))
    again = admin.post(link("replace", asset.pk), {"staged": staged(html)}, follow=True).content.decode()
    assert "came too late" in again


def test_a_replacement_is_refused_where_something_else_happened_meanwhile(
    admin: Any, superuser: Any, editor: Any, client: Any
) -> None:
    asset, other = uploaded(superuser, jpeg()), uploaded(superuser, jpeg(90, 90), "other.jpg")
    send = {"file": as_upload(png(900, 300))}
    token = staged(admin.post(link("replace", asset.pk), send).content.decode())
    refused = admin.post(link("replace", other.pk), {"staged": token}, follow=True)
    assert "not known here" in refused.content.decode()
    assert (
        "not known here" in admin.post(link("replace", asset.pk), {"staged": f"{token}x"}, follow=True).content.decode()
    )
    replace_file(asset, io.BytesIO(jpeg(100, 100)), actor=superuser)
    assert (
        "replaced by someone else"
        in admin.post(link("replace", asset.pk), {"staged": token}, follow=True).content.decode()
    )
    assert get_image_model().objects.get(pk=asset.pk).width == 100
    refused = admin.post(link("replace", asset.pk), {"file": as_upload(b"%PDF-1.7\n")}, follow=True)
    assert "a picture" in refused.content.decode()
    assert "Choose a file first" in admin.post(link("replace", asset.pk)).content.decode()
    html = admin.post(link("replace", other.pk), {"file": as_upload(jpeg(90, 90))}).content.decode()
    assert "It is the same file" in html


def test_a_crop_works_by_numbers_without_scripts(admin: Any, superuser: Any) -> None:
    image = uploaded(superuser, jpeg(640, 480), alt="Four colours")
    html = admin.get(link("crop", image.pk)).content.decode()
    assert 'viewBox="0 0 640 480"' in html
    numbers = {"shape": "", "left": "320", "top": "0", "width": "300", "height": "240", "title": "The green one"}
    shown = admin.post(link("crop", image.pk), {**numbers, "preview": "1"}).content.decode()
    assert 'viewBox="320 0 300 240"' in shown
    assert get_image_model().objects.count() == 1
    shaped = admin.post(link("crop", image.pk), {**numbers, "shape": "1:1", "preview": "1"}).content.decode()
    [side] = re.findall(r'name="width" value="(\d+)"', shaped)
    assert f'name="height" value="{side}"' in shaped
    for wrong in ({"left": "640"}, {"width": "321"}, {"height": "0"}, {"top": "x"}, {"title": ""}, {"shape": "7:1"}):
        refused = admin.post(link("crop", image.pk), {**numbers, **wrong, "save": "1"}).content.decode()
        assert "Please correct" in refused
        # What was typed is still there.
        assert all(f'value="{value}"' in refused for name, value in wrong.items() if value and name != "shape")
    done = admin.post(link("crop", image.pk), {**numbers, "save": "1"}, follow=True)
    assert "“The green one” was made" in done.content.decode()
    part = get_image_model().objects.exclude(pk=image.pk).get()
    assert (part.width, part.height, part.title, part.alt) == (300, 240, "The green one", "Four colours")
    with storage_of("private_assets").open(part.stored_name) as file, Image.open(file) as cut:
        assert cut.convert("RGB").getpixel((150, 120))[1] > 200
    assert get_image_model().objects.get(pk=image.pk).sha256 == image.sha256


def test_what_cannot_be_cropped_says_so(admin: Any, superuser: Any, editor: Any, client: Any) -> None:
    for asset in (uploaded(superuser, animation(), "a.gif"), uploaded(superuser, b"%PDF-1.7\n", "letter.pdf")):
        assert link("crop", asset.pk) not in admin.get(link("change", asset.pk)).content.decode()
        assert "cannot be cropped" in admin.get(link("crop", asset.pk), follow=True).content.decode()
    image = uploaded(superuser)
    assert link("crop", image.pk) in admin.get(link("change", image.pk)).content.decode()
    # Originals of others are not theirs to cut from.
    client.force_login(editor)
    assert client.get(link("crop", image.pk)).status_code == 403


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([1.0, 4 / 3, 16 / 9, 9 / 16, 21 / 9]), st.data())
def test_a_shaped_part_lies_within_the_picture(width: int, height: int, shape: float, data: st.DataObject) -> None:
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    part = (left, top, data.draw(st.integers(1, width - left)), data.draw(st.integers(1, height - top)))
    focal = data.draw(st.tuples(st.floats(0, 1), st.floats(0, 1)))
    x, y, wide, high = shaped_part(part, shape, width, height, focal)
    assert min(wide, high) >= 1
    assert min(x, y) >= 0
    assert (x + wide <= width, y + high <= height) == (True, True)
    # As near the shape as whole pixels allow.
    assert high == 1 or wide == 1 or abs(wide - high * shape) <= 0.5 * shape + 0.5


def test_uses_are_told_to_those_who_may_know_them(client: Any, admin: Any, superuser: Any, editor: Any) -> None:
    asset = uploaded(superuser)
    site = services.create_site(hostname="testserver", name="Test site", title="Home")
    block = {"type": "image", "props": {"src": asset.reference, "alt": "A loaf"}}
    page = services.create_page(title="Secret plan", parent=site.root, actor=Actor.system("tests"), content=[block])
    meta = type(site.root)._meta
    edit = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[page.pk])
    for name in ("change", "replace", "delete"):
        html = admin.get(link(name, asset.pk)).content.decode()
        assert f'<a href="{edit}">Secret plan</a>' in html
    client.force_login(editor)
    html = client.get(link("change", asset.pk)).content.decode()
    assert "Secret plan" not in html
    assert "1 draft" in html
    assert "drafts that you may not see" in html


def test_numbers_that_machines_read_have_no_separators(admin: Any, superuser: Any, settings: Any) -> None:
    settings.USE_THOUSAND_SEPARATOR = True
    image = uploaded(superuser, jpeg(1200, 1100))
    for name in ("change", "crop"):
        html = admin.get(link(name, image.pk)).content.decode()
        assert 'width="1200" height="1100"' in html


def test_deleting_shows_what_goes(admin: Any, superuser: Any) -> None:
    asset = uploaded(superuser)
    html = admin.get(link("delete", asset.pk)).content.decode()
    assert "No page uses it" in html
    assert asset.renditions.get(spec="card").url in html
    admin.post(link("delete", asset.pk))
    assert not get_asset_model().objects.exists()


def test_the_queue_of_missing_texts(admin: Any, superuser: Any) -> None:
    one, two, three = (uploaded(superuser, jpeg(90 + number, 80)) for number in range(3))
    get_image_model().objects.filter(pk=one.pk).update(alt_suggestion={"text": "Proposed loaf", "model": "m"})
    html = admin.get(link("queue")).content.decode()
    assert "Proposed loaf" in html
    assert "3 pictures have no text" in html
    admin.post(
        link("queue"), {f"alt-{one.pk}": "A loaf", f"alt-{two.pk}": " ", f"decorative-{three.pk}": "1", "alt-x": "y"}
    )
    assert get_image_model().objects.get(pk=one.pk).alt == "A loaf"
    assert get_image_model().objects.get(pk=one.pk).alt_suggestion == {}
    assert get_image_model().objects.get(pk=three.pk).decorative
    assert "1 picture has no text" in admin.get(link("queue")).content.decode()


def test_a_proposal_is_put_away_on_the_queue(admin: Any, superuser: Any) -> None:
    one = uploaded(superuser)
    get_image_model().objects.filter(pk=one.pk).update(alt_suggestion={"text": "Proposed loaf", "model": "m"})
    body = {f"alt-{one.pk}": "Proposed loaf", f"refuse-{one.pk}": "1"}
    html = admin.post(link("queue"), body, follow=True).content.decode()
    assert "1 proposal was put away" in html and "Proposed loaf" not in html
    one = get_image_model().objects.get(pk=one.pk)
    assert (one.alt, one.alt_suggestion) == ("", {"refused": "Proposed loaf"})


def test_the_picker_offers_references(admin: Any, superuser: Any) -> None:
    asset = uploaded(superuser)
    html = admin.get(link("picker")).content.decode()
    assert f'data-aicms-choose="asset:{asset.pk}"' in html


def test_who_gets_in(client: Any, member: Any, editor: Any, superuser: Any) -> None:
    asset = uploaded(superuser)
    private = uploaded(superuser, png(), visibility="private")
    for name, args in (("changelist", ()), ("picker", ()), ("queue", ()), ("change", (asset.pk,))):
        client.force_login(member)
        assert client.get(link(name, *args)).status_code == 302
        client.force_login(editor)
        assert client.get(link(name, *args)).status_code == 200
    assert client.get(link("change", private.pk)).status_code == 404
    assert client.get(link("replace", asset.pk)).status_code == 403
    assert client.post(link("delete", asset.pk)).status_code == 403
    html = client.get(link("change", asset.pk)).content.decode()
    assert "Replace the file" not in html
    assert get_asset_model().objects.count() == 2


def test_folders(admin: Any, superuser: Any) -> None:
    meta = get_folder_model()._meta
    base = f"admin:{meta.app_label}_{meta.model_name}"
    admin.post(reverse(f"{base}_add"), {"name": "Bread"})
    folder = get_folder_model().objects.get()
    assert folder.owner == superuser
    assert admin.get(reverse(f"{base}_changelist")).status_code == 200
    admin.post(reverse(f"{base}_change", args=[folder.pk]), {"name": "Rye"})
    assert get_folder_model().objects.get().name == "Rye"
    admin.post(reverse(f"{base}_delete", args=[folder.pk]), {"post": "yes"})
    assert not get_folder_model().objects.exists()
