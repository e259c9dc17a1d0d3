"""Who sees and does what in the admin: subtrees for editors, everything read-only for viewers, nothing for others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import PageGroupPermission, Redirect

from .conftest import logged_in

SECRET = "Canary"
JSON = {"accept": "application/json"}


@pytest.fixture
def parts(page_factory: Callable[..., Any], system: Any) -> dict[str, Any]:
    """Return a page the editors get, one below it, and one they never may know of, each with something of everything."""
    mine = page_factory("Mine")
    below = page_factory("Below", parent=mine)
    hidden = page_factory(SECRET, content=[{"type": "heading", "props": {"text": SECRET}}], publish=True)
    deeper = page_factory(f"{SECRET} below", parent=hidden)
    services.create_proposal(hidden, [], actor=system, fields={"seo_title": SECRET}, title=SECRET)
    services.make_preview_link(hidden, actor=system)
    Redirect.objects.create(site=hidden.site, old_path="/canary-old/", page=hidden)
    gone = page_factory(f"{SECRET} gone")
    services.delete_page(gone, actor=system)
    return {"mine": mine, "below": below, "hidden": hidden, "deeper": deeper, "gone": gone}


def views_of(page: Any) -> list[str]:
    """Return every URL of the page admin that names a page."""
    meta = get_page_model()._meta
    prefix = f"{meta.app_label}_{meta.model_name}_"
    admin_urls = next(item for item in get_resolver().url_patterns if str(item.pattern) == "admin/")
    app = next(item for item in admin_urls.url_patterns if str(item.pattern) == f"{meta.app_label}/{meta.model_name}/")
    found = []
    for pattern in app.url_patterns:
        name = getattr(pattern, "name", None) or ""
        if not name.startswith(prefix) or not ("<int:pk>" in str(pattern.pattern) or name.endswith("_change")):
            continue
        found.append(reverse(f"admin:{name}", args=[page.pk, 1] if "number" in str(pattern.pattern) else [page.pk]))
    return found


def test_every_view_of_a_page_is_found(parts: dict[str, Any]) -> None:
    assert len(views_of(parts["mine"])) >= 18


def test_strangers_and_members_never_enter(parts: dict[str, Any], member: Any, url: Callable[..., str]) -> None:
    for client in (Client(), logged_in(member)):
        for address in [
            *views_of(parts["mine"]),
            url("changelist"),
            url("level"),
            url("choose"),
            url("bin"),
            url("bulk"),
        ]:
            for answer in (client.get(address), client.post(address)):
                assert answer.status_code == 302, address
                assert "/login/" in answer["Location"]


def test_staff_without_any_page_has_no_pages_app(staff: Client, parts: dict[str, Any], url: Callable[..., str]) -> None:
    assert staff.get(url("changelist")).status_code == 403
    assert url("changelist") not in staff.get(reverse("admin:index")).content.decode()


def test_hidden_pages_do_not_exist_for_editors(
    staff: Client, grant: Any, parts: dict[str, Any], url: Callable[..., str]
) -> None:
    grant(parts["mine"])
    for name in ("hidden", "deeper", "gone"):
        for address in views_of(parts[name]):
            for answer in (staff.get(address), staff.post(address)):
                assert answer.status_code in (404, 405), address
                assert SECRET not in answer.content.decode()


def test_nothing_of_hidden_pages_shows(
    staff: Client, editor: Any, grant: Any, parts: dict[str, Any], url: Callable[..., str]
) -> None:
    from django.contrib.auth.models import Permission

    grant(parts["mine"])
    for page in (parts["hidden"], parts["deeper"]):
        PageGroupPermission.objects.create(group=editor.groups.get(), page=page)
    editor.user_permissions.add(*Permission.objects.filter(codename__endswith="redirect"))
    editor.user_permissions.add(*Permission.objects.filter(codename__endswith="pagegrouppermission"))
    addresses = [
        reverse("admin:index"),
        url("changelist"),
        url("changelist") + "?q=canary",
        url("changelist") + "?order=title",
        url("changelist") + "?_popup=1",
        url("changelist") + "?_popup=1&q=canary",
        url("level"),
        url("choose") + "?q=canary",
        url("bin"),
        url("add"),
        url("add") + f"?parent={parts['hidden'].pk}",
        url("delete", parts["mine"].pk),
        url("move", parts["below"].pk),
        reverse("admin:ai_cms_pages_redirect_add"),
        reverse("admin:ai_cms_pages_pagegrouppermission_add"),
        reverse("admin:autocomplete") + "?term=canary&app_label=ai_cms_pages&model_name=redirect&field_name=page",
    ]
    for name in ("element", "previewlink", "proposal", "publication", "redirect", "revision", "pagegrouppermission"):
        for query in ("", "?q=canary", "?status=all"):
            address = reverse(f"admin:ai_cms_pages_{name}_changelist")
            if query != "?status=all" or name == "proposal":
                addresses.append(address + query)
    for address in addresses:
        html = staff.get(address).content.decode()
        # What was asked for may be repeated.
        for echo in ("q=canary", "q%3dcanary", "q%3Dcanary", 'value="canary"'):
            html = html.replace(echo, "")
        assert SECRET.lower() not in html.lower(), address
    listed = staff.get(url("changelist")).content.decode()
    assert "Mine" in listed
    assert "Home" not in listed.split('id="content-main"')[1]


def test_details_of_hidden_rows_are_not_there(staff: Client, grant: Any, parts: dict[str, Any]) -> None:
    grant(parts["mine"])
    page = parts["hidden"]
    rows = {
        "element": page.elements.first(),
        "previewlink": page.preview_links.get(),
        "publication": page.publication,
        "revision": page.revisions.first(),
        "proposal": page.proposals.get(),
    }
    for name, row in rows.items():
        answer = staff.get(reverse(f"admin:ai_cms_pages_{name}_change", args=[row.pk]))
        # Django leads from a row that is not there to the index, ours answer 404.
        assert answer.status_code in (302, 404), name
    for action in ("accept", "reject"):
        address = reverse(f"admin:ai_cms_pages_proposal_{action}", args=[page.proposals.get().pk])
        assert staff.post(address, {"_all": "1"}).status_code == 404
    assert page.proposals.get().status == "pending"


def test_editors_work_in_their_subtree(
    staff: Client, grant: Any, parts: dict[str, Any], url: Callable[..., str]
) -> None:
    grant(parts["mine"], "change")
    form = staff.get(url("change", parts["below"].pk)).content.decode()
    assert 'name="_save"' in form
    assert 'name="_publish"' not in form
    assert url("delete", parts["below"].pk) not in form
    for name in ("publish", "unpublish", "delete"):
        assert staff.post(url(name, parts["below"].pk)).status_code == 403
    assert staff.post(url("add") + f"?parent={parts['mine'].pk}", {"title": "x"}).status_code == 403
    # A hidden page as the goal of a move answers like one that does not exist.
    for target in (parts["hidden"].pk, 987654):
        answer = staff.post(url("place", parts["below"].pk), {"target": target}, headers=JSON)
        assert answer.status_code == 404
    answer = staff.post(url("bulk"), {"action": "delete", "selected": [parts["hidden"].pk], "confirm": "1"})
    assert get_page_model().objects.filter(pk=parts["hidden"].pk).exists()


def test_a_form_does_not_publish_for_those_who_may_not(
    staff: Client, grant: Any, parts: dict[str, Any], url: Callable[..., str]
) -> None:
    from .test_writing import form_of

    grant(parts["mine"], "change")
    staff.post(url("change", parts["below"].pk), form_of(parts["below"], title="Renamed", _publish=""))
    page = get_page_model().objects.get(pk=parts["below"].pk)
    assert (page.title, page.live) == ("Renamed", False)


#: Django puts every list into a form, with actions or without.
DJANGOS_LIST = 'id="changelist-form" method="post"'


def test_viewers_look_at_everything(reader: Client, parts: dict[str, Any], url: Callable[..., str]) -> None:
    page = parts["hidden"]
    for address in (
        url("changelist"),
        url("changelist") + "?q=canary",
        url("bin"),
        url("level"),
        url("change", page.pk),
        url("history", page.pk),
        url("compare", page.pk) + "?from=1",
        url("revision", page.pk, 1),
        url("revision_preview", page.pk, 1),
        reverse("admin:ai_cms_pages_proposal_changelist"),
        reverse("admin:ai_cms_pages_proposal_change", args=[page.proposals.get().pk]),
        reverse("admin:ai_cms_pages_redirect_changelist"),
    ):
        answer = reader.get(address)
        assert answer.status_code == 200, address
        content = answer.content.decode().split('id="content-main"')[-1]
        # Neither buttons that write nor links to what would be refused.
        assert 'method="post"' not in content.replace(DJANGOS_LIST, ""), address
        for name in ("delete", "move", "unpublish", "schedule", "links", "template", "copy"):
            assert url(name, page.pk) not in content, (address, name)
        for link in _links(content):
            assert reader.get(link).status_code in (200, 302), (address, link)


def _links(html: str) -> set[str]:
    import re

    return {found.replace("&amp;", "&") for found in re.findall(r'href="(/admin/[^"#]*)"', html)}


def test_viewers_write_nothing(reader: Client, parts: dict[str, Any], url: Callable[..., str]) -> None:
    page = parts["hidden"]
    before = list(get_page_model().all_objects.order_by("pk").values_list("pk", "version", "lft", "deleted_at"))
    for address in [*views_of(page), url("add") + f"?parent={page.pk}"]:
        assert reader.post(address, {"title": "x", "_all": "1"}).status_code in (403, 404, 405), address
    answer = reader.post(url("bulk"), {"action": "delete", "selected": [page.pk], "confirm": "1"})
    assert answer.status_code in (302, 403)
    for action in ("accept", "reject"):
        address = reverse(f"admin:ai_cms_pages_proposal_{action}", args=[page.proposals.get().pk])
        assert reader.post(address, {"_all": "1"}).status_code == 403
    link = page.preview_links.get()
    address = reverse("admin:ai_cms_pages_previewlink_changelist")
    reader.post(address, {"action": "revoke", "_selected_action": [link.pk]})
    link.refresh_from_db()
    assert link.revoked_at is None
    assert before == list(get_page_model().all_objects.order_by("pk").values_list("pk", "version", "lft", "deleted_at"))
    assert page.proposals.get().status == "pending"


def test_writes_need_the_token_of_the_form(superuser: Any, parts: dict[str, Any], url: Callable[..., str]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(superuser)
    page = parts["hidden"]
    for address in [*views_of(page), url("bulk")]:
        assert client.post(address, {"action": "delete", "selected": [page.pk]}).status_code in (403, 405), address
    assert get_page_model().objects.filter(pk=page.pk).exists()


@pytest.mark.parametrize("name", ["publish", "place", "revision_restore", "links_revoke", "bulk"])
def test_writes_are_no_get(boss: Client, parts: dict[str, Any], url: Callable[..., str], name: str) -> None:
    arguments = {"bulk": [], "revision_restore": [parts["mine"].pk, 1]}.get(name, [parts["mine"].pk])
    assert boss.get(url(name, *arguments)).status_code == 405


def test_answers_are_private(boss: Client, parts: dict[str, Any], url: Callable[..., str]) -> None:
    for address in (url("changelist"), url("level"), url("choose"), url("draft", parts["mine"].pk)):
        assert "private" in boss.get(address)["Cache-Control"], address
