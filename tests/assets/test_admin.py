"""The admin of assets, without a browser: what each view does and whom it lets in."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from ai_cms.assets import get_asset_model, get_folder_model, get_image_model

from .conftest import as_upload, uploaded
from .pictures import jpeg, png

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


def test_replace_and_delete_say_what_happens(admin: Any, superuser: Any) -> None:
    asset = uploaded(superuser, jpeg())
    html = admin.post(link("replace", asset.pk), {"file": as_upload(png(900, 300)), "compare": "1"}).content.decode()
    assert "What would change" in html
    assert "<td>900</td>" in html
    refused = admin.post(link("replace", asset.pk), {"file": as_upload(b"%PDF-1.7\n")}, follow=True)
    assert "a picture" in refused.content.decode()
    admin.post(link("replace", asset.pk), {"file": as_upload(png(900, 300))})
    assert get_image_model().objects.get(pk=asset.pk).width == 900
    assert "No page uses it" in admin.get(link("delete", asset.pk)).content.decode()
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
