"""Every operation of the schema, for every kind of principal, on pages in every state: the answers of an independent table."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from rest_framework.test import APIClient

from ai_cms.core.models import ApiToken
from ai_cms.pages import get_page_model, get_template_model, services
from ai_cms.pages.models import Element, PageGroupPermission, PreviewLink, Proposal, Publication, Revision
from tests.conftest import make_user

from .conftest import heading
from .operations import bodies, operations

Template: Any = get_template_model()

ALL = {"view", "add", "change", "delete", "publish", "restore", "purge"}
PROPOSING = {"view", "propose", "propose_add"}
#: What each scope of a token leaves of its user's rights: all that the one before it leaves, and more.
SCOPES = {
    "read": {"view"},
    "propose": PROPOSING,
    "write": PROPOSING | (ALL - {"publish", "purge"}),
    "publish": PROPOSING | (ALL - {"purge"}),
    "admin": PROPOSING | ALL,
}
#: What a principal may do to pages inside the editors' subtree, outside it, and to the owner's own page outside it.
RIGHTS: dict[str, dict[str, set[str]]] = {
    "anonymous": {},
    "member": {},
    "member with permissions": {},
    "owner": {"own": {"view", "change"}},
    "editor": {"inside": ALL},
    "viewer": {"inside": {"view"}, "outside": {"view"}, "own": {"view"}},
    "staff": {"inside": ALL, "outside": ALL, "own": ALL},
    "superuser": {"inside": ALL, "outside": ALL, "own": ALL},
}
TOKENS = {f"{user} with {scope}": (user, scope) for user in ("editor", "superuser") for scope in SCOPES}
#: A token narrows what its user may do, whoever that is: some of them each time, the others when there is time.
FIRST_TOKENS = {"editor with write", "editor with publish", "editor with propose", "superuser with read"}
PRINCIPALS = [
    *RIGHTS,
    *(pytest.param(name, marks=() if name in FIRST_TOKENS else pytest.mark.stress) for name in TOKENS),
]
CASES = [
    ("inside", "draft"),
    ("inside", "live"),
    ("inside", "deleted"),
    ("outside", "draft"),
    ("outside", "deleted"),
    ("own", "live"),
]
#: The right that each operation on one page asks for.
ON_A_PAGE = {
    ("get", "pages/{id}/"): "view",
    ("put", "pages/{id}/"): "change",
    ("patch", "pages/{id}/"): "change",
    ("delete", "pages/{id}/"): "delete",
    ("post", "pages/{id}/operations/"): "change",
    ("post", "pages/{id}/move/"): "change",
    ("post", "pages/{id}/reorder/"): "change",
    ("post", "pages/{id}/copy/"): "view",
    ("post", "pages/{id}/publish/"): "publish",
    ("post", "pages/{id}/unpublish/"): "publish",
    ("post", "pages/{id}/schedule/"): "publish",
    ("post", "pages/{id}/restore/"): "restore",
    ("post", "pages/{id}/purge/"): "purge",
    ("post", "pages/{id}/preview-link/"): "change",
    ("delete", "pages/{id}/preview-link/"): "change",
    ("get", "pages/{id}/revisions/"): "view",
    ("get", "pages/{id}/revisions/compare/"): "view",
    ("get", "pages/{id}/revisions/{number}/"): "view",
    ("post", "pages/{id}/revisions/{number}/restore/"): "change",
    ("get", "pages/{id}/proposals/"): "view",
    ("post", "pages/{id}/proposals/"): "change",
    ("get", "elements/{id}/"): "view",
    ("put", "elements/{id}/"): "change",
    ("patch", "elements/{id}/"): "change",
    ("delete", "elements/{id}/"): "change",
    ("get", "proposals/{id}/"): "view",
    ("post", "proposals/{id}/accept/"): "change",
    ("post", "proposals/{id}/reject/"): "change",
}
#: What the public sees change, by the state of the page (those in the bin were live): it asks for the right to publish too.
PUBLIC_EFFECTS = {(("delete", "pages/{id}/"), "live"), (("post", "pages/{id}/restore/"), "deleted")}
#: The page is named in the body: hidden and missing ones are the same 400.
IN_A_BODY = {
    ("post", "pages/"): "add",
    ("post", "elements/"): "change",
    ("post", "templates/from-page/"): "view",
    ("post", "templates/{id}/instantiate/"): "add",
}
LISTS = {("get", "pages/"), ("get", "pages/tree/"), ("get", "elements/"), ("get", "proposals/"), ("get", "templates/")}
OPEN = {("get", "pages/types/")}
PUBLIC = {("get", "content/"), ("get", "content/{id}/"), ("get", "content/find/")}
TEMPLATES = {
    ("post", "templates/"): "add",
    ("get", "templates/{id}/"): "view",
    ("put", "templates/{id}/"): "change",
    ("patch", "templates/{id}/"): "change",
    ("delete", "templates/{id}/"): "delete",
}
#: What becomes a proposal, or a question to a person, for a token that may only propose: 202 for who has the right to change.
PROPOSABLE = {
    ("put", "pages/{id}/"),
    ("patch", "pages/{id}/"),
    ("delete", "pages/{id}/"),
    ("post", "pages/{id}/operations/"),
    ("post", "pages/{id}/publish/"),
    ("post", "pages/{id}/unpublish/"),
    ("post", "pages/{id}/revisions/{number}/restore/"),
    ("post", "pages/{id}/proposals/"),
    ("put", "elements/{id}/"),
    ("patch", "elements/{id}/"),
    ("delete", "elements/{id}/"),
    ("post", "elements/"),
    ("post", "pages/"),
}
#: By scope rather than by right, since the token is judged before anything is looked up.
PUBLISHING = {("post", f"pages/{{id}}/{verb}/") for verb in ("publish", "unpublish", "schedule")}
#: What a scope reaches.
REACH = {scope: list(SCOPES)[: place + 1] for place, scope in enumerate(SCOPES)}
PURGING = ("post", "pages/{id}/purge/")


def test_the_table_names_every_operation_of_the_schema() -> None:
    named = {*ON_A_PAGE, *IN_A_BODY, *LISTS, *OPEN, *PUBLIC, *TEMPLATES}
    assert named == set(operations())


class World:
    """Users, and pages inside the subtree granted to the editors, outside it, and the owner's."""

    def __init__(self, root: Any, system: Any, editor: Any, superuser: Any) -> None:
        self.users: dict[str, Any] = {
            "editor": editor,
            "superuser": superuser,
            "member": make_user("member"),
            "member with permissions": make_user("imposter"),
            "owner": make_user("owner"),
            "viewer": make_user("viewer", is_staff=True),
            "staff": make_user("staff", is_staff=True),
        }
        verbs = ("view", "add", "change", "delete")
        names = [get_page_model()._meta.model_name, Template._meta.model_name]
        codes = ["publish_page", *(f"{verb}_{model}" for model in names for verb in verbs)]
        for name, wanted in (("staff", codes), ("member with permissions", codes), ("viewer", codes[1:2])):
            self.users[name].user_permissions.set(Permission.objects.filter(codename__in=wanted))

        def make(title: str, parent: Any, **options: Any) -> Any:
            return services.create_page(
                actor=system, parent=parent, title=title, content=[heading()], publish=True, **options
            )

        self.inside = make("Inside", root)
        self.outside = make("Outside", root)
        flags = {f"can_{name}": True for name in ("add", "change", "delete", "publish")}
        PageGroupPermission.objects.create(group=editor.groups.get(), page=self.inside, **flags)
        self.template = services.save_template(None, actor=superuser, values={"name": "Layout", "layout_json": []})
        self.pages: dict[tuple[str, str], Any] = {}
        self.ids: dict[tuple[str, str], dict[str, Any]] = {}
        for place, state in CASES:
            parent = self.inside if place == "inside" else self.outside
            page = make(f"{place} {state}", parent, owner=self.users["owner"] if place == "own" else superuser)
            block = page.content_json.blocks[0]["id"]
            update = [{"op": "update", "id": block, "props": {"text": "Proposed"}}]
            proposal = services.create_proposal(page, update, actor=system)
            if state == "draft":
                services.unpublish_page(page, actor=system)
            if state == "deleted":
                services.delete_page(page, actor=system)
            self.pages[(place, state)] = page
            self.ids[(place, state)] = {
                "page": page.pk,
                "parent": parent.pk,
                "block": block,
                "element": Element.objects.get(page=page).pk,
                "proposal": proposal.pk,
                "template": self.template.pk,
            }

    def client(self, principal: str) -> APIClient:
        client = APIClient()
        user, scope = TOKENS.get(principal, (principal, ""))
        if user != "anonymous":
            token = ApiToken(pk=1, user=self.users[user], scopes=[scope]) if scope else None
            client.force_authenticate(self.users[user], token)
        return client


@pytest.fixture
def world(root: Any, system: Any, editor: Any, superuser: Any) -> World:
    return World(root, system, editor, superuser)


def rights(principal: str, place: str) -> set[str]:
    user, scope = TOKENS.get(principal, (principal, ""))
    found = RIGHTS[user].get(place, set())
    if "change" in found:
        found = {*found, "propose"}
    if "add" in found:
        found = {*found, "propose_add"}
    return found & SCOPES[scope] if scope else found


def adds_somewhere(principal: str) -> bool:
    wanted = "propose_add" if principal.endswith("with propose") else "add"
    return any(wanted in rights(principal, place) for place in ("inside", "outside", "own"))


def stopped_at_the_door(principal: str, operation: tuple[str, str]) -> int | None:
    """Return the answer to who is refused before any object is looked up."""
    if principal == "anonymous":
        return 401
    scope = TOKENS.get(principal, ("", ""))[1]
    if not scope or operation[0] == "get" or proposes(principal, operation):
        return None
    return None if needed(operation) in REACH[scope] else 403


def needed(operation: tuple[str, str]) -> str:
    """Return the scope that a write asks for."""
    return "publish" if operation in PUBLISHING else "admin" if operation == PURGING else "write"


def proposes(principal: str, operation: tuple[str, str]) -> bool:
    """Return whether the token ends below a write that it can propose."""
    scope = TOKENS.get(principal, ("", ""))[1]
    if not scope or operation not in PROPOSABLE or needed(operation) in REACH[scope]:
        return False
    return "propose" in REACH[scope]


def expected(principal: str, operation: tuple[str, str], place: str, state: str) -> set[int]:
    door = stopped_at_the_door(principal, operation)
    if door is not None:
        return {door}
    allowed = rights(principal, place)
    if operation in IN_A_BODY:
        return _in_a_body(principal, operation, allowed, state)
    wanted = ON_A_PAGE[operation]
    if proposes(principal, operation):
        if "view" not in allowed or state == "deleted":
            return {404}
        if operation[1].endswith("restore/") and "propose" in allowed:
            # The only revision is what the page is: there is nothing to propose.
            return {400}
        return ({201} if operation[1].endswith("proposals/") else {202}) if "propose" in allowed else {403}
    in_bin = state == "deleted"
    if "view" not in allowed:
        return {404}
    if wanted in ("restore", "purge"):
        if not in_bin:
            return {409}
    elif in_bin:
        return {404}
    if wanted not in allowed or ((operation, state) in PUBLIC_EFFECTS and "publish" not in allowed):
        return {403}
    if operation[1] in ("pages/{id}/copy/", "pages/{id}/move/"):
        # The place it goes to is the page's own parent, which the owner of a page may not see, let alone add to.
        if place == "own" and principal == "owner":
            return {400}
        if operation[1].endswith("copy/") and "add" not in allowed:
            return {403}
    return {200, 201, 204}


def _in_a_body(principal: str, operation: tuple[str, str], allowed: set[str], state: str) -> set[int]:
    if operation[1] in ("pages/", "templates/from-page/") and not adds_somewhere(principal):
        return {403}
    if operation[1] == "templates/{id}/instantiate/" and not sees_template(principal):
        return {404}
    if "view" not in allowed or state == "deleted":
        return {400}
    if principal.endswith("with propose"):
        return {202} if f"propose{'_add' if operation[1] == 'pages/' else ''}" in allowed else {403}
    return {200, 201} if IN_A_BODY[operation] in allowed else {403}


def sees_template(principal: str) -> bool:
    user = TOKENS.get(principal, (principal, ""))[0]
    scope = TOKENS.get(principal, ("", ""))[1]
    # Policies ask for the scope of adding when they ask whether somebody may add pages somewhere.
    return user in ("staff", "superuser") or (user == "editor" and (not scope or "write" in REACH[scope]))


def fingerprint() -> Any:
    """Return what a refused request must leave as it is."""
    pages = get_page_model().all_objects.non_polymorphic().order_by("pk")
    columns = (
        "pk",
        "version",
        "title",
        "path",
        "lft",
        "deleted_at",
        "published_version",
        "latest_revision",
        "go_live_at",
    )
    counted = (Revision, Publication, Proposal, PreviewLink, Template, Element)
    return (
        list(pages.values_list(*columns)),
        list(Proposal.objects.order_by("pk").values_list("pk", "status")),
        list(Template.objects.order_by("pk").values_list("pk", "version")),
        [model._default_manager.count() for model in counted],
    )


def call(client: APIClient, operation: tuple[str, str], ids: dict[str, Any]) -> Any:
    method, path = operation
    kind = path.split("/")[0].rstrip("s")
    pk = ids["page"] if kind in ("page", "content") else ids[kind]
    url = "/api/" + path.replace("{id}", str(pk)).replace("{number}", "1")
    if url.endswith("compare/"):
        url += "?from=1"
    return getattr(client, method)(url, bodies(ids).get(operation), format="json")


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_who_may_do_what_to_pages(world: World, principal: str) -> None:
    client = world.client(principal)
    before = fingerprint()
    wrong: list[str] = []
    bodies_of_404: set[bytes] = set()
    cells = 0
    for case in CASES:
        for operation in (*ON_A_PAGE, *IN_A_BODY):
            wanted = expected(principal, operation, *case)
            with transaction.atomic():
                answer = call(client, operation, world.ids[case])
                if answer.status_code not in wanted:
                    wrong.append(f"{operation} on {case}: {answer.status_code} for {wanted} {answer.content[:200]!r}")
                if answer.status_code >= 400 and operation[0] != "get" and fingerprint() != before:
                    wrong.append(f"{operation} on {case}: {answer.status_code} had an effect")
                transaction.set_rollback(True)
            if answer.status_code == 404:
                bodies_of_404.add(answer.content)
            cells += 1
    assert not wrong, "\n".join(wrong)
    assert cells == len(CASES) * (len(ON_A_PAGE) + len(IN_A_BODY))
    # A page that is hidden and one that does not exist cannot be told apart.
    if bodies_of_404:
        with transaction.atomic():
            missing = client.get("/api/pages/999999/")
        assert bodies_of_404 == {missing.content}


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_who_may_do_what_to_templates(world: World, principal: str) -> None:
    client = world.client(principal)
    user = TOKENS.get(principal, (principal, ""))[0]
    everything = user in ("staff", "superuser")
    wrong = []
    for operation, action in TEMPLATES.items():
        wanted = {200, 201, 204}
        door = stopped_at_the_door(principal, operation)
        if door is not None:
            wanted = {door}
        elif not sees_template(principal):
            wanted = {403} if action == "add" else {404}
        elif not everything and action in ("change", "delete"):
            wanted = {403}
        with transaction.atomic():
            answer = call(client, operation, world.ids[("inside", "draft")])
            transaction.set_rollback(True)
        if answer.status_code not in wanted:
            wrong.append(f"{operation}: {answer.status_code} for {wanted} {answer.content[:200]!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_lists_hold_what_the_principal_may_read_and_no_more(world: World, principal: str, root: Any) -> None:
    client = world.client(principal)
    if principal == "anonymous":
        for operation in (*LISTS, *OPEN):
            assert call(client, operation, world.ids[("inside", "draft")]).status_code == 401
        return
    visible = {
        page.pk
        for (place, state), page in world.pages.items()
        if state != "deleted" and "view" in rights(principal, place)
    }
    in_bin = {
        page.pk
        for (place, state), page in world.pages.items()
        if state == "deleted" and "view" in rights(principal, place)
    }
    if "view" in rights(principal, "inside"):
        visible.add(world.inside.pk)
    if "view" in rights(principal, "outside"):
        visible |= {world.outside.pk, root.pk}

    def ids(query: str, key: str = "id") -> set[int]:
        return {row[key] for row in client.get(f"/api/{query}").json()["results"]}

    assert ids("pages/?page_size=100") == visible
    assert ids("pages/?deleted=true") == in_bin
    assert ids("elements/?page_size=100", "page") == visible - {root.pk}
    assert ids("proposals/", "page") == visible - {root.pk, world.inside.pk, world.outside.pk}
    assert bool(ids("templates/")) == sees_template(principal)
    top = ids("pages/tree/")
    assert top == ({root.pk} if root.pk in visible else {world.inside.pk} if world.inside.pk in visible else visible)


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_everybody_reads_what_is_published_and_nobody_anything_else(world: World, principal: str) -> None:
    client = world.client(principal)
    found = Counter(client.get(f"/api/content/{page.pk}/").status_code for page in world.pages.values())
    assert found == {200: 2, 404: 4}
    listed = {row["id"] for row in client.get("/api/content/").json()["results"]}
    live = {page.pk for (_place, state), page in world.pages.items() if state == "live"}
    assert listed == {*live, world.inside.pk, world.outside.pk}
