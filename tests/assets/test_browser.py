"""The grid, the picker and pages with pictures in Chromium, under a strict policy."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from django.urls import reverse
from PIL import Image

from ai_cms.assets import get_asset_model, get_image_model
from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from tests.pages.browser.conftest import Watched, chromium, watch

from .conftest import uploaded
from .pictures import encoded, jpeg, png

__all__ = ["chromium", "watch"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHOTS = os.environ.get("AI_CMS_SHOTS")


def shoot(page: Any, name: str) -> None:
    """Keep a picture of the page where somebody wants to look at it."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def link(name: str, *args: Any) -> str:
    meta = get_asset_model()._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


@pytest.fixture
def served(media: Path, live_server: Any) -> Iterator[Path]:
    """Have the live server serve the public files of this test."""
    with override_settings(MEDIA_ROOT=str(media / "public")):
        yield media


def test_upload_several_by_keyboard_and_choose_by_click_and_key(
    served: Any, live_server: Any, superuser: Any, watch: Callable[..., Watched], tmp_path: Path
) -> None:
    page = watch(superuser).page
    names = []
    for number in range(3):
        path = tmp_path / f"loaf-{number}.jpg"
        path.write_bytes(jpeg(400 + number, 300))
        names.append(str(path))
    (tmp_path / "bad.jpg").write_bytes(b"\x7fELF")
    page.goto(live_server.url + link("changelist"))
    shoot(page, "grid-empty")
    page.get_by_label("Upload files").set_input_files(names)
    page.get_by_role("button", name="Upload", exact=True).press("Enter")
    page.get_by_role("checkbox", name="Select “loaf-2”").wait_for()
    assert page.locator(".aicms-card").count() == 3
    page.get_by_label("Upload files").set_input_files([str(tmp_path / "bad.jpg")])
    page.get_by_role("button", name="Upload", exact=True).press("Enter")
    page.get_by_text("not uploaded: Files of this kind").wait_for()
    # By keyboard alone: choose two, tag them.
    for number in (0, 1):
        page.get_by_role("checkbox", name=f"Select “loaf-{number}”").press("Space")
    assert page.locator("[data-aicms-count]").inner_text() == "(2)"
    page.get_by_label("Tags").fill("bread")
    page.get_by_role("button", name="Add tags").press("Enter")
    page.get_by_text("2 files were changed.").wait_for()
    shoot(page, "grid")
    page.set_viewport_size({"width": 390, "height": 844})
    shoot(page, "grid-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_focal_point_is_set_by_a_click_or_by_number(
    served: Any, live_server: Any, superuser: Any, watch: Callable[..., Watched]
) -> None:
    page = watch(superuser).page
    asset = uploaded(superuser, jpeg(800, 400), alt="A loaf")
    page.goto(live_server.url + link("change", asset.pk))
    picture = page.locator("[data-aicms-focal] img")
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
    assert abs(float(page.get_by_label("Focal point, % from the left").input_value()) - 25) < 1
    page.get_by_label("Focal point, % from the top").fill("60")
    shoot(page, "detail")
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_text("was saved").wait_for()
    saved = get_image_model().objects.get(pk=asset.pk)
    assert (round(saved.focal_x, 2), saved.focal_y) == (0.25, 0.6)


def test_the_queue_of_texts(served: Any, live_server: Any, superuser: Any, watch: Callable[..., Watched]) -> None:
    page = watch(superuser).page
    asset = uploaded(superuser, jpeg(), "loaf.jpg")
    get_image_model().objects.filter(pk=asset.pk).update(alt_suggestion={"text": "A round loaf", "model": "m"})
    uploaded(superuser, png(), "oven.png")
    page.goto(live_server.url + link("queue"))
    shoot(page, "queue")
    page.get_by_label("oven", exact=True).fill("An oven")
    page.get_by_role("button", name="Save the texts").press("Enter")
    page.get_by_text("2 pictures have their texts now.").wait_for()
    assert set(get_image_model().objects.values_list("alt", flat=True)) == {"A round loaf", "An oven"}


def test_a_picture_is_chosen_for_a_block(
    served: Any, live_server: Any, superuser: Any, watch: Callable[..., Watched]
) -> None:
    site = services.create_site(hostname="testserver", name="Test site", title="Home")
    content = [{"type": "image", "props": {"src": "/old.jpg", "alt": "x"}}]
    made = services.create_page(title="Bread", parent=site.root, actor=Actor.system("tests"), content=content)
    asset = uploaded(superuser, jpeg(), "loaf.jpg")
    page = watch(superuser).page
    meta = type(site.root)._meta
    page.goto(live_server.url + reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[made.pk]))
    button = page.get_by_role("button", name=re.compile("^Choose… Image"))
    # Which of its texts sums it up follows the order of keys, which PostgreSQL does not keep.
    page.locator(".aicb-summary").first.click()
    button.wait_for()
    with page.expect_popup() as opened:
        button.press("Enter")
    picker = opened.value
    choice = picker.get_by_role("button", name="Choose loaf")
    choice.wait_for()
    # Its script is a module: it runs once the page has been read.
    picker.wait_for_load_state("load")
    shoot(picker, "picker")
    # The window closes while the key is still down.
    with contextlib.suppress(Exception):
        choice.press("Enter")
    pytest.importorskip("playwright.sync_api").expect(page.locator("[data-aicms-widget=asset]")).to_have_value(
        f"asset:{asset.pk}"
    )


def test_a_phone_loads_little_and_nothing_moves(
    served: Any, live_server: Any, superuser: Any, watch: Callable[..., Watched]
) -> None:
    site = services.create_site(hostname="testserver", name="Test site", title="Home")
    originals = 0
    blocks = []
    for number in range(4):
        data = encoded(Image.effect_noise((2000, 1300 + number), 60).convert("RGB"), "JPEG", quality=85)
        originals += len(data)
        blocks.append({"type": "image", "props": {"src": uploaded(superuser, data).reference, "alt": "Noise"}})
    made = services.create_page(title="Bread", parent=site.root, actor=Actor.system("tests"), content=blocks)
    services.publish_page(made, actor=Actor.system("tests"))
    page = watch(superuser).page
    page.set_viewport_size({"width": 390, "height": 844})
    loaded: list[int] = []
    page.on(
        "response", lambda answer: loaded.append(len(answer.body())) if "/media/" in answer.url and answer.ok else None
    )
    page.goto(live_server.url + made.path)
    before = page.evaluate("document.documentElement.scrollHeight")
    for picture in page.locator("main img").all():
        picture.scroll_into_view_if_needed()
        page.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
    # Heights that are scaled down have fractions: whole pixels of the page may differ by their rounding.
    assert page.evaluate("document.documentElement.scrollHeight") == pytest.approx(before, abs=1)
    assert len(loaded) == 4
    assert sum(loaded) <= 0.4 * originals, f"{sum(loaded)} of {originals} bytes"
    shoot(page, "page-phone")
    assert django_settings.MEDIA_ROOT.endswith("public")
