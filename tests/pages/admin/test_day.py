"""An editor's day: finding, moving, planning, looking back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.db import models
from django.test import Client, override_settings

from ai_cms.core.dates import native_field
from ai_cms.pages import services
from ai_cms.pages.admin.problems import place_in_words
from ai_cms.pages.models import Revision

from .test_writing import HEADING, form_of, fresh

JSON = {"HTTP_ACCEPT": "application/json"}


def titles(html: str) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a>', html)


def test_search_finds_what_a_draft_says(boss: Client, url: Any, page_factory: Any) -> None:
    text = {
        "id": "t1",
        "type": "rich_text",
        "props": {"html": "<p>Knead the <b>sourdough</b>, &quot;R&amp;D&quot;</p>"},
    }
    page_factory("Bread", content=[HEADING, text])
    page_factory("Rolls", content=[HEADING])

    def found(words: str) -> list[str]:
        return titles(boss.get(url("changelist"), {"q": words}).content.decode())

    assert found("SOURDOUGH R&D") == ["Bread"]
    assert found('"R&D"') == ["Bread"]
    assert found("bread knead") == ["Bread"]
    assert found("rolls") == ["Rolls"]
    # Names of properties and types are no words of a page.
    assert found("html") == []
    assert found("heading") == []


def test_a_plan_hides_no_status(boss: Client, url: Any, page_factory: Any, system: Any) -> None:
    live = page_factory("Live one", content=[HEADING], publish=True)
    services.schedule_page(live, actor=system, go_live_at=datetime(2099, 5, 1, tzinfo=UTC))
    draft = page_factory("Draft one", content=[HEADING])
    services.schedule_page(draft, actor=system, go_live_at=datetime(2099, 5, 1, tzinfo=UTC))

    def with_status(status: str) -> list[str]:
        return titles(boss.get(url("changelist"), {"status": status}).content.decode())

    assert with_status("live") == ["Live one"]
    assert sorted(with_status("scheduled")) == ["Draft one", "Live one"]
    html = boss.get(url("change", live.pk)).content.decode()
    assert '<span class="aicms-status aicms-status-live">Live</span>' in html
    assert "Goes live: 05/01/2099" in html


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"go_live_at": "2001-01-01T00:00"}, "This time has passed. To publish the page now, use “Save and publish”."),
        ({"go_live_at": "2099-01-02T00:00", "expire_at": "2099-01-01T00:00"}, "after the one at “Publish at”"),
    ],
)
def test_plans_that_cannot_be(boss: Client, url: Any, page_factory: Any, wrong: Any, said: str) -> None:
    page = page_factory("Bread", content=[HEADING])
    data = {"go_live_at": "", "expire_at": "", "zone": "UTC", "version": page.version, **wrong}
    assert said in boss.post(url("schedule", page.pk), data).content.decode()
    assert (fresh(page).go_live_at, fresh(page).expire_at) == (None, None)


def test_public_pages_move_after_a_question_and_back_again(boss: Client, url: Any, page_factory: Any) -> None:
    one, two = page_factory("One"), page_factory("Two", publish=True)
    below = page_factory("Below", parent=two, publish=True)
    place = url("place", two.pk)
    data: dict[str, Any] = {"direction": "in"}
    answer = boss.post(place, data, **JSON).json()
    # The page itself is not among those below it.
    assert "“Two” would get another address, and 1 page below it on the site." in answer["ask"]
    assert fresh(two).parent_id == one.parent_id
    answer = boss.post(place, {**data, "confirmed": "1"}, **JSON).json()
    assert fresh(below).path == "/one/two/below/"
    # The answer says how it is undone.
    assert answer["undo"] == {"target": one.pk, "position": "after"}
    boss.post(place, {**answer["undo"], "confirmed": "1"}, **JSON)
    assert (fresh(two).path, fresh(below).path) == ("/two/", "/two/below/")
    # Among its siblings a page keeps its address, so nothing is asked.
    assert "message" in boss.post(place, {"direction": "up"}, **JSON).json()


def test_without_scripts_the_question_is_a_page(boss: Client, url: Any, page_factory: Any) -> None:
    one, two = page_factory("One"), page_factory("Two", publish=True)
    html = boss.post(url("place", two.pk), {"direction": "in"}).content.decode()
    assert "“Two” would get another address. The old address leads to the new one." in html
    values = dict(re.findall(r'<input type="hidden" name="(target|position|confirmed)" value="([^"]*)"', html))
    assert values == {"target": str(one.pk), "position": "last-child", "confirmed": "1"}
    assert f'action="{url("place", two.pk)}"' in html
    boss.post(url("place", two.pk), values)
    assert fresh(two).parent_id == one.pk


def test_drafts_move_at_once(boss: Client, url: Any, page_factory: Any) -> None:
    one, two = page_factory("One"), page_factory("Two")
    assert "message" in boss.post(url("place", two.pk), {"direction": "in"}, **JSON).json()
    assert fresh(two).parent_id == one.pk


def test_the_form_asks_what_is_new(boss: Client, url: Any, page_factory: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    boss.post(url("change", page.pk), form_of(page, title="Rye", message="Rye instead of wheat"))
    assert Revision.objects.get(page_id=page.pk, version=fresh(page).version).message == "Rye instead of wheat"
    html = boss.get(url("history", page.pk)).content.decode()
    assert "Rye instead of wheat" in html
    # Restoring is a button in the list.
    restore = url("revision_restore", page.pk, 1)
    assert f'formaction="{restore}"' in html
    boss.post(restore, {"version": fresh(page).version})
    assert fresh(page).title == "Bread"


def test_places_have_the_names_of_the_form() -> None:
    blocks = [
        {"type": "section", "props": {}, "children": [{"id": "b", "type": "button", "props": {}}]},
        {"id": "g", "type": "gallery", "props": {"images": [{}]}},
    ]
    assert place_in_words(blocks, ["0", "children", "0", "props", "url"]) == ("1. Section / 1. Button / Address", "b")
    assert place_in_words(blocks, ["1", "props", "images", "0", "src"])[0].startswith("2. Gallery / Images / 1 / ")
    assert place_in_words([{"type": "gone"}], ["0", "props", "x"])[0] == "1. gone / x"
    assert place_in_words(None, ["0", "props"]) == ("", "")


@pytest.mark.parametrize(
    ("field", "kind", "value", "shown"),
    [
        (models.DateTimeField("when"), "datetime-local", datetime(2026, 5, 1, 10, 30, tzinfo=UTC), "2026-05-01T12:30"),
        (
            models.DateTimeField("when"),
            "datetime-local",
            datetime(2026, 5, 1, 10, 30, 5, tzinfo=UTC),
            "2026-05-01T12:30:05",
        ),
        (models.DateField("when"), "date", datetime(2026, 5, 1, tzinfo=UTC).date(), "2026-05-01"),
        (models.TimeField("when"), "time", datetime(2026, 5, 1, 7, 5, tzinfo=UTC).time(), "07:05"),
    ],
)
@override_settings(TIME_ZONE="Europe/Berlin", LANGUAGE_CODE="de")
def test_times_are_one_field_with_a_label(field: Any, kind: str, value: Any, shown: str) -> None:
    made = native_field(field)
    assert made is not None
    form = type("F", (forms.Form,), {"when": made})(initial={"when": value})
    html = str(form["when"])
    assert f'type="{kind}"' in html
    assert f'value="{shown}"' in html
    assert form["when"].id_for_label == "id_when"
    # What it shows is what it takes.
    sent = type("F", (forms.Form,), {"when": made})({"when": shown}, initial={"when": value})
    assert sent.is_valid(), sent.errors
    assert sent.cleaned_data["when"] == value
    assert not sent.has_changed()


@override_settings(TIME_ZONE="America/New_York")
def test_times_west_of_greenwich() -> None:
    made = native_field(models.DateTimeField("when"))
    assert made is not None
    form = type("F", (forms.Form,), {"when": made})(initial={"when": datetime(2026, 5, 1, 16, 30, tzinfo=UTC)})
    assert 'value="2026-05-01T12:30"' in str(form["when"])


def test_adding_below_a_row_asks_no_place_again(boss: Client, url: Any, page_factory: Any) -> None:
    parent = page_factory("Bread")
    html = boss.get(url("add"), {"parent": parent.pk}).content.decode()
    assert "Below which page?" not in html or html.index("Choose another place") < html.index("Below which page?")
    assert html.count("/ Pages /") == 0


def test_viewers_are_not_told_to_drag(reader: Client, boss: Client, url: Any, page_factory: Any) -> None:
    page_factory("Bread")
    assert "Drag a page" in boss.get(url("changelist")).content.decode()
    assert "Drag a page" not in reader.get(url("changelist")).content.decode()


def test_refusals_stand_in_the_frame_of_the_admin(boss: Client, staff: Client, url: Any) -> None:
    for client, address, status in (
        (boss, url("change", 987654), 404),
        (boss, url("history", 987654), 404),
        (staff, url("changelist"), 403),
    ):
        answer = client.get(address)
        assert answer.status_code == status
        assert 'id="content-main"' in answer.content.decode()
        assert 'class="breadcrumbs' in answer.content.decode()
