"""The page admin as people use it: by keyboard, by mouse, on a phone, in the dark, under a strict policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from ai_cms.core.slugs import make_slug
from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import TreeWork

from .looks import look_at

pytestmark = pytest.mark.browser

HEADING = {"id": "h1", "type": "heading", "v": 1, "props": {"text": "Bread", "level": 2}}


def page_url(name: str, *args: Any) -> str:
    meta = get_page_model()._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=args)


def children(parent: Any) -> list[str]:
    return [page.title for page in get_page_model().objects.filter(parent=parent).order_by("lft")]


@pytest.fixture
def pages(page_factory: Callable[..., Any], system: Any) -> dict[str, Any]:
    made = {title: page_factory(title) for title in ("One", "Two", "Three")}
    made["Bread"] = page_factory("Bread", content=[HEADING], parent=made["One"], publish=True)
    changed = [{**HEADING, "props": {"text": "Better bread", "level": 2}}]
    services.update_page(made["Bread"], actor=system, content=changed, fields={"seo_title": "Breads"})
    operations = [{"op": "update", "id": "h1", "props": {"text": "Best bread"}}]
    work = {"page": made["One"], "title": "One", "total": 40}
    now = timezone.now()
    made["running"] = TreeWork.objects.create(
        kind="publish", status="running", done=12, attempt=1, lease_until=now + timedelta(hours=1), **work
    )
    made["failed"] = TreeWork.objects.create(
        kind="copy", status="failed", error_code="conflict", error_detail="It has moved.", finished_at=now, **work
    )
    made["proposal"] = services.create_proposal(made["Bread"], operations, actor=system, fields={"seo_title": "Best"})
    return made


def addresses(pages: dict[str, Any]) -> list[str]:
    pk = pages["Bread"].pk
    return [
        page_url("changelist"),
        page_url("changelist") + "?q=o",
        page_url("changelist") + "?q=zzz",
        page_url("bin"),
        page_url("add") + f"?parent={pages['One'].pk}&type={get_page_model().type_name()}",
        page_url("change", pk),
        page_url("history", pk),
        page_url("compare", pk) + "?from=1",
        page_url("revision", pk, 1),
        *(page_url(name, pk) for name in ("delete", "move", "copy", "schedule", "links", "template", "unpublish")),
        reverse("admin:ai_cms_pages_proposal_changelist"),
        reverse("admin:ai_cms_pages_proposal_change", args=[pages["proposal"].pk]),
        reverse("admin:ai_cms_pages_site_changelist"),
        reverse("admin:ai_cms_pages_redirect_add"),
        reverse("admin:ai_cms_pages_element_changelist"),
        *(page_url("work", pages[state].pk) for state in ("running", "failed")),
    ]


def test_every_page_is_clean_named_and_fits(watch: Any, superuser: Any, pages: dict[str, Any]) -> None:
    watched = watch(superuser, viewport={"width": 1440, "height": 900})
    found = []
    for path in addresses(pages):
        watched.visit(path)
        found += look_at(watched.page, path)
    assert found == []
    assert watched.problems == []


def test_the_end_of_long_work_is_said_where_one_is(watch: Any, superuser: Any, pages: dict[str, Any]) -> None:
    watched = watch(superuser)
    watched.visit(page_url("work", pages["running"].pk))
    page = watched.page
    page.get_by_role("button", name="Stop it").focus()
    TreeWork.objects.filter(pk=pages["running"].pk).update(done=30)
    page.get_by_text("30 of 40 pages").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Stop it"
    TreeWork.objects.filter(pk=pages["running"].pk).update(
        status="done", done=40, finished_at=timezone.now(), result={"page": pages["One"].pk, "pages": 40, "failed": []}
    )
    page.get_by_role("status").filter(has_text="Done: 40 pages.").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "To the page"
    assert page.get_by_role("progressbar").count() == 0
    assert watched.problems == []


def test_move_by_keyboard_alone(watch: Any, superuser: Any, pages: dict[str, Any], root: Any) -> None:
    watched = watch(superuser)
    watched.visit(page_url("changelist"))
    page = watched.page
    page.keyboard.press("Tab")
    for _step in range(200):
        if page.evaluate("document.activeElement.textContent.trim()") == "Three":
            break
        page.keyboard.press("Tab")
    status = page.locator("[data-aicms-live]")

    def press(keys: str) -> None:
        # The tree takes one step after the other.
        page.wait_for_function("!document.querySelector('[aria-busy=true]')")
        page.keyboard.press(keys)

    press("Alt+Shift+ArrowUp")
    status.get_by_text("“Three” is now number 2 of 3 below “Home”.").wait_for(state="attached")
    assert children(root) == ["One", "Three", "Two"]
    # The focus stays on the page, so that the next key moves it on.
    assert page.evaluate("document.activeElement.textContent.trim()") == "Three"
    press("Alt+Shift+ArrowRight")
    status.get_by_text("“Three” is now number 2 of 2 below “One”.").wait_for(state="attached")
    page.wait_for_function("document.activeElement.textContent.trim() === 'Three'")
    assert children(pages["One"]) == ["Bread", "Three"]
    press("Alt+Shift+ArrowLeft")
    status.get_by_text("“Three” is now number 2 of 3 below “Home”.").wait_for(state="attached")
    page.wait_for_function("document.activeElement.textContent.trim() === 'Three'")
    press("Alt+Shift+ArrowLeft")
    status.get_by_text("It cannot be moved further out.").wait_for(state="attached")
    assert children(root) == ["One", "Three", "Two"]
    # The last refusal is an answer of 409, which the browser reports.
    assert [problem for problem in watched.problems if "409" not in problem] == []


def test_move_by_buttons_keeps_the_focus(watch: Any, superuser: Any, pages: dict[str, Any], root: Any) -> None:
    watched = watch(superuser)
    watched.visit(page_url("changelist"))
    button = watched.page.get_by_role("button", name="Move One down")
    button.focus()
    watched.page.keyboard.press("Enter")
    watched.page.locator("[data-aicms-live]").get_by_text("number 2 of 3").wait_for(state="attached")
    assert children(root) == ["Two", "One", "Three"]
    assert watched.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Move One down"
    assert watched.problems == []


def test_levels_open_and_stay_open(watch: Any, superuser: Any, pages: dict[str, Any]) -> None:
    watched = watch(superuser)
    watched.visit(page_url("changelist"))
    toggle = watched.page.get_by_role("button", name="Pages below One")
    assert toggle.get_attribute("aria-expanded") == "false"
    toggle.focus()
    watched.page.keyboard.press("Enter")
    watched.page.get_by_role("link", name="Bread", exact=True).wait_for()
    assert toggle.get_attribute("aria-expanded") == "true"
    watched.page.reload()
    watched.page.get_by_role("link", name="Bread", exact=True).wait_for()
    watched.page.keyboard.press("Tab")
    watched.page.get_by_role("button", name="Pages below One").click()
    assert not watched.page.get_by_role("link", name="Bread", exact=True).is_visible()
    assert watched.problems == []


def test_drag_and_drop(watch: Any, superuser: Any, pages: dict[str, Any], root: Any) -> None:
    watched = watch(superuser)
    watched.visit(page_url("changelist"))
    page = watched.page

    def row(title: str) -> Any:
        return page.locator(f'.aicms-node[data-page="{pages[title].pk}"] > .aicms-row')

    row("Three").drag_to(row("One"), source_position={"x": 300, "y": 8}, target_position={"x": 300, "y": 3})
    page.locator("[data-aicms-live]").get_by_text("number 1 of 3").wait_for(state="attached")
    assert children(root) == ["Three", "One", "Two"]
    box = row("Two").bounding_box()
    row("Three").drag_to(
        row("Two"), source_position={"x": 300, "y": 8}, target_position={"x": 300, "y": box["height"] / 2}
    )
    page.locator("[data-aicms-live]").get_by_text("below “Two”").wait_for(state="attached")
    assert children(pages["Two"]) == ["Three"]
    page.get_by_role("link", name="Three", exact=True).wait_for()
    assert watched.problems == []


def test_edit_publish_and_look(watch: Any, superuser: Any, pages: dict[str, Any]) -> None:
    watched = watch(superuser)
    watched.visit(page_url("change", pages["Bread"].pk))
    page = watched.page
    page.fill("#id_title", "Rye bread")
    page.get_by_role("button", name="Preview", exact=True).click()
    frame = page.frame_locator("iframe[name='aicms-preview']")
    frame.get_by_role("heading", name="Rye bread").wait_for()
    frame.get_by_text("Better bread").first.wait_for()
    assert get_page_model().objects.get(pk=pages["Bread"].pk).title == "Bread"
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_text("was saved and published").wait_for()
    assert get_page_model().objects.get(pk=pages["Bread"].pk).publication.title == "Rye bread"
    assert watched.problems == []


def test_links_lead_to_what_is_missing(watch: Any, superuser: Any, page_factory: Any) -> None:
    broken = {"id": "h9", "type": "heading", "v": 1, "props": {"text": "Bread", "level": 77}}
    made = page_factory("Broken", content=[HEADING, broken])
    watched = watch(superuser)
    watched.visit(page_url("change", made.pk))
    page = watched.page
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_text("saved but not published").wait_for()
    page.get_by_role("link", name=re.compile("2. Heading")).click()
    assert page.evaluate("document.activeElement.closest('.aicb-block').id") == "aicb-h9"
    assert watched.problems == []


def test_blocks_show_their_first_words(watch: Any, superuser: Any, page_factory: Any) -> None:
    html = "<p>Salt <em>&amp; pepper</em>, ground.</p><p>Then <strong>st</strong>ir.</p>"
    made = page_factory("Soup", content=[{"type": "rich_text", "props": {"html": html}}])
    watched = watch(superuser)
    watched.visit(page_url("change", made.pk))
    assert watched.page.locator(".aicb-summary").inner_text() == "Salt & pepper, ground. Then stir."
    assert watched.problems == []


def test_two_people_at_once(watch: Any, superuser: Any, system: Any, pages: dict[str, Any]) -> None:
    watched = watch(superuser)
    watched.visit(page_url("change", pages["Bread"].pk))
    page = watched.page
    page.fill("#id_title", "My title")
    services.update_page(pages["Bread"], actor=system, fields={"title": "Their title"})
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("alert").wait_for()
    assert page.locator("del", has_text="Their title").count() == 1
    assert page.locator("ins", has_text="My title").count() == 1
    page.get_by_role("button", name="Put my text in its place").click()
    page.get_by_text("Your text is the draft now").wait_for()
    assert get_page_model().objects.get(pk=pages["Bread"].pk).title == "My title"
    assert watched.problems == []


def test_suggestions_while_typing(watch: Any, superuser: Any, pages: dict[str, Any]) -> None:
    watched = watch(superuser)
    watched.visit(page_url("move", pages["Two"].pk))
    page = watched.page
    page.locator("#id_target").press_sequentially("brea")
    page.wait_for_function("document.querySelectorAll('#id_target_pages option').length === 1")
    value = page.evaluate("document.querySelector('#id_target_pages option').value")
    assert value == f"/one/bread/ (#{pages['Bread'].pk})"
    page.fill("#id_target", value)
    page.get_by_role("button", name="Move the page").click()
    page.get_by_text("below “Bread”").first.wait_for()
    assert watched.problems == []


def test_without_scripts(watch: Any, superuser: Any, pages: dict[str, Any], root: Any) -> None:
    """The tree, its buttons and the form of a page do the same by loading pages."""
    watched = watch(superuser, java_script_enabled=False)
    watched.visit(page_url("changelist"))
    page = watched.page
    page.get_by_role("button", name="Move Two up").click()
    assert children(root) == ["Two", "One", "Three"]
    page.get_by_role("link", name="Pages below One").click()
    page.get_by_role("link", name="Bread", exact=True).click()
    page.fill("#id_title", "Plain")
    page.get_by_role("button", name="Save draft").click()
    assert get_page_model().objects.get(pk=pages["Bread"].pk).title == "Plain"


def test_before_and_after_unfold_as_high_as_they_are(
    watch: Any, superuser: Any, system: Any, page_factory: Any
) -> None:
    text = "<p>A loaf needs time.</p>" * 4
    made = page_factory("Loaf", content=[{"id": "r1", "type": "rich_text", "props": {"html": text}}])
    better = [{"op": "update", "id": "r1", "props": {"html": text.replace("time", "hours")}}]
    proposal = services.create_proposal(made, better, actor=system)
    watched = watch(superuser)
    watched.visit(reverse("admin:ai_cms_pages_proposal_change", args=[proposal.pk]))
    page = watched.page
    page.get_by_text("Show it before and after").click()
    page.wait_for_function(
        "[...document.querySelectorAll('.aicms-sides iframe')].every((frame) => "
        "frame.clientHeight > 60 && frame.clientHeight >= frame.contentDocument.documentElement.scrollHeight)"
    )
    assert watched.problems == []


def test_the_bar_for_saving_is_no_higher_than_its_buttons(watch: Any, superuser: Any, pages: dict[str, Any]) -> None:
    watched = watch(superuser, viewport={"width": 390, "height": 800})
    watched.visit(page_url("change", pages["Bread"].pk))
    page = watched.page
    assert page.locator(".aicms-submit").bounding_box()["height"] < 160
    # The first block is in the first screen, with room for what the header of a site may have besides.
    block = page.locator(".aicb-block").first.bounding_box()
    assert block["y"] + block["height"] < 620
    page.fill("#id_title", "More bread")
    page.get_by_role("button", name="Save and publish").click()
    page.get_by_role("status").get_by_text("Published.", exact=True).wait_for()
    # Nothing that can be done with the page is cut off.
    assert page.evaluate(
        "[...document.querySelectorAll('.aicms-tools .aicms-button')].every((button) => "
        "button.getBoundingClientRect().right <= innerWidth)"
    )


def test_containers_are_called_by_what_is_in_them(watch: Any, superuser: Any, page_factory: Any) -> None:
    words = "Knead the dough until it is smooth, then let it rest somewhere warm."
    cards = [{"type": "card", "props": {"title": title}} for title in ("Flour", "Water")]
    blocks = [{"type": "rich_text", "props": {"html": f"<p>{words}</p>"}}, {"type": "cards", "children": cards}]
    made = page_factory("Soup", content=blocks)
    watched = watch(superuser)
    watched.visit(page_url("change", made.pk))
    summaries = watched.page.locator(".aicb-summary").all_inner_texts()
    assert summaries[:2] == ["Knead the dough until it is smooth, then let it rest…", "Flour · Water"]


def test_the_slug_that_is_suggested_is_the_one_that_is_made(watch: Any, superuser: Any, root: Any) -> None:
    watched = watch(superuser)
    watched.visit(page_url("add") + f"?parent={root.pk}&type={get_page_model().type_name()}")
    page = watched.page
    titles = [
        "Übers Brot & Käse",
        "  Don't – stop_me! ",
        "東京 都庁",
        "ﬁne ½ Straße",
        "word " * 40,
        "x" * 130,
        "a-" + "b" * 120,
    ]
    for title in titles:
        page.fill("#id_title", title)
        assert page.get_attribute("#id_slug", "placeholder") == make_slug(title)
    assert watched.problems == []
