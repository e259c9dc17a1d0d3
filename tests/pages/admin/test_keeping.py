"""What somebody wrote is kept, whatever became of the page, the session or the right to save it."""

from __future__ import annotations

import json
from typing import Any

from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.urls import reverse

from ai_cms.core.permissions import Actor
from ai_cms.pages import get_template_model, services
from ai_cms.pages.models import Revision

from .test_writing import HEADING, form_of, fresh

MINE = json.dumps([{**HEADING, "props": {"text": "Twenty lines of mine", "level": 2}}])


def test_a_page_in_the_bin_keeps_the_text(boss: Client, url: Any, page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    services.delete_page(page, actor=system)
    answer = boss.post(url("change", page.pk), form_of(page, title="My title", content_json=MINE, aicms_copy="a1"))
    assert answer.status_code == 409
    html = answer.content.decode()
    kept = Revision.objects.get(page_id=page.pk, kind="conflict")
    assert (kept.title, kept.content_json.blocks[0]["props"]["text"]) == ("My title", "Twenty lines of mine")
    assert f"number {kept.number} of its history" in html
    # It is in the history, so the copy in the browser can go.
    assert 'data-aicms-saved="a1"' in html
    assert f'name="conflict" value="{kept.number}"' in html
    # Bringing the page back leads to the choice between both texts.
    answer = boss.post(url("restore", page.pk), {"conflict": kept.number})
    assert answer["Location"] == url("conflict", page.pk, kept.number)
    assert fresh(page).title == "Bread"
    boss.post(answer["Location"], {"choice": "mine", "version": fresh(page).version})
    assert fresh(page).content_json.blocks[0]["props"]["text"] == "Twenty lines of mine"


def test_a_page_that_is_gone_gives_the_text_back(boss: Client, url: Any, page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    data = form_of(page, title="My <title>", content_json=MINE)
    services.delete_page(page, actor=system)
    services.purge_page(fresh(page), actor=system)
    answer = boss.post(url("change", page.pk), data)
    assert answer.status_code == 404
    html = answer.content.decode()
    assert "My &lt;title&gt;" in html
    assert ">Twenty lines of mine</textarea>" in html


def test_what_cannot_be_read_is_given_back(boss: Client, url: Any, page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    services.delete_page(page, actor=system)
    answer = boss.post(url("change", page.pk), form_of(page, title="Mine", content_json="[{broken"))
    assert answer.status_code == 404
    assert "[{broken" in answer.content.decode()
    assert not Revision.objects.filter(page_id=page.pk, kind="conflict").exists()


def test_nobody_learns_of_pages_that_way(staff: Client, url: Any, page_factory: Any, system: Any) -> None:
    page = page_factory("Secret title", content=[HEADING])
    services.delete_page(page, actor=system)
    answers = [staff.post(url("change", pk), {"title": "Mine"}) for pk in (page.pk, 987654)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert "Secret title" not in answers[0].content.decode()
    assert "Mine" in answers[0].content.decode()
    assert not Revision.objects.filter(page_id=page.pk, kind="conflict").exists()


def test_a_right_that_was_taken_away_gives_the_text_back(reader: Client, url: Any, page_factory: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    answer = reader.post(url("change", page.pk), form_of(page, title="Mine", content_json=MINE))
    assert answer.status_code == 403
    assert "Twenty lines of mine" in answer.content.decode()
    assert fresh(page).title == "Bread"


def test_a_new_page_without_a_place_gives_the_text_back(boss: Client, url: Any, page_factory: Any, system: Any) -> None:
    parent = page_factory("Bread")
    address = f"{url('add')}?parent={parent.pk}&type={type(parent).type_name()}"
    services.delete_page(parent, actor=system)
    answer = boss.post(address, {"title": "Rolls", "content_json": MINE, "locale": "en", "metadata": "{}"})
    assert answer.status_code == 403
    assert "Twenty lines of mine" in answer.content.decode()


def test_a_template_that_is_gone_gives_the_text_back(boss: Client, actor: Actor, page_factory: Any) -> None:
    template = services.make_template(page_factory("Bread", content=[HEADING]), actor=actor, name="Loaf")
    meta = get_template_model()._meta
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[template.pk])
    template.delete()
    answer = boss.post(address, {"name": "Mine", "layout_json": MINE})
    assert answer.status_code == 404
    assert "Twenty lines of mine" in answer.content.decode()


def test_saving_says_which_copy_can_go(boss: Client, url: Any, page_factory: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    answer = boss.post(url("change", page.pk), form_of(page, title="Rye", aicms_copy="0af3"))
    assert answer["Location"] == url("change", page.pk) + "?saved=0af3"
    # Somebody else was faster: the text is in the history, so the copy can go as well.
    answer = boss.post(url("change", page.pk), form_of(page, title="Mine", aicms_copy="0af3"))
    assert "/conflict/" in answer["Location"]
    assert answer["Location"].endswith("?saved=0af3")
    for wrong in ("../x", "a" * 41, "é"):
        answer = boss.post(url("change", page.pk), form_of(fresh(page), title=f"T{wrong}", aicms_copy=wrong))
        assert "saved" not in answer["Location"]


def test_a_form_asks_who_is_logged_in(boss: Client, url: Any, superuser: Any, client: Client) -> None:
    answer = boss.get(url("form_state"))
    assert answer.json()["user"] == str(superuser.pk)
    assert len(answer.json()["token"]) == len(get_token(RequestFactory().get("/")))
    assert "no-store" in answer["Cache-Control"]
    # Whoever is logged out is led to the log-in.
    assert client.get(url("form_state")).status_code == 302
    assert boss.get(url("logged_in")).status_code == 200


def test_whoever_was_logged_out_gets_the_text_back_without_a_script(boss: Client, url: Any, page_factory: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    data = form_of(page, title="My <title>", content_json=MINE)
    stranger = Client()
    answer = stranger.post(url("change", page.pk), data)
    assert answer.status_code == 403
    html = answer.content.decode()
    assert "My &lt;title&gt;" in html
    assert "Twenty lines of mine" in html
    assert f"{reverse('admin:login')}?next=" in html
    # What the form compares with was typed by nobody.
    assert "Initial" not in html
    # Nothing of the page itself is told, and nothing is done.
    assert ">Bread<" not in html
    assert fresh(page).title == "Bread"
    # Other views lead to the log-in as ever.
    assert stranger.get(url("change", page.pk)).status_code == 302
    assert Client(enforce_csrf_checks=True).post(url("change", page.pk), data).status_code == 403


def test_a_form_without_a_valid_token_gives_the_text_back(superuser: Any, url: Any, page_factory: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(superuser)
    page = page_factory("Bread", content=[HEADING])
    for address in (url("change", page.pk), url("add") + "?type=ai_cms_pages.page"):
        answer = client.post(address, form_of(page, title="My <title>", content_json=MINE))
        html = answer.content.decode()
        assert (answer.status_code, answer["Cache-Control"]) == (403, "private, no-store")
        assert 'id="content-main"' in html
        assert "My &lt;title&gt;" in html
        assert ">Twenty lines of mine</textarea>" in html
        assert "Go back with the button of your browser" in html
    assert fresh(page).title == "Bread"
    # An action of a list has no text of its own.
    assert 'id="content-main"' in client.post(url("changelist"), {"action": "x"}).content.decode()
