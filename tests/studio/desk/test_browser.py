"""The desk in Chromium under a strict policy: what it looks like in each light and width, and by keyboard alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import PageGroupPermission, TreeWork, WorkKind, WorkStatus
from ai_cms.studio.services import add_comment
from tests import axe
from tests.assets.conftest import media, uploaded
from tests.assets.pictures import jpeg
from tests.conftest import make_user
from tests.studio.desk.conftest import reread

__all__ = ["media"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.studio.desk.urls"),
]
Url = Callable[..., str]
#: Where pictures of what was looked at are put, if anywhere.
PICTURES = os.environ.get("AI_CMS_PICTURES", "")
VIEWS = [("light", 1440), ("light", 390), ("dark", 1440), ("dark", 390)]
SYSTEM = Actor.system("tests")


def text_of(*paragraphs: str) -> list[dict[str, Any]]:
    return [
        {"id": f"b-{number}", "type": "rich_text", "props": {"html": f"<p>{words}</p>"}}
        for number, words in enumerate(paragraphs)
    ]


@pytest.fixture
def full(tree: dict[str, Any], page_factory: Callable[..., Any], superuser: Any) -> dict[str, Any]:
    """Return the small site with something in every panel and on every page of the desk."""
    garden, mosses = tree["garden"], tree["mosses"]
    boss = Actor.of(superuser)
    page_factory("Opening hours and how to get here by bus, by bicycle and on foot", parent=tree["visit"], actor=boss)
    tree["bed"] = page_factory("Bed of ferns", parent=tree["ferns"], publish=True, actor=boss)
    for title in ("Events in spring", "The glasshouse", "Volunteers"):
        page_factory(title, actor=boss, content=text_of("A few words."), publish=title.startswith("The"))
    services.update_page(mosses, actor=boss, fields={"title": "Mosses and liverworts"}, content=text_of("Moss is old."))
    services.update_page(
        reread(mosses),
        actor=boss,
        content=text_of("Moss is very old, and it needs no roots.", "It drinks with its leaves."),
    )
    services.update_page(tree["visit"], actor=boss, fields={"title": "Visit us"}, content=text_of("Open each day."))
    services.schedule_page(
        page_factory("Night of the moths", actor=boss, content=text_of("Bring a lamp.")),
        actor=boss, go_live_at=timezone.now() + timedelta(days=3),
    )  # fmt: skip
    ada = (
        make_user("ada", first_name="Ada", last_name="Lovelace")
        if hasattr(superuser, "first_name")
        else make_user("ada")
    )
    group = Group.objects.create(name="Editors of the garden")
    ada.groups.add(group)
    PageGroupPermission.objects.create(group=group, page=garden, can_add=True, can_change=True, can_publish=True)
    Group.objects.create(name="Volunteers")
    tree["ada"], tree["group"] = ada, group
    fresh = reread(mosses)
    tree["proposal"] = services.create_proposal(
        fresh, actor=Actor.of(ada), title="Say it more simply", agent="Gardener",
        operations=[{"op": "update", "id": "b-0", "props": {"html": "<p>Moss is old. It needs no roots.</p>"}}],
        fields={"seo_title": "Mosses"},
    )  # fmt: skip
    tree["thread"] = add_comment(
        fresh, actor=ada, body="Is this so, @admin? I thought they have rhizoids.", block_id="b-0"
    ).comment
    TreeWork.objects.create(
        kind=WorkKind.COPY,
        page=garden,
        title="Garden",
        user=superuser,
        total=4_000,
        done=1_300,
        status=WorkStatus.RUNNING,
    )
    TreeWork.objects.create(
        kind=WorkKind.MOVE, page=garden, title="Herbarium", user=superuser, total=900, status=WorkStatus.FAILED,
        error_detail="The URL path would be too long.", finished_at=timezone.now(),
    )  # fmt: skip
    tree["picture"] = uploaded(superuser, jpeg(800, 600), name="ferns-in-the-shade.jpg")
    uploaded(superuser, jpeg(300, 500), name="moss.jpg", alt="Moss on a wall")
    uploaded(superuser, b"%PDF-1.4\n%%EOF\n" + b" " * 64, name="leaflet.pdf")
    services.delete_page(page_factory("An old notice", actor=boss), actor=boss)
    old = page_factory("Workshops", actor=boss)
    page_factory("Drawing", parent=old, actor=boss)
    services.delete_page(reread(old), actor=boss)
    return tree


def pictures(page: Any, name: str, problems: list[str], *, full_page: bool = True) -> None:
    """Look at the page that is open in each light and width: its barriers, its width, and a picture where one is wanted."""
    for light, width in VIEWS:
        page.set_viewport_size({"width": width, "height": 900 if width > 500 else 844})
        page.emulate_media(color_scheme=light)
        page.evaluate("document.getAnimations().forEach((fading) => fading.finish())")
        # Colours alone differ in the dark.
        rules = () if light == "light" else ("color-contrast",)
        problems += [f"{name} {light} {width}: {found}" for found in axe.check(page, *rules)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        problems += [f"{name} {width}: {wide} pixels wide"] if wide > width else []
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{light}-{width}.png"), full_page=full_page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_every_page_of_the_desk_in_each_light_and_width(
    watch: Any, full: dict[str, Any], superuser: Any, url: Url, settings: Any
) -> None:
    seen = watch(superuser)
    page, problems = seen.page, []
    mosses = full["mosses"]
    for name, path in {
        "today": url("home"),
        "tree": url("tree"),
        "list": f"{url('tree')}?q=garden",
        "nothing": f"{url('tree')}?q=cactus",
        "create": url("create"),
        "move": url("move", mosses.pk),
        "versions": url("versions", mosses.pk),
        "compare": f"{url('compare', mosses.pk)}?from=2&to=3",
        "proposals": url("proposals"),
        "proposal": url("proposal", full["proposal"].pk),
        "threads": url("threads"),
        "bin": url("bin"),
        "people": url("people"),
        "grant": f"{url('grant')}?page={mosses.pk}&group={full['group'].pk}",
        "find": f"{url('switch')}?q=m",
        "media": url("media"),
        "file": url("asset", full["picture"].pk),
        "posts": url("posts"),
        "portfolios": url("portfolios"),
    }.items():
        seen.visit(path)
        pictures(page, name, problems)
    seen.visit(url("tree"))
    page.locator(f"[data-page='{full['garden'].pk}'] .st-toggle").first.press("Enter")
    page.get_by_role("link", name="Mosses and liverworts", exact=True).wait_for()
    page.get_by_label("Actions for Mosses and liverworts").click()
    pictures(page, "menu", problems, full_page=False)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator(".st-switcher [role=option]").first.wait_for()
    pictures(page, "switcher", problems, full_page=False)
    page.keyboard.press("Escape")
    settings.LANGUAGE_CODE = "ar"
    for name, path in {"rtl-today": url("home"), "rtl-tree": url("tree")}.items():
        seen.visit(path)
        pictures(page, name, problems)
    assert problems == []
    assert seen.problems == []


def titles(page: Any) -> list[str]:
    return [text.strip() for text in page.locator(".st-row-title").all_inner_texts()]


def test_the_tree_by_keyboard_and_by_dragging(watch: Any, tree: dict[str, Any], superuser: Any, url: Url) -> None:
    seen = watch(superuser)
    page = seen.page
    seen.visit(url("tree"))
    garden, ferns, mosses = (tree[name].pk for name in ("garden", "ferns", "mosses"))

    # By keyboard: open, move up, turn back, into the page before it, out again.
    page.locator(f"[data-page='{garden}'] .st-toggle").press("Enter")
    title = page.locator(f"[data-page='{mosses}'] .st-row-title")
    title.wait_for()
    title.press("Alt+Shift+ArrowUp")
    page.get_by_text("is now number 1 of 2").wait_for()
    assert titles(page) == ["Home", "Garden", "Mosses", "Ferns", "Visit"]
    assert page.evaluate("document.activeElement.textContent.trim()") == "Mosses", "the focus stays on what was moved"
    page.get_by_role("button", name="Undo").press("Enter")
    page.get_by_text("stands where it stood").wait_for()
    page.wait_for_function("() => [...document.querySelectorAll('.st-row-title')][2].textContent.includes('Ferns')")
    title = page.locator(f"[data-page='{mosses}'] .st-row-title")
    title.press("Alt+Shift+ArrowRight")
    page.get_by_text("is now number 1 of 1 below “Ferns”").wait_for()
    title = page.locator(f"[data-page='{mosses}'] .st-row-title")
    title.press("Alt+Shift+ArrowLeft")
    page.get_by_text("is now number 2 of 2 below “Garden”").wait_for()

    # From the menu, by keyboard: into the bin, and back from the notice.
    summary = page.get_by_label("Actions for Mosses")
    summary.press("Enter")
    page.keyboard.press("ArrowUp")
    assert "Move to the bin" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.ariaLabel") == "Actions for Mosses"
    summary.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_text("“Mosses” is in the bin").wait_for()
    assert reread(tree["mosses"]).deleted_at is not None
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("“Mosses” is back").wait_for()
    page.locator(f"[data-page='{mosses}']").wait_for()

    # By dragging: a line says where; an address that changes is asked about.
    row = page.locator(f"[data-page='{ferns}'] > .st-row")
    goal = page.locator(f"[data-page='{tree['visit'].pk}'] > .st-row")
    box = goal.bounding_box()
    start = row.bounding_box()
    page.mouse.move(start["x"] + 200, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 210, box["y"] + box["height"] - 20, steps=4)
    page.mouse.move(box["x"] + 210, box["y"] + box["height"] - 4, steps=4)
    assert goal.get_attribute("data-drop") == "after"
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / "drag.png"))
    page.mouse.up()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("another address").wait_for()
    assert axe.check(page) == []
    dialog.get_by_role("button", name="Move").click()
    page.get_by_text("is now number 3 of 3 below “Home”").wait_for()
    assert reread(tree["ferns"]).path == "/ferns/"
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("stands where it stood").wait_for()
    assert reread(tree["ferns"]).path == "/garden/ferns/"

    # The switcher: what is typed, the first hit by Enter, and next time it stands among what was opened.
    page.keyboard.press("Control+k")
    box_ = page.get_by_role("combobox")
    box_.type("moss")
    page.get_by_role("option", name="Mosses").wait_for()
    with page.expect_navigation():
        box_.press("Enter")
    seen.visit(url("home"))
    page.keyboard.press("Control+k")
    page.get_by_role("group", name="Opened lately").get_by_role("option", name="Mosses").wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert seen.problems == []


def test_a_file_is_uploaded_by_choosing_it(watch: Any, tree: dict[str, Any], superuser: Any, url: Url) -> None:
    seen = watch(superuser)
    page = seen.page
    seen.visit(url("media"))
    files = [
        {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(size, 90)}
        for name, size in (("one", 120), ("two", 130))
    ]
    with page.expect_navigation():
        page.locator("input[type='file']").set_input_files(files)
    page.locator(".st-tile").nth(1).wait_for()
    assert sorted(page.locator(".st-tile-title").all_inner_texts()) == ["one", "two"]
    broken = {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff no picture"}
    page.locator("input[type='file']").set_input_files([broken])
    page.locator(".st-uploads .st-failed").wait_for()
    assert axe.check(page) == []
    # A refusal is an answer of 400, which browsers write down as an error.
    assert [text for text in seen.problems if "400" not in text] == []
