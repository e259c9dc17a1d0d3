"""What is saved, moved, published and deleted in the admin, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import Proposal, Publication, RevisionKind

HEADING = {"id": "h1", "type": "heading", "v": 1, "props": {"text": "Bread", "level": 2}}
BROKEN = {"id": "h1", "type": "heading", "v": 1, "props": {"text": "Bread", "level": 77}}


def fresh(page: Any) -> Any:
    return get_page_model().all_objects.get(pk=page.pk)


def form_of(page: Any, **changes: Any) -> dict[str, Any]:
    """Return what the form of ``page`` sends."""
    data = {
        "title": page.title,
        "slug": page.slug,
        "locale": page.locale,
        "seo_title": page.seo_title,
        "seo_description": page.seo_description,
        "metadata": json.dumps(page.metadata),
        "content_json": json.dumps(page.content_json.blocks),
        "version": page.version,
        "_save": "",
        **{field.name: field.value_from_object(page) for field in page.type_fields()},
        **changes,
    }
    return {name: value for name, value in data.items() if value is not None}


def test_add_a_page(boss: Client, url: Callable[..., str], root: Any, superuser: Any) -> None:
    model = get_page_model()
    address = f"{url('add')}?parent={root.pk}&type={model.type_name()}"
    assert boss.get(address).status_code == 200
    blank = model(locale="en")
    blank.title, blank.seo_title = "Bread", "All about bread"
    answer = boss.post(address, form_of(blank, content_json=json.dumps([HEADING]), in_menus="on"))
    page = model.objects.get(title="Bread")
    assert answer.status_code == 302
    assert answer["Location"] == url("change", page.pk)
    assert (page.slug, page.path, page.seo_title, page.in_menus) == ("bread", "/bread/", "All about bread", True)
    assert page.owner == superuser
    assert page.content_json.blocks[0]["meta"]["provenance"]["by"] == str(superuser.pk)
    assert page.published_version is None


def test_save_keeps_a_draft_with_errors(boss: Client, url: Callable[..., str], page_factory: Any) -> None:
    """Fields may be wrong in a draft; publishing says what and where."""
    page = page_factory("Bread")
    answer = boss.post(url("change", page.pk), form_of(page, content_json=json.dumps([BROKEN]), _publish=""))
    assert answer["Location"] == url("change", page.pk) + "?check=1"
    assert fresh(page).published_version is None
    assert fresh(page).content_json.blocks[0]["props"]["level"] == 77
    html = boss.get(answer["Location"]).content.decode()
    assert '<a href="#aicb-h1">1. Heading / Level</a>' in html
    # Paths are for programs.
    assert "0.props.level" not in html


def test_save_and_publish(boss: Client, url: Callable[..., str], page_factory: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    boss.post(url("change", page.pk), form_of(page, title="Rye bread", slug="rye", _publish=""))
    assert Publication.objects.get(page_id=page.pk).title == "Rye bread"
    assert fresh(page).path == "/rye/"
    assert fresh(page).published_version == fresh(page).version


def test_the_preview_shows_the_form_and_saves_nothing(boss: Client, url: Any, page_factory: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    content = '[{"id": "h1", "type": "heading", "props": {"text": "Rye loaf", "level": 2}}]'
    answer = boss.post(url("unsaved", page.pk), form_of(page, title="Rye", content_json=content))
    assert answer.status_code == 200
    assert "Rye loaf" in answer.content.decode()
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert (fresh(page).title, fresh(page).version) == ("Bread", page.version)
    # What is right is shown, whatever else is wrong.
    assert boss.post(url("unsaved", page.pk), form_of(page, title="", content_json="[{")).status_code == 200


def test_structural_errors_and_taken_slugs_stay_in_the_form(
    boss: Client, url: Callable[..., str], page_factory: Any
) -> None:
    page_factory("Rye")
    page = page_factory("Bread")
    answer = boss.post(url("change", page.pk), form_of(page, content_json='[{"type": "no-such"}]'))
    assert answer.status_code == 200
    assert "no-such" in answer.content.decode()
    answer = boss.post(url("change", page.pk), form_of(page, slug="rye", title="Typed text"))
    assert answer.status_code == 200
    assert "has the slug" in answer.content.decode()
    assert "Typed text" in answer.content.decode()
    assert fresh(page).version == page.version
    answer = boss.post(url("change", page.pk), form_of(page, slug="admin", title="Typed text"))
    assert ["answers at /admin/" in error for error in answer.context["form"].errors["slug"]] == [True]


@pytest.mark.parametrize("version", ["", "0", "x"])
def test_a_form_without_its_version_overwrites_nothing(
    boss: Client, url: Callable[..., str], page_factory: Any, version: str
) -> None:
    page = page_factory("Bread", content=[HEADING])
    boss.post(url("change", page.pk), form_of(page, title="Other", version=version))
    assert fresh(page).title == "Bread"


def stale(boss: Client, url: Any, page: Any, system: Any, **theirs: Any) -> str:
    """Have somebody change the page between opening and saving the form; return where the user is sent."""
    data = form_of(
        page, seo_title="Mine", content_json=json.dumps([{**HEADING, "props": {"text": "Mine", "level": 2}}])
    )
    services.update_page(page, actor=system, **theirs)
    answer = boss.post(url("change", page.pk), data)
    assert answer.status_code == 302
    return str(answer["Location"])


def test_conflict_keeps_both_texts(boss: Client, url: Any, page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    theirs = [{**HEADING, "props": {"text": "Theirs", "level": 2}}]
    where = stale(boss, url, page, system, content=theirs)
    kept = page.revisions.get(kind=RevisionKind.CONFLICT)
    assert where == url("conflict", page.pk, kept.number)
    html = boss.get(where).content.decode()
    assert "<del>Theirs</del>" in html
    assert "<ins>Mine</ins>" in html
    assert 'value="both"' not in html
    assert fresh(page).content_json.blocks[0]["props"]["text"] == "Theirs"
    boss.post(where, {"choice": "mine", "version": fresh(page).version})
    assert fresh(page).content_json.blocks[0]["props"]["text"] == "Mine"
    assert fresh(page).seo_title == "Mine"


def test_conflict_can_keep_both_where_they_do_not_meet(boss: Client, url: Any, page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    where = stale(boss, url, page, system, fields={"seo_description": "Theirs"})
    assert 'value="both"' in boss.get(where).content.decode()
    boss.post(where, {"choice": "both", "version": fresh(page).version})
    page = fresh(page)
    assert (page.seo_title, page.seo_description) == ("Mine", "Theirs")
    assert page.content_json.blocks[0]["props"]["text"] == "Mine"


def test_conflict_looked_at_too_long_asks_again(boss: Client, url: Any, page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    where = stale(boss, url, page, system, fields={"seo_title": "Theirs"})
    seen = fresh(page).version
    services.update_page(page, actor=system, fields={"seo_title": "Third"})
    answer = boss.post(where, {"choice": "mine", "version": seen})
    assert answer["Location"] == where
    assert fresh(page).seo_title == "Third"


def test_restore_a_revision(boss: Client, url: Any, page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    services.update_page(page, actor=system, fields={"title": "Rye"}, content=[])
    boss.post(url("revision_restore", page.pk, 1), {"version": fresh(page).version})
    assert fresh(page).title == "Bread"
    boss.post(url("revision_restore", page.pk, 2), {"version": 1})
    assert fresh(page).title == "Bread"


def test_publish_schedule_unpublish(boss: Client, url: Any, page_factory: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    boss.post(url("publish", page.pk), {"version": page.version})
    assert fresh(page).live
    boss.post(url("unpublish", page.pk))
    assert not fresh(page).live
    data = {"go_live_at": "2099-07-01T12:00", "expire_at": "", "zone": "Europe/Berlin", "version": fresh(page).version}
    boss.post(url("schedule", page.pk), data)
    assert fresh(page).go_live_at == datetime(2099, 7, 1, 10, tzinfo=UTC)
    assert 'value="2099-07-01T10:00"' in boss.get(url("schedule", page.pk)).content.decode()
    boss.post(url("schedule", page.pk), {**data, "go_live_at": ""})
    assert fresh(page).go_live_at is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"go_live_at": "tomorrow"}, "valid date"),
        ({"zone": "Mars/Base"}, "valid choice"),
        ({"go_live_at": "2027-03-28T02:30", "zone": "Europe/Berlin"}, "clocks skip"),
        ({"expire_at": "2001-01-01T00:00"}, "This time has passed"),
        ({"version": "99"}, "changed by someone else"),
    ],
)
def test_schedule_says_what_is_wrong(boss: Client, url: Any, page_factory: Any, wrong: Any, said: str) -> None:
    page = page_factory("Bread", content=[HEADING])
    data = {"go_live_at": "", "expire_at": "", "zone": "UTC", "version": page.version, **wrong}
    answer = boss.post(url("schedule", page.pk), data)
    assert answer.status_code == 200
    assert said in answer.content.decode()


def test_publish_of_an_older_version_is_refused(boss: Client, url: Any, page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    services.update_page(page, actor=system, fields={"title": "Rye"})
    boss.post(url("publish", page.pk), {"version": page.version})
    assert not fresh(page).live


def test_move_step_by_step(boss: Client, url: Any, page_factory: Any, root: Any) -> None:
    first, second, third = (page_factory(title) for title in ("One", "Two", "Three"))

    def order() -> list[str]:
        return [page.title for page in get_page_model().objects.filter(parent=root).order_by("lft")]

    def step(page: Any, direction: str) -> Any:
        return boss.post(url("place", page.pk), {"direction": direction}, headers={"accept": "application/json"})

    assert step(third, "up").json()["message"] == "“Three” is now number 2 of 3 below “Home”."
    assert order() == ["One", "Three", "Two"]
    assert step(first, "down").status_code == 200
    assert order() == ["Three", "One", "Two"]
    assert step(first, "in").json()["parent"] == third.pk
    assert fresh(first).path == "/three/one/"
    assert step(first, "out").json()["parent"] == root.pk
    assert order() == ["Three", "One", "Two"]
    for page, direction in ((third, "up"), (second, "down"), (third, "in"), (third, "out"), (root, "up")):
        refused = step(page, direction)
        assert refused.status_code == 409, direction
        assert refused.json()["detail"]
    # Without the script the same button answers with the list.
    plain = boss.post(url("place", second.pk), {"direction": "up"})
    assert plain.status_code == 302
    assert order() == ["Three", "Two", "One"]


def test_move_to_a_place(boss: Client, url: Any, page_factory: Any) -> None:
    first, second = page_factory("One"), page_factory("Two")
    json_please = {"accept": "application/json"}
    data = {"target": first.pk, "position": "first-child"}
    assert boss.post(url("place", second.pk), data, headers=json_please).status_code == 200
    assert fresh(second).parent_id == first.pk
    answer = boss.post(url("place", first.pk), {"target": second.pk}, headers=json_please)
    assert answer.status_code == 409
    answer = boss.post(url("move", second.pk), {"target": f"/ (#{first.parent_id})", "position": "last-child"})
    assert answer.status_code == 302
    assert fresh(second).parent_id == first.parent_id
    answer = boss.post(url("move", second.pk), {"target": "nowhere", "position": "last-child"})
    assert "There is no such page" in answer.content.decode()


def test_copy(boss: Client, url: Any, page_factory: Any, root: Any) -> None:
    page = page_factory("Bread")
    page_factory("Rolls", parent=page)
    boss.post(url("copy", page.pk), {"title": "Cake", "recursive": "on", "target": str(root.pk)})
    twin = get_page_model().objects.get(title="Cake")
    assert get_page_model().objects.filter(parent=twin).count() == 1


def test_delete_restore_purge(boss: Client, url: Any, page_factory: Any) -> None:
    page = page_factory("Bread", publish=True)
    below = page_factory("Rolls", parent=page, publish=True)
    asked = boss.get(url("delete", page.pk)).content.decode()
    assert "Rolls" in asked
    assert "1 page of them is on the site" in asked
    boss.post(url("delete", page.pk), {"version": page.version})
    assert fresh(below).deleted_at is not None
    assert "Bread" in boss.get(url("bin")).content.decode()
    assert "Rolls" not in boss.get(url("bin")).content.decode()
    assert boss.get(url("change", page.pk)).status_code == 404
    page_factory("Bread")
    taken = boss.post(url("restore", page.pk))
    assert "Another page has this slug" in taken.content.decode()
    boss.post(url("restore", page.pk), {"slug": "bread-again"})
    assert fresh(below).deleted_at is None
    assert fresh(below).path == "/bread-again/rolls/"
    boss.post(url("delete", page.pk), {"version": fresh(page).version})
    assert "2 pages with their history" in boss.get(url("purge", page.pk)).content.decode()
    boss.post(url("purge", page.pk))
    assert not get_page_model().all_objects.filter(pk__in=[page.pk, below.pk]).exists()


def test_a_page_that_was_changed_is_not_deleted(boss: Client, url: Any, page_factory: Any, root: Any) -> None:
    page = page_factory("Bread")
    boss.post(url("delete", page.pk), {"version": page.version + 1})
    assert fresh(page).deleted_at is None
    boss.post(url("delete", root.pk), {"version": root.version})
    assert fresh(root).deleted_at is None


def test_bulk_asks_first_and_reports_what_failed(boss: Client, url: Any, page_factory: Any) -> None:
    good, bad = page_factory("Good", content=[HEADING]), page_factory("Bad", content=[BROKEN])
    data = {"action": "publish", "selected": [good.pk, bad.pk], "next": url("changelist")}
    asked = boss.post(url("bulk"), data)
    assert "Good" in asked.content.decode()
    assert not fresh(good).live
    answer = boss.post(url("bulk"), {**data, "confirm": "1"}, follow=True).content.decode()
    assert fresh(good).live
    assert not fresh(bad).live
    assert "Done for 1 page" in answer
    assert "Bad: " in answer
    below = page_factory("Below", parent=good)
    data = {"action": "delete", "selected": [good.pk, below.pk], "confirm": "1", "next": "https://evil.example/"}
    answer = boss.post(url("bulk"), data)
    assert answer["Location"] == url("changelist")
    assert fresh(below).deleted_at is not None
    assert boss.post(url("bulk"), {"action": "explode", "selected": [bad.pk]}).status_code == 302


def test_proposals_are_accepted_in_part(boss: Client, page_factory: Any, system: Any, superuser: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    operations = [
        {"op": "update", "id": "h1", "props": {"text": "Better"}},
        {"op": "insert", "block": {"id": "n1", "type": "heading", "props": {"text": "New", "level": 3}}},
    ]
    proposal = services.create_proposal(page, operations, actor=system, fields={"seo_title": "Best"})
    detail = reverse("admin:ai_cms_pages_proposal_change", args=[proposal.pk])
    accept = reverse("admin:ai_cms_pages_proposal_accept", args=[proposal.pk])
    html = boss.get(detail).content.decode()
    assert 'name="block" value="h1"' in html
    assert 'name="field" value="seo_title"' in html
    boss.post(accept, {"_some": "1"})
    proposal.refresh_from_db()
    assert proposal.status == "pending"
    boss.post(accept, {"_some": "1", "block": ["n1"]})
    proposal.refresh_from_db()
    assert (proposal.status, proposal.decided_by) == ("partial", superuser)
    assert [block["id"] for block in fresh(page).content_json.blocks] == ["h1", "n1"]
    assert fresh(page).content_json.blocks[0]["props"]["text"] == "Bread"
    assert fresh(page).seo_title == ""
    assert boss.post(accept, {"_all": "1"}, follow=True).status_code == 200
    # What was not ticked waits, with who asked for it and how old it is.
    rest = Proposal.objects.get(status="pending")
    assert (rest.title, rest.base_version, rest.author) == (proposal.title, proposal.base_version, proposal.author)
    assert ([item["id"] for item in rest.operations], rest.fields) == (["h1"], {"seo_title": "Best"})
    boss.post(reverse("admin:ai_cms_pages_proposal_accept", args=[rest.pk]), {"_all": "1"})
    assert fresh(page).content_json.blocks[0]["props"]["text"] == "Better"
    assert fresh(page).seo_title == "Best"
    assert not Proposal.objects.filter(status="pending").exists()


def test_what_is_out_of_date_does_not_wait(boss: Client, page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING, {**HEADING, "id": "h2"}])
    operations = [{"op": "update", "id": name, "props": {"text": "Better"}} for name in ("h1", "h2")]
    proposal = services.create_proposal(page, operations, actor=system)
    services.apply_page_operations(page, [{"op": "update", "id": "h1", "props": {"text": "Else"}}], actor=system)
    boss.post(reverse("admin:ai_cms_pages_proposal_accept", args=[proposal.pk]), {"_some": "1", "block": ["h2"]})
    proposal.refresh_from_db()
    assert (proposal.status, proposal.decisions) == ("partial", ["stale", "accepted"])
    assert Proposal.objects.count() == 1


def test_stale_operations_are_marked_and_cannot_be_ticked(boss: Client, page_factory: Any, system: Any) -> None:
    page = page_factory("Bread", content=[HEADING])
    proposal = services.create_proposal(page, [{"op": "update", "id": "h1", "props": {"text": "Better"}}], actor=system)
    services.update_page(page, actor=system, content=[{**HEADING, "props": {"text": "Else", "level": 2}}])
    html = boss.get(reverse("admin:ai_cms_pages_proposal_change", args=[proposal.pk])).content.decode()
    assert "Out of date" in html
    assert 'name="block"' not in html
    reject = reverse("admin:ai_cms_pages_proposal_reject", args=[proposal.pk])
    boss.post(reject)
    proposal.refresh_from_db()
    assert proposal.status == "rejected"


def test_preview_links(boss: Client, url: Any, page_factory: Any) -> None:
    page = page_factory("Bread")
    html = boss.post(url("links", page.pk), {"days": 7}).content.decode()
    address = html.split('readonly value="')[1].split('"')[0]
    assert Client().get(address).status_code == 200
    assert address not in boss.get(url("links", page.pk)).content.decode()
    link = page.preview_links.get()
    boss.post(url("links", page.pk), {"days": 1})
    boss.post(url("links_revoke", page.pk), {"link": link.pk})
    assert Client().get(address).status_code == 404
    assert page.preview_links.filter(revoked_at=None).count() == 1
    boss.post(url("links_revoke", page.pk))
    assert not page.preview_links.filter(revoked_at=None).exists()


def test_templates(boss: Client, url: Any, page_factory: Any, root: Any) -> None:
    from ai_cms.pages import get_template_model

    model = get_template_model()
    info = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    page = page_factory("Bread", content=[HEADING])
    answer = boss.post(url("template", page.pk), {"name": "Loaf", "description": ""})
    template = model.objects.get(name="Loaf")
    assert answer["Location"] == reverse(f"{info}_change", args=[template.pk])
    assert boss.get(answer["Location"]).status_code == 200
    data = {"name": "Loaves", "description": "", "page_type": "", "version": template.version, "layout_json": "[]"}
    boss.post(answer["Location"], data)
    template.refresh_from_db()
    assert (template.name, template.version, template.layout_json.blocks) == ("Loaves", 2, [])
    again = boss.post(answer["Location"], {**data, "name": "Stale"})
    assert "Someone else has changed" in again.content.decode()
    boss.post(
        reverse(f"{info}_add"),
        {"name": "New", "description": "", "page_type": "", "layout_json": json.dumps([HEADING])},
    )
    made = model.objects.get(name="New")
    boss.post(reverse(f"{info}_make_page", args=[made.pk]), {"title": "From it", "slug": "", "parent": str(root.pk)})
    assert get_page_model().objects.get(title="From it").content_json.blocks[0]["props"]["text"] == "Bread"
    assert boss.get(reverse(f"{info}_changelist")).status_code == 200


def test_sites_are_renamed_not_made(boss: Client, site: Any) -> None:
    listed = boss.get(reverse("admin:ai_cms_pages_site_changelist")).content.decode()
    assert "manage.py create_site" in listed
    assert boss.get(reverse("admin:ai_cms_pages_site_add")).status_code == 403
    change = reverse("admin:ai_cms_pages_site_change", args=[site.pk])
    before = site.generation
    boss.post(change, {"name": "Bakery", "hostname": "Bakery.Example", "locale": "en"})
    site.refresh_from_db()
    assert (site.name, site.hostname) == ("Bakery", "bakery.example")
    assert site.generation > before
    other = services.create_site(hostname="other.example")
    boss.post(reverse("admin:ai_cms_pages_site_changelist"), {"action": "make_default", "_selected_action": [other.pk]})
    site.refresh_from_db()
    other.refresh_from_db()
    assert (site.is_default, other.is_default) == (False, True)


def test_redirects(boss: Client, page_factory: Any, site: Any) -> None:
    from ai_cms.pages.models import Redirect

    page = page_factory("Bread", publish=True)
    add = reverse("admin:ai_cms_pages_redirect_add")
    data = {"site": site.pk, "old_path": "old/bread", "page": f"/bread/ (#{page.pk})", "target": "", "permanent": "on"}
    assert boss.post(add, data).status_code == 302
    row = Redirect.objects.get()
    assert (row.old_path, row.page_id, row.automatic) == ("/old/bread/", page.pk, False)
    both = boss.post(add, {**data, "old_path": "/x/", "target": "https://example.com/"})
    assert "either a page or an address" in both.content.decode()
    bad = boss.post(add, {**data, "old_path": "/x/", "page": "", "target": "javascript:alert(1)"})
    assert bad.status_code == 200
    assert Redirect.objects.count() == 1
    change = reverse("admin:ai_cms_pages_redirect_change", args=[row.pk])
    assert f"/bread/ (#{page.pk})" in boss.get(change).content.decode()


def test_what_needs_the_right_to_publish_is_said_and_loses_no_text(
    staff: Client, url: Any, page_factory: Any, grant: Any, superuser: Any
) -> None:
    garden = page_factory("Garden")
    grant(garden, "add", "change", "delete")
    page = page_factory("Bread", parent=garden, publish=True)
    answer = staff.post(url("change", page.pk), form_of(page, slug="rolls", seo_title="Typed for an hour"))
    assert answer.status_code == 200
    html = answer.content.decode()
    assert "Typed for an hour" in html
    assert "the right to publish" in html
    assert fresh(page).path == "/garden/bread/"
    for name in ("delete", "restore"):
        answer = staff.post(url(name, page.pk), {"version": page.version}, follow=True)
        assert "the right to publish" in answer.content.decode(), name
        services.delete_page(page, actor=superuser) if name == "delete" else None
