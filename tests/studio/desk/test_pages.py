"""The tree and what is done to pages from it: each act with its way back, by script and without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from ai_cms.pages import services
from ai_cms.pages.models import Publication
from tests.studio.desk.conftest import browser_of, reread

pytestmark = pytest.mark.django_db
Url = Callable[..., str]


def order(parent: Any) -> list[str]:
    return [page.title for page in reread(parent).get_children()]


def test_the_tree_is_shown_open_at_the_top_and_level_by_level(boss: Client, tree: Any, url: Url) -> None:
    text = boss.get(url("tree")).content.decode()
    assert text.index("Home") < text.index("Garden") < text.index("Visit")
    assert "Ferns" not in text, "the second level is read when it is opened"
    below = boss.get(url("level"), {"parent": tree["garden"].pk}).content.decode()
    assert below.index("Ferns") < below.index("Mosses")
    assert below.lstrip().startswith("<li"), "items and nothing else: the script puts them into a list"
    # Without script the link leads to the level as a page.
    assert "Mosses" in boss.get(url("tree"), {"parent": tree["garden"].pk}).content.decode()


def test_search_and_status_make_a_list(boss: Client, tree: Any, url: Url) -> None:
    found = boss.get(url("tree"), {"q": "moss"}).content.decode()
    assert "Mosses" in found
    assert "Ferns" not in found
    drafts = boss.get(url("tree"), {"status": "draft"}).content.decode()
    assert "Mosses" in drafts
    assert "Ferns" not in drafts
    assert "No page fits" in boss.get(url("tree"), {"q": "cactus"}).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_level(
    boss: Client, tree: Any, url: Url, page_factory: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        page_factory(f"Bed {number}", parent=tree["garden"])
    boss.get(url("level"), {"parent": tree["garden"].pk})
    with django_assert_max_num_queries(8):
        boss.get(url("level"), {"parent": tree["garden"].pk})


@pytest.mark.parametrize(
    ("page", "values", "parent", "expected"),
    [
        ("mosses", {"direction": "up"}, "garden", ["Mosses", "Ferns"]),
        ("ferns", {"direction": "down"}, "garden", ["Mosses", "Ferns"]),
        ("mosses", {"direction": "in"}, "ferns", ["Mosses"]),
        ("mosses", {"direction": "out"}, "home", ["Garden", "Mosses", "Visit"]),
        ("mosses", {"place": "{visit} before"}, "home", ["Garden", "Mosses", "Visit"]),
        ("mosses", {"target": "{visit}", "position": "last-child"}, "visit", ["Mosses"]),
    ],
)
def test_a_page_is_moved_and_moved_back(
    script: Client, tree: Any, url: Url, page: str, values: dict[str, str], parent: str, expected: list[str]
) -> None:
    before = {name: order(row) for name, row in tree.items()}
    sent = {key: value.format(visit=tree["visit"].pk) for key, value in values.items()}
    done = script.post(url("place", tree[page].pk), sent)
    assert done.status_code == 200, done.content
    assert order(tree[parent]) == expected
    body = done.json()
    assert body["message"]
    assert tree["garden"].pk in body["parents"]
    back = script.post(url("undo"), {"token": body["undo"]})
    assert back.status_code == 200, back.content
    assert {name: order(row) for name, row in tree.items()} == before


def test_a_move_that_changes_addresses_of_the_site_asks_first(
    script: Client, boss: Client, tree: Any, url: Url
) -> None:
    sent = {"target": tree["visit"].pk, "position": "last-child"}
    asked = script.post(url("place", tree["ferns"].pk), sent).json()
    assert "another address" in asked["ask"]
    assert order(tree["garden"]) == ["Ferns", "Mosses"]
    # Without script the same question is a page, whose form sends what was sent and that it was confirmed.
    page = boss.post(url("place", tree["ferns"].pk), sent).content.decode()
    assert 'name="confirmed" value="1"' in page
    assert f'name="target" value="{tree["visit"].pk}"' in page
    done = script.post(url("place", tree["ferns"].pk), {**sent, "confirmed": "1"}).json()
    assert reread(tree["ferns"]).path == "/visit/ferns/"
    script.post(url("undo"), {"token": done["undo"]})
    assert reread(tree["ferns"]).path == "/garden/ferns/"


def test_a_move_into_itself_or_nowhere_is_refused_in_words(script: Client, tree: Any, url: Url) -> None:
    for sent, status in (
        ({"target": tree["ferns"].pk, "position": "last-child"}, 409),
        ({"direction": "sideways"}, 409),
        ({"target": "999999999999999999999", "position": "before"}, 404),
        ({"target": str(tree["visit"].pk), "position": "beside"}, 409),
    ):
        answer = script.post(url("place", tree["garden"].pk), sent)
        assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)


def test_publish_unpublish_duplicate_and_bin_are_undone(script: Client, tree: Any, url: Url) -> None:
    mosses, ferns = tree["mosses"], tree["ferns"]

    def act(page: Any, name: str) -> dict[str, Any]:
        answer = script.post(url("act", page.pk, name))
        assert answer.status_code == 200, answer.content
        body: dict[str, Any] = answer.json()
        return body

    def undo(done: dict[str, Any]) -> None:
        assert script.post(url("undo"), {"token": done["undo"]}).status_code == 200

    done = act(mosses, "publish")
    assert reread(mosses).live
    undo(done)
    assert not reread(mosses).live

    services.update_page(ferns, actor=_system(), fields={"title": "Ferns and friends"})
    done = act(ferns, "publish")
    assert Publication.objects.get(page=ferns).title == "Ferns and friends"
    undo(done)
    assert Publication.objects.get(page=ferns).title == "Ferns"
    assert reread(ferns).title == "Ferns and friends", "the draft stays"

    done = act(ferns, "unpublish")
    assert not reread(ferns).live
    undo(done)
    assert Publication.objects.get(page=ferns).title == "Ferns"

    done = act(ferns, "duplicate")
    assert order(tree["garden"]) == ["Ferns and friends", "Copy of Ferns and friends", "Mosses"]
    undo(done)
    assert order(tree["garden"]) == ["Ferns and friends", "Mosses"]

    done = act(tree["garden"], "bin")
    assert "2 pages below it" in done["message"]
    assert order(tree["home"]) == ["Visit"]
    undo(done)
    assert order(tree["home"]) == ["Garden", "Visit"]
    assert order(tree["garden"]) == ["Ferns and friends", "Mosses"]
    assert Publication.objects.public().filter(page=ferns).exists()


def _system() -> Any:
    from ai_cms.core.permissions import Actor

    return Actor.system("tests")


def test_undo_does_not_turn_back_what_somebody_else_did_since(script: Client, tree: Any, url: Url) -> None:
    done = script.post(url("act", tree["mosses"].pk, "publish")).json()
    services.update_page(tree["mosses"], actor=_system(), fields={"title": "Mosses again"})
    services.publish_page(reread(tree["mosses"]), actor=_system())
    answer = script.post(url("undo"), {"token": done["undo"]})
    assert answer.status_code == 409
    assert reread(tree["mosses"]).live


def test_a_forged_token_undoes_nothing(script: Client, tree: Any, url: Url) -> None:
    for token in ("", "x", "e30:abc:def", "é" * 50):
        assert script.post(url("undo"), {"token": token}).status_code == 400


def test_without_script_an_act_leads_back_and_offers_to_undo(boss: Client, tree: Any, url: Url) -> None:
    came = f"http://testserver{url('tree')}?parent={tree['garden'].pk}"
    answer = boss.post(url("act", tree["ferns"].pk, "bin"), headers={"referer": came}, follow=True)
    assert answer.redirect_chain[-1][0] == f"{url('tree')}?parent={tree['garden'].pk}"
    text = answer.content.decode()
    assert "is in the bin" in text
    token = text.partition('name="token" value="')[2].partition('"')[0]
    assert token
    boss.post(url("undo"), {"token": token})
    assert reread(tree["ferns"]).deleted_at is None
    # Whatever else is named as where one came from is not led to.
    away = boss.post(url("act", tree["ferns"].pk, "bin"), headers={"referer": "https://evil.example/studio/"})
    assert away.headers["Location"].startswith("/studio/pages/")


def test_what_is_not_published_because_of_errors_says_so(script: Client, tree: Any, url: Url) -> None:
    services.update_page(
        tree["mosses"], actor=_system(), content=[{"id": "b-1", "type": "heading", "props": {"text": ""}}]
    )
    answer = script.post(url("act", tree["mosses"].pk, "publish"))
    assert answer.status_code == 400
    assert "1 thing is wrong or missing" in answer.json()["detail"]


def test_rights_are_asked_on_every_act(gardener: Any, writer: Any, member: Any, tree: Any, url: Url) -> None:
    outside = browser_of(gardener, accept="application/json")
    assert outside.post(url("act", tree["visit"].pk, "bin")).status_code == 404, "not seen, so not there"
    limited = browser_of(writer, accept="application/json")
    for act, status in (("publish", 403), ("unpublish", 403), ("bin", 403), ("explode", 404)):
        assert limited.post(url("act", tree["ferns"].pk, act)).status_code == status
    assert reread(tree["ferns"]).live
    stranger = browser_of(member)
    assert stranger.get(url("home")).status_code == 403
    assert stranger.post(url("act", tree["ferns"].pk, "bin")).status_code == 403
    assert Client().get(url("home")).status_code == 302
    anonymous = Client(headers={"accept": "application/json"}).get(url("switch"))
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_authenticated")
    token = browser_of(gardener, accept="application/json").post(url("act", tree["ferns"].pk, "bin")).json()["undo"]
    assert limited.post(url("undo"), {"token": token}).status_code == 403
    assert reread(tree["ferns"]).deleted_at is not None


def test_a_page_is_begun_below_another_with_a_type_that_may_stand_there(boss: Client, tree: Any, url: Url) -> None:
    form = boss.get(url("create"), {"parent": tree["garden"].pk}).content.decode()
    assert "below “Garden”" in form
    bad = boss.post(f"{url('create')}?parent={tree['garden'].pk}", {"title": "", "type": "nonsense"})
    assert bad.status_code == 200
    kind = type(tree["garden"]).type_name()
    made = boss.post(f"{url('create')}?parent={tree['garden'].pk}", {"title": "Lichens", "type": kind})
    assert made.status_code == 302
    assert order(tree["garden"]) == ["Ferns", "Mosses", "Lichens"]
    page = tree["garden"].get_children().last()
    assert str(page.pk) in made.headers["Location"]
    # With one place where one may add, it is that; who may choose elsewhere is asked.
    assert "below “Home”" in boss.get(url("create")).content.decode()
    assert "Choose" in boss.get(url("create"), {"choose": 1}).content.decode()


def test_where_to_move_is_searched_for_and_never_below_itself(boss: Client, tree: Any, url: Url) -> None:
    text = boss.get(url("move", tree["garden"].pk)).content.decode()
    assert f'value="{tree["visit"].pk} before"' in text
    assert f'value="{tree["ferns"].pk} before"' not in text
    assert f'value="{tree["home"].pk} before"' not in text, "beside the home page nothing stands"
