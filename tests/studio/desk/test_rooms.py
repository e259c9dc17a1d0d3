"""History, bin and rights of the desk, and what a host sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.checks import run_checks
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.core.colours import TEXT_CONTRAST, contrast
from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import PageGroupPermission
from ai_cms.studio.brand import DARK, LIGHT, brand_sheet, shade_for
from ai_cms.studio.exceptions import GrantRefused
from ai_cms.studio.registry import Room, rooms
from ai_cms.studio.services import grant_rights
from tests.conftest import make_user
from tests.studio.desk.conftest import browser_of, reread

pytestmark = pytest.mark.django_db
Url = Callable[..., str]
SYSTEM = Actor.system("tests")


def paragraphs(*texts: str) -> list[dict[str, Any]]:
    return [{"id": f"b-{n}", "type": "rich_text", "props": {"html": f"<p>{text}</p>"}} for n, text in enumerate(texts)]


def test_two_versions_stand_side_by_side_and_one_is_gone_back_to(
    boss: Client, script: Client, tree: Any, url: Url
) -> None:
    ferns = tree["ferns"]
    services.update_page(ferns, actor=SYSTEM, content=paragraphs("Ferns like shade."))
    services.update_page(reread(ferns), actor=SYSTEM, content=paragraphs("Ferns like deep shade.", "And water."))
    listed = boss.get(url("versions", ferns.pk)).content.decode()
    assert "The draft" in listed
    assert "On the site" in listed
    page = boss.get(url("compare", ferns.pk), {"from": 3, "to": 2}).content.decode()
    assert page.index("Version 2") < page.index("Version 3"), "the older one first, whichever way they were chosen"
    assert "<ins>" in page
    frame = boss.get(url("version", ferns.pk, 2))
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Ferns like shade." in frame.content.decode()
    assert "deep shade" in boss.get(url("version", ferns.pk, 0)).content.decode()
    stale = script.post(url("version-restore", ferns.pk, 2), {"version": 1})
    assert stale.status_code == 412
    done = script.post(url("version-restore", ferns.pk, 2), {"version": reread(ferns).version})
    assert reread(ferns).content_json.text() == "Ferns like shade."
    script.post(url("undo"), {"token": done.json()["undo"]})
    assert "deep shade" in reread(ferns).content_json.text()
    for number in (99, 10**12):
        assert boss.get(url("version", ferns.pk, number)).status_code == 404
    assert boss.get(url("compare", ferns.pk), {"from": "x"}).status_code == 404


def test_who_may_not_change_a_page_looks_at_its_history_only(tree: Any, url: Url) -> None:
    reader = make_user("reader")
    group = Group.objects.create(name="Publishers")
    reader.groups.add(group)
    PageGroupPermission.objects.create(group=group, page=tree["garden"], can_add=True)
    client = browser_of(reader)
    assert "Go back" not in client.get(url("versions", tree["ferns"].pk)).content.decode()
    assert client.post(url("version-restore", tree["ferns"].pk, 1)).status_code == 403
    assert client.get(url("versions", tree["visit"].pk)).status_code == 404
    assert client.get(url("version", tree["visit"].pk, 0)).status_code == 404


def test_the_bin_brings_back_and_names_what_goes_for_good(boss: Client, tree: Any, url: Url, page_factory: Any) -> None:
    services.delete_page(tree["garden"], actor=SYSTEM)
    text = boss.get(url("bin")).content.decode()
    assert "Garden" in text
    assert "and 2 pages below" in text
    assert "Ferns" not in text, "it comes back with the page above"
    boss.post(url("restore", tree["garden"].pk))
    assert reread(tree["ferns"]).deleted_at is None
    services.delete_page(reread(tree["garden"]), actor=SYSTEM)
    page_factory("Garden")
    taken = boss.post(url("restore", tree["garden"].pk)).content.decode()
    assert "has taken its address" in taken
    still = boss.post(url("restore", tree["garden"].pk), {"slug": "garden"}).content.decode()
    assert "Choose another one" in still
    boss.post(url("restore", tree["garden"].pk), {"slug": "old-garden"})
    assert reread(tree["ferns"]).path == "/old-garden/ferns/"
    services.delete_page(reread(tree["garden"]), actor=SYSTEM)
    question = boss.post(url("purge", tree["garden"].pk)).content.decode()
    assert "Ferns" in question
    assert "Mosses" in question
    assert reread(tree["ferns"])
    boss.post(url("purge", tree["garden"].pk), {"confirmed": "1"})
    assert not type(tree["garden"]).all_objects.filter(pk=tree["ferns"].pk).exists()
    assert "The bin is empty" in boss.get(url("bin")).content.decode()


def test_whoever_may_delete_may_not_purge(gardener: Any, tree: Any, url: Url) -> None:
    services.delete_page(tree["ferns"], actor=SYSTEM)
    client = browser_of(gardener)
    assert "Ferns" in client.get(url("bin")).content.decode()
    before = client.post(url("purge", tree["ferns"].pk), {"confirmed": "1"}).status_code
    assert before in (302, 403)
    if before == 403:
        assert reread(tree["ferns"]).deleted_at is not None
    assert client.post(url("restore", tree["visit"].pk)).status_code == 404


def test_rights_are_given_changed_and_taken_back_each_with_a_way_back(
    script: Client, boss: Client, tree: Any, url: Url
) -> None:
    group = Group.objects.create(name="Volunteers")
    address = f"{url('grant')}?page={tree['garden'].pk}"
    assert "Volunteers" in boss.get(url("people")).content.decode()
    assert "Choose" in boss.get(url("grant"), {"q": "gard"}).content.decode()
    assert boss.post(address, {"group": group.pk}).status_code == 200
    done = script.post(address, {"group": group.pk, "rights": ["add", "change"]}).json()
    grant = PageGroupPermission.objects.get(group=group)
    assert (grant.can_add, grant.can_change, grant.can_publish) == (True, True, False)
    more = script.post(address, {"group": group.pk, "rights": ["publish"]}).json()
    grant.refresh_from_db()
    assert (grant.can_add, grant.can_publish) == (False, True)
    script.post(url("undo"), {"token": more["undo"]})
    grant.refresh_from_db()
    assert (grant.can_add, grant.can_publish) == (True, False)
    gone = script.post(url("revoke", grant.pk)).json()
    assert not PageGroupPermission.objects.exists()
    script.post(url("undo"), {"token": gone["undo"]})
    assert PageGroupPermission.objects.get(group=group).can_add
    script.post(url("undo"), {"token": done["undo"]})
    assert not PageGroupPermission.objects.exists()


def test_who_may_not_look_after_rights_finds_no_such_page(gardener: Any, tree: Any, url: Url) -> None:
    client = browser_of(gardener)
    assert "People" not in client.get(url("home")).content.decode()
    grant = PageGroupPermission.objects.get()
    for answer in (
        client.get(url("people")),
        client.get(url("grant")),
        client.post(f"{url('grant')}?page={tree['garden'].pk}", {"group": 1, "rights": ["add"]}),
        client.post(url("revoke", grant.pk)),
    ):
        assert answer.status_code == 404
    assert PageGroupPermission.objects.filter(pk=grant.pk).exists()


def test_nobody_gives_what_they_may_not_do_there(gardener: Any, tree: Any) -> None:
    gardener.user_permissions.add(*Permission.objects.filter(codename__endswith="_pagegrouppermission"))
    keeper = type(gardener).objects.get(pk=gardener.pk)
    group = Group.objects.create(name="Friends")
    PageGroupPermission.objects.filter(page=tree["garden"]).update(can_publish=False)
    with pytest.raises(GrantRefused, match="publish"):
        grant_rights(group, tree["ferns"], ["change", "publish"], actor=keeper)
    for rights in ([], ["fly"]):
        with pytest.raises(GrantRefused):
            grant_rights(group, tree["ferns"], rights, actor=keeper)
    assert grant_rights(group, tree["ferns"], ["change"], actor=keeper).can_change


def test_the_people_page_asks_the_same_whatever_the_groups(
    boss: Client, tree: Any, url: Url, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        group = Group.objects.create(name=f"Group {number}")
        make_user(f"person{number}").groups.add(group)
        PageGroupPermission.objects.create(group=group, page=tree["garden"], can_add=True)
    boss.get(url("people"))
    with django_assert_max_num_queries(9):
        boss.get(url("people"))


def test_the_switcher_finds_pages_and_actions_and_offers_what_was_changed_lately(
    gardener: Any, tree: Any, url: Url
) -> None:
    script = browser_of(gardener, accept="application/json")
    services.update_page(tree["ferns"], actor=gardener, fields={"title": "Ferns"})
    services.update_page(reread(tree["ferns"]), actor=gardener, fields={"title": "Ferns!"})
    first = {group["label"]: group["items"] for group in script.get(url("switch")).json()["groups"]}
    assert [item["title"] for item in first["Recent"]] == ["Ferns!"]
    assert "Bin" in [item["title"] for item in first["Actions"]]
    found = {group["label"]: group["items"] for group in script.get(url("switch"), {"q": "moss"}).json()["groups"]}
    assert [item["title"] for item in found["Pages"]] == ["Mosses"]
    assert [item["title"] for item in found["Actions"]] == ["New page “moss”"]
    hidden = script.get(url("switch"), {"q": "visit"}).json()["groups"]
    assert "Pages" not in {group["label"] for group in hidden}
    assert "Mosses" in browser_of(gardener).get(url("switch"), {"q": "moss"}).content.decode(), "a page without script"


def test_a_host_names_and_colours_the_studio(boss: Client, tree: Any, url: Url) -> None:
    wanted = {"STUDIO_NAME": "Morrowfen", "STUDIO_LOGO": "ai_cms/blocks/example.svg", "STUDIO_COLOUR": "#1f5a45"}
    with override_settings(AI_CMS=wanted):
        text = boss.get(url("home")).content.decode()
        assert "Morrowfen</span>" in text
        assert 'src="/static/ai_cms/blocks/example.svg"' in text
        sheet = boss.get(text.partition(url("brand"))[1] + text.partition(url("brand"))[2].partition('"')[0])
        assert sheet.headers["Content-Type"].startswith("text/css")
        assert "--st-accent:#1f5a45" in sheet.content.decode()
        assert [found.id for found in run_checks() if found.id.startswith("ai_cms_studio")] == []


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        ({"STUDIO_COLOUR": "#ffee00"}, ["ai_cms_studio.W001"]),
        ({"STUDIO_COLOUR_DARK": "#101010"}, ["ai_cms_studio.W001"]),
        ({"STUDIO_COLOUR": "yellow"}, ["ai_cms_core.E002"]),
        ({"STUDIO_LOGO": "no/such.svg"}, ["ai_cms_studio.W002"]),
        ({"STUDIO_PANELS": ["tests.studio.desk.test_today.ORDERS"]}, []),
        ({"STUDIO_PANELS": ["tests.studio.desk.test_today.orders"]}, ["ai_cms_studio.E001"]),
        ({"STUDIO_PANELS": ["no.such.module"]}, ["ai_cms_studio.E001"]),
    ],
)
def test_checks_tell_what_is_wrong_with_a_host_s_wishes(values: dict[str, Any], ids: list[str]) -> None:
    with override_settings(AI_CMS=values):
        found = [item.id for item in run_checks() if "STUDIO" in str(item.msg)]
    assert found == ids


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_whatever_the_colour_is_everything_in_it_can_be_read(colour: str) -> None:
    for ground in (LIGHT, DARK):
        assert contrast(shade_for(colour, ground), ground) >= TEXT_CONTRAST
    with override_settings(AI_CMS={"STUDIO_COLOUR": colour}):
        sheet = brand_sheet()
    for rules, ground in zip(sheet.split("@media"), ("#ffffff", DARK), strict=True):
        tokens = dict(pair.split(":") for pair in rules.partition("{--st")[2].partition("}")[0].split(";--st"))
        accent, on, soft = tokens["-accent"], tokens["-on-accent"], tokens["-accent-soft"]
        assert contrast(accent, ground) >= TEXT_CONTRAST
        assert contrast(on, accent) >= TEXT_CONTRAST
        assert contrast(accent, soft) >= TEXT_CONTRAST
        assert contrast(on, tokens["-accent-strong"]) >= TEXT_CONTRAST


def test_a_host_adds_a_room_and_hides_it_from_others(gardener: Any, tree: Any, url: Url) -> None:
    room = Room("Orders", "briefcase", "/orders/", lambda actor: actor.is_superuser)
    with rooms.temporarily("orders", room):
        assert "/orders/" not in browser_of(gardener).get(url("home")).content.decode()
        open_room = Room("Orders", "briefcase", "/orders/")
        with rooms.temporarily("orders", open_room):
            assert 'href="/orders/"' in browser_of(gardener).get(url("home")).content.decode()
        with rooms.temporarily("orders", Room("Orders", "briefcase", "orders:nowhere")):
            assert "Orders" not in browser_of(gardener).get(url("home")).content.decode()
