"""Page types, the tree, templates and elements over REST."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.test.utils import isolate_apps

from ai_cms.core.models import ApiToken, IdempotencyRecord
from ai_cms.pages import get_page_model, get_template_model, services
from ai_cms.pages.models import Element
from ai_cms.pages.services.page_types import page_type_about

from .conftest import heading
from .test_pages import create

Template: Any = get_template_model()


def test_page_types_say_what_can_be_created(admin: Any, root: Any) -> None:
    found = {entry["name"]: entry for entry in admin.get("/api/pages/types/").json()}
    page = found[get_page_model()._meta.label_lower]
    assert (page["is_default"], page["parent_page_types"]) == (True, None)
    assert list(page["schema"]["properties"]) == [field.name for field in get_page_model().type_fields()]


@isolate_apps("django.contrib.contenttypes")
def test_only_words_of_the_project_describe_a_page_type() -> None:
    class Plain(models.Model):  # noqa: DJ008 - never an instance
        class Meta:
            app_label = "contenttypes"

    class Told(models.Model):  # noqa: DJ008 - never an instance
        """A page of the shop.

        More than one line.
        """

        class Meta:
            app_label = "contenttypes"

    assert Plain.__doc__ == "Plain(id)"
    assert page_type_about(Plain) == ""  # type: ignore[arg-type]
    assert page_type_about(Told) == "A page of the shop."  # type: ignore[arg-type]


def test_the_tree_is_read_level_by_level(admin: Any, root: Any) -> None:
    first = create(admin, title="First")
    second = create(admin, title="Second", parent=first["id"])
    third = create(admin, title="Third", parent=second["id"])
    top = admin.get("/api/pages/tree/").json()["results"]
    assert [(node["id"], node["has_children"], node["children"]) for node in top] == [(root.pk, True, None)]
    level = admin.get(f"/api/pages/tree/?parent={root.pk}&depth=2").json()["results"]
    assert [node["id"] for node in level] == [first["id"]]
    assert [(node["id"], node["children"]) for node in level[0]["children"]] == [(second["id"], None)]
    whole = admin.get("/api/pages/tree/?depth=5").json()["results"]
    leaf = whole[0]["children"][0]["children"][0]["children"][0]
    assert (leaf["id"], leaf["has_children"], leaf["children"]) == (third["id"], False, None)
    for query, status in (("depth=6", 400), ("depth=x", 400), ("parent=999", 404), ("parent=x", 400)):
        assert admin.get(f"/api/pages/tree/?{query}").status_code == status, query


def test_the_tree_begins_where_the_actor_may_read(
    client_of: Any, editor: Any, grant: Any, page_factory: Any, django_assert_max_num_queries: Any
) -> None:
    hidden = page_factory("Hidden")
    mine = page_factory("Mine", parent=hidden)
    page_factory("Below", parent=mine)
    grant(mine)
    client = client_of(editor)
    # Content types are looked up once a process.
    client.get("/api/pages/tree/")
    # One is about the posts that the actor may see beside the pages.
    with django_assert_max_num_queries(8):
        top = client.get("/api/pages/tree/").json()["results"]
    assert [(node["id"], node["has_children"]) for node in top] == [(mine.pk, True)]
    assert client.get(f"/api/pages/tree/?parent={hidden.pk}").status_code == 404
    assert client.get(f"/api/pages/?parent={hidden.pk}").json()["count"] == 1
    assert client.get(f"/api/pages/?parent={hidden.parent_id}").json()["count"] == 0


def test_templates_are_kept_and_instantiated(admin: Any, root: Any) -> None:
    layout = [heading("Name", meta={"locked": True}), heading("", meta={"placeholder": "Say what it is"})]
    made = admin.post("/api/templates/", {"name": "Recipe", "layout_json": layout}, format="json")
    assert made.status_code == 201, made.content
    template = made.json()
    assert (made["ETag"], template["layout_json"][0]["meta"]["locked"]) == ('"v1"', True)
    url = f"/api/templates/{template['id']}/"
    assert admin.post("/api/templates/", {"name": "Recipe"}, format="json").json()["code"] == "name_taken"
    listed = admin.get("/api/templates/?search=rec&ordering=-name").json()
    assert (listed["count"], "layout_json" in listed["results"][0]) == (1, False)
    changed = admin.patch(url, {"description": "For food"}, format="json", HTTP_IF_MATCH='"v1"')
    assert (changed.status_code, changed["ETag"]) == (200, '"v2"')
    stale = admin.put(url, {"name": "Other"}, format="json", HTTP_IF_MATCH='"v1"')
    assert (stale.status_code, stale.json()["current_version"]) == (412, 2)
    assert admin.patch(url, {"page_type": "nope"}, format="json").status_code == 400
    page = admin.post(
        f"{url}instantiate/", {"title": "Bread", "slug": "loaf", "position": "first-child"}, format="json"
    )
    assert page.status_code == 201, page.content
    body = page.json()
    assert (body["template"], body["path"], body["content_json"][0]["meta"]["locked"]) == (
        template["id"],
        "/loaf/",
        True,
    )
    assert body["content_json"][0]["id"] != template["layout_json"][0]["id"]
    short = create(admin, title="Rolls", template=template["id"])
    assert [block["props"]["text"] for block in short["content_json"]] == ["Name", ""]
    again = admin.post("/api/templates/from-page/", {"page": short["id"], "name": "From rolls"}, format="json")
    assert (again.status_code, again.json()["page_type"]) == (201, get_page_model()._meta.label_lower)
    assert admin.post("/api/templates/from-page/", {"page": 999, "name": "x"}, format="json").status_code == 400
    assert admin.delete(url, HTTP_IF_MATCH='"v1"').status_code == 412
    assert admin.delete(url).status_code == 204
    assert admin.get(url).status_code == 404
    assert admin.get(f"/api/pages/{body['id']}/").json()["template"] is None
    assert Template.objects.count() == 1


def test_elements_are_operations_on_their_page(admin: Any, root: Any) -> None:
    page = create(admin, content_json=[heading("One"), heading("Two")])
    listed = admin.get(f"/api/elements/?page={page['id']}").json()
    one, two = listed["results"]
    assert (one["uid"], one["order"], one["page_version"]) == (page["content_json"][0]["id"], 0, 1)
    url = f"/api/elements/{one['id']}/"
    assert admin.get(url).json() == one
    patched = admin.patch(url, {"props": {"text": "First"}}, format="json")
    assert (patched.json()["props"], patched["ETag"]) == ({"text": "First", "level": 2}, '"v2"')
    put = admin.put(url, {"props": {"text": "Only text"}}, format="json")
    assert put.json()["props"] == {"text": "Only text"}
    assert admin.put(url, {}, format="json").status_code == 400
    body = {"page": page["id"], "type": "heading", "props": {"text": "Zero", "level": 2}}
    made = admin.post("/api/elements/", {**body, "order": 0}, format="json")
    assert made.status_code == 201, made.content
    assert (made.json()["order"], made["Location"]) == (0, f"/api/elements/{made.json()['id']}/")
    # The row's id stays while the block moves.
    moved = admin.patch(url, {"order": 2}, format="json").json()
    assert (moved["id"], moved["order"], moved["page_version"]) == (one["id"], 2, 5)
    assert admin.patch(url, {"after": None}, format="json").json()["order"] == 0
    inside = {"page": page["id"], "type": "heading", "parent_uid": "nope"}
    for wrong in (inside, {**body, "after": "a", "order": 1}, {**body, "page": 999}, {**body, "type": "nope"}):
        assert admin.post("/api/elements/", wrong, format="json").status_code == 400, wrong
    assert admin.patch(url, {"props": {"text": "x"}}, format="json", HTTP_IF_MATCH='"v1"').status_code == 412
    assert admin.delete(f"/api/elements/{two['id']}/").status_code == 204
    assert admin.get(f"/api/elements/{two['id']}/").status_code == 404
    assert [row["props"]["text"] for row in admin.get(f"/api/elements/?page={page['id']}").json()["results"]] == [
        "Only text",
        "Zero",
    ]


def test_elements_say_which_pages_use_a_block(admin: Any, root: Any) -> None:
    section = {"type": "section", "props": {"title": "Steps"}, "children": [heading()]}
    page = create(admin, content_json=[section])
    create(admin, title="Other", content_json=[heading()])
    rows = admin.get("/api/elements/?type=section").json()["results"]
    assert [row["page"] for row in rows] == [page["id"]]
    assert admin.get("/api/elements/?type=heading&page_size=1&page_number=2").json()["count"] == 2
    inner = admin.get(f"/api/elements/?parent_uid={rows[0]['uid']}").json()["results"]
    assert [(row["type"], row["depth"]) for row in inner] == [("heading", 1)]
    assert admin.get("/api/elements/?page=x").status_code == 400
    admin.delete(f"/api/pages/{page['id']}/")
    assert admin.get("/api/elements/?type=section").json()["count"] == 0
    assert Element.objects.filter(type="section").exists()


def test_a_token_without_the_scope_over_rest(client_of: Any, superuser: Any, page_factory: Any) -> None:
    page = page_factory("Page", publish=True)
    client = client_of(superuser, "write")
    assert client.delete(f"/api/pages/{page.pk}/").status_code == 403
    assert client.patch(f"/api/pages/{page.pk}/", {"slug": "other"}, format="json").status_code == 403
    assert client.patch(f"/api/pages/{page.pk}/", {"title": "Other"}, format="json").status_code == 200
    ApiToken.objects.update(scopes=["write", "publish"])
    assert client.delete(f"/api/pages/{page.pk}/").status_code == 204


def test_a_preview_link_is_in_no_record_and_no_log(
    admin: Any, client: Any, page_factory: Any, system: Any, caplog: Any
) -> None:
    page = page_factory("Page")
    headers = {"HTTP_IDEMPOTENCY_KEY": "link"}
    made = admin.post(f"/api/pages/{page.pk}/preview-link/", {}, format="json", **headers)
    token = made.json()["token"]
    assert made.status_code == 201
    record = IdempotencyRecord.objects.get()
    assert token not in f"{record.body} {record.headers}"
    again = admin.post(f"/api/pages/{page.pk}/preview-link/", {}, format="json", **headers)
    assert (again.status_code, again.json()["code"]) == (409, "idempotency_done")
    services.revoke_preview_links(page, actor=system)
    caplog.clear()
    assert client.get(made.json()["url"]).status_code == 404
    assert "refused" in caplog.text
    assert token not in caplog.text
