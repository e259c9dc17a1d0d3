"""Every page of the asset admin in Chromium: named, in sight, without barriers, in each light and width, by keyboard alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse

from ai_cms.assets import get_asset_model, get_folder_model, get_image_model
from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from tests.pages.browser.conftest import Watched, chromium, watch
from tests.pages.browser.looks import look_at

from .conftest import uploaded
from .pictures import animation, jpeg, png

__all__ = ["chromium", "watch"]

pytestmark = [pytest.mark.worker, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Where pictures of the pages go, and photographs to fill them with, for somebody who wants to look.
SHOTS, PHOTOS = os.environ.get("AI_CMS_SHOTS"), os.environ.get("AI_CMS_PHOTOS")


def link(name: str, *args: Any) -> str:
    meta = get_asset_model()._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


def folder_link(name: str, *args: Any) -> str:
    meta = get_folder_model()._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


def shoot(page: Any, name: str) -> None:
    if not SHOTS:
        return
    for width, scheme in ((1440, "light"), (390, "light"), (1440, "dark"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}-{scheme}.png"), full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})


@pytest.fixture
def served(media: Path, live_server: Any) -> Iterator[Path]:
    with override_settings(MEDIA_ROOT=str(media / "public")):
        yield media


@pytest.fixture
def files(served: Path, superuser: Any) -> dict[str, Any]:
    """Have assets of all kinds, of which a published page uses one."""
    made: dict[str, Any] = {"folder": get_folder_model().objects.create(name="Bread and rolls", owner=superuser)}
    get_folder_model().objects.create(name="Rye", parent=made["folder"], owner=superuser)
    made["loaf"] = uploaded(superuser, jpeg(1000, 700), "A-round-loaf.jpg", folder=made["folder"].pk, tags=["bread"])
    made["private"] = uploaded(superuser, png(400, 600), "oven.png", visibility="private", alt="An oven")
    made["moving"] = uploaded(superuser, animation(), "kneading.gif")
    made["letter"] = uploaded(superuser, b"%PDF-1.7\n", "letter.pdf")
    long = "a-name-that-goes-on-for-longer-than-any-card-is-wide-and-has-no-blank_" * 2
    made["long"] = uploaded(superuser, png(90, 300), f"{long}.png", digital_source_type="trainedAlgorithmicMedia")
    suggestion = {"text": "A round loaf on a board", "model": "painter-1"}
    get_image_model().objects.filter(pk=made["loaf"].pk).update(alt_suggestion=suggestion)
    for path in sorted(Path(PHOTOS).glob("*.jpg")) if PHOTOS else ():
        made[path.stem] = uploaded(superuser, path.read_bytes(), path.name)
    site = services.create_site(hostname="testserver", name="Test site", title="Home")
    block = {"type": "image", "props": {"src": made.get("coffee", made["loaf"]).reference, "alt": "A loaf"}}
    page = services.create_page(title="Bread", parent=site.root, actor=Actor.system("tests"), content=[block])
    services.publish_page(page, actor=Actor.system("tests"))
    made["used"] = made.get("coffee", made["loaf"])
    return made


@pytest.mark.stress
def test_every_page_is_clean_named_and_fits(
    files: dict[str, Any], superuser: Any, watch: Callable[..., Watched], tmp_path: Path
) -> None:
    watched = watch(superuser, viewport={"width": 1440, "height": 900})
    used, folder = files["used"].pk, files["folder"].pk
    found = []
    for name, path in (
        ("grid", link("changelist")),
        ("folder", f"{link('changelist')}?folder={folder}"),
        ("nothing", f"{link('changelist')}?q=zzz"),
        ("picker", link("picker")),
        ("queue", link("queue")),
        ("change", link("change", used)),
        ("change-file", link("change", files["letter"].pk)),
        ("crop", link("crop", used)),
        ("replace", link("replace", used)),
        ("delete", link("delete", used)),
        ("delete-unused", link("delete", files["private"].pk)),
        ("folders", folder_link("changelist")),
        ("folder-add", folder_link("add")),
    ):
        watched.visit(path)
        found += look_at(watched.page, name)
        shoot(watched.page, name)
    watched.visit(link("replace", used))
    (tmp_path / "roll.png").write_bytes(png(300, 500))
    watched.page.get_by_label("New file").set_input_files(str(tmp_path / "roll.png"))
    watched.page.get_by_role("button", name="Compare").press("Enter")
    watched.page.get_by_role("table", name="What changes").wait_for()
    found += look_at(watched.page, "compare")
    shoot(watched.page, "compare")
    watched.visit(link("crop", used))
    watched.page.get_by_label("From the left").fill("99999")
    watched.page.get_by_role("button", name="Save as a copy").press("Enter")
    watched.page.locator(".errornote").wait_for()
    found += look_at(watched.page, "crop-refused")
    shoot(watched.page, "crop-refused")
    assert found == []
    assert watched.problems == []


def press_until(page: Any, key: str, text: str) -> None:
    """Press a key until what has the focus is called ``text``."""
    for _step in range(80):
        page.keyboard.press(key)
        if page.evaluate("(document.activeElement.labels?.[0] || document.activeElement).textContent.trim()") == text:
            return
    raise AssertionError(f"{text!r} is not reached by {key}")


def skip_the_side_bar(page: Any) -> None:
    """Go past the navigation as people at a keyboard do: by the first link of the page."""
    press_until(page, "Tab", "Skip to main content")
    page.keyboard.press("Enter")


def number(page: Any, name: str) -> int:
    return int(page.locator(f"[name={name}]").input_value())


def test_a_part_is_cut_out_by_keyboard_alone_and_by_dragging(
    served: Path, superuser: Any, watch: Callable[..., Watched]
) -> None:
    image = uploaded(superuser, jpeg(1000, 600), "loaf.jpg", alt="A loaf")
    watched = watch(superuser, viewport={"width": 1280, "height": 900})
    page = watched.page
    watched.visit(link("change", image.pk))
    skip_the_side_bar(page)
    press_until(page, "Tab", "Crop")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Crop “loaf”").wait_for()
    page.wait_for_load_state("load")
    skip_the_side_bar(page)
    press_until(page, "Tab", "Shape:")
    page.keyboard.type("16")
    # The largest part of that shape, and the height follows the width.
    assert [number(page, name) for name in ("left", "top", "width", "height")] == [0, 19, 1000, 563]
    press_until(page, "Tab", "Width:")
    page.keyboard.press("Control+a")
    page.keyboard.type("320")
    assert number(page, "height") == 180
    press_until(page, "Tab", "Save as a copy")
    page.keyboard.press("Enter")
    page.get_by_text("“loaf (part)” was made.").wait_for()
    part = get_image_model().objects.exclude(pk=image.pk).get()
    assert (part.width, part.height) == (320, 180)

    watched.visit(link("crop", image.pk))
    page.wait_for_load_state("load")
    box = page.locator(".aicms-whole").bounding_box()
    scale = box["width"] / 1000

    def drag(start: tuple[float, float], end: tuple[float, float]) -> list[int]:
        page.mouse.move(box["x"] + start[0] * scale, box["y"] + start[1] * scale)
        page.mouse.down()
        page.mouse.move(box["x"] + end[0] * scale, box["y"] + end[1] * scale, steps=4)
        page.mouse.up()
        return [number(page, name) for name in ("left", "top", "width", "height")]

    assert drag((200, 100), (700, 400)) == pytest.approx([200, 100, 500, 300], abs=3)
    assert drag((450, 250), (950, 50)) == pytest.approx([500, 0, 500, 300], abs=3)
    # By a corner, with a shape that it keeps.
    page.get_by_label("Shape").select_option("1:1")
    left, top, side, _same = (number(page, name) for name in ("left", "top", "width", "height"))
    after = drag((left, top + side), (left + 100, top + side - 50))
    assert after[2] == after[3] < side
    assert after[0] + after[2] == pytest.approx(left + side, abs=2)
    assert page.locator(".aicms-preview svg").get_attribute("viewBox") == " ".join(map(str, after))
    # A click that is no drag changes nothing, nor does a pointer that leaves the picture.
    assert drag((5, 5), (5, 5)) == after
    assert drag((100, 100), (-500, -500))[:2] == [0, 0]
    shoot(page, "crop-part")
    assert watched.problems == []


def test_a_file_is_replaced_by_keyboard_alone(
    served: Path, superuser: Any, watch: Callable[..., Watched], tmp_path: Path
) -> None:
    image = uploaded(superuser, jpeg(), "loaf.jpg")
    (tmp_path / "roll.png").write_bytes(png(300, 500))
    watched = watch(superuser)
    page = watched.page
    watched.visit(link("replace", image.pk))
    skip_the_side_bar(page)
    press_until(page, "Tab", "New file")
    page.get_by_label("New file").set_input_files(str(tmp_path / "roll.png"))
    press_until(page, "Tab", "Compare")
    page.keyboard.press("Enter")
    page.get_by_role("img", name="The new picture").wait_for()
    assert page.get_by_role("img", name="The new picture").evaluate("(image) => image.naturalWidth") == 300
    skip_the_side_bar(page)
    press_until(page, "Tab", "Replace")
    page.keyboard.press("Enter")
    page.get_by_text("was replaced").wait_for()
    assert get_image_model().objects.get(pk=image.pk).width == 300
    assert watched.problems == []
