"""Every tool, by every kind of token and agent, on pages in every state: generated from the list of tools.

Nothing leaks, a refusal leaves everything as it is, and what may not be seen answers like what is missing.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction

from ai_cms.core.agents import create_agent, create_agent_token, mark_outside
from ai_cms.core.models import IdempotencyRecord
from ai_cms.core.permissions import Actor
from ai_cms.core.tokens import create_token
from ai_cms.mcp.tools import ORDER
from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import PageApproval, PageGroupPermission, Proposal, Publication, Revision
from tests.conftest import make_user

from .conftest import Gate, heading

CANARY = "Quetzal"
PLACES = ("inside", "outside")
STATES = ("draft", "live", "deleted")
#: What each user may do to pages in a place.
RIGHTS: dict[str, dict[str, set[str]]] = {
    "member": {},
    "editor": {"inside": {"view", "change", "add", "publish"}},
    "reader": {"inside": {"view"}},
    "superuser": {place: {"view", "change", "add", "publish"} for place in PLACES},
}
TOKENS = ("read", "propose", "write", "publish", "admin")
#: By name: the scope of the agent, whether it keeps to the pages inside, whether it has read text from outside.
AGENTS = {
    "agent reading": ("read", False, False),
    "agent proposing": ("propose", False, False),
    "agent writing": ("write", False, False),
    "agent writing inside": ("write", True, False),
    "agent contained": ("write", False, True),
}
PRINCIPALS = [(user, kind) for user in RIGHTS for kind in (*TOKENS, *AGENTS)]
FIRST = {
    ("editor", "agent writing"),
    ("superuser", "agent writing inside"),
    ("superuser", "agent contained"),
    ("member", "admin"),
}
WRITES = {"apply_operations", "propose", "create_draft", "request_publish"}


class World:
    def __init__(self, root: Any, system: Actor, editor: Any, superuser: Any) -> None:
        self.root = root
        self.users = {"editor": editor, "superuser": superuser, "member": make_user("member")}
        self.users["reader"] = make_user("reader")
        self.tops: dict[str, Any] = {}
        self.pages: dict[tuple[str, str], Any] = {}
        for place in PLACES:
            self.tops[place] = services.create_page(actor=system, parent=root, title=place, content=[heading(place)])
            for state in STATES:
                self.pages[(place, state)] = self._page(place, state, system)
        from django.contrib.auth.models import Group

        every = {f"can_{name}": True for name in ("add", "change", "delete", "publish")}
        PageGroupPermission.objects.create(group=editor.groups.get(), page=self.tops["inside"], **every)
        readers = Group.objects.create(name="Readers")
        self.users["reader"].groups.add(readers)
        # A grant of any kind lets a group read; this one lets it add nothing here.
        PageGroupPermission.objects.create(group=readers, page=self.tops["inside"], can_delete=True)
        self.proposals = {
            key: services.create_proposal(page, [], fields={"title": f"{CANARY} proposed"}, actor=system)
            for key, page in self.pages.items()
            if key[1] != "deleted"
        }

    def _page(self, place: str, state: str, system: Actor) -> Any:
        title = f"{CANARY} {place} {state}"
        page = services.create_page(
            actor=system, parent=self.tops[place], title=title, content=[heading(title)], publish=state == "live"
        )
        if state == "live":
            services.update_page(page, actor=system, fields={"title": f"{title} secret"})
        if state == "deleted":
            services.delete_page(page, actor=system)
        return get_page_model().all_objects.get(pk=page.pk)

    def gate(self, user: str, kind: str) -> Gate:
        owner = self.users[user]
        if kind in TOKENS:
            return Gate(create_token(owner, scopes=[kind], name=kind)[1])
        scope, confined, contained = AGENTS[kind]
        subtrees = [self.tops["inside"].pk] if confined else []
        token, secret = create_agent_token(
            create_agent(owner, name=kind, scope=scope, subtrees=subtrees, rate_per_minute=9_999)
        )
        if contained:
            mark_outside(token, "a test")
        return Gate(secret)


@pytest.fixture
def world(root: Any, system: Actor, editor: Any, superuser: Any) -> World:
    return World(root, system, editor, superuser)


def state_of_everything() -> Any:
    columns = ("pk", "version", "title", "path", "lft", "deleted_at", "published_version", "latest_revision")
    return (
        list(get_page_model().all_objects.non_polymorphic().order_by("pk").values_list(*columns)),
        list(Proposal.objects.order_by("pk").values_list("pk", "status")),
        list(PageApproval.objects.order_by("pk").values_list("pk", "status")),
        [model._default_manager.count() for model in (Revision, Publication, IdempotencyRecord)],
    )


def scope_of(kind: str) -> str:
    if kind in AGENTS:
        scope, _confined, contained = AGENTS[kind]
        return "propose" if contained and scope == "write" else scope
    return kind


def rights(user: str, kind: str, place: str) -> set[str]:
    if kind in AGENTS and AGENTS[kind][1] and place != "inside":
        return set()
    return RIGHTS[user].get(place, set())


def arguments(name: str, page: Any, proposal: Any) -> dict[str, Any]:
    """Return right arguments of a tool for a page; a tool that is not named here has no test."""
    insert = [{"op": "insert", "block": heading("New")}]
    return {
        "find_content": {"query": CANARY},
        "read_page": {"page": page.pk},
        "describe_blocks": {"page": page.pk},
        "apply_operations": {"page": page.pk, "base_version": page.version, "operations": insert},
        "propose": {"page": page.pk, "base_version": page.version, "fields": {"seo_title": "New"}},
        "create_draft": {"parent": page.pk, "title": "New"},
        "request_publish": {"page": page.pk, "base_version": page.version},
        "check_status": {"proposal": proposal.pk if proposal else 999_999},
        "list_assets": {},
        "register_upload": {"name": "a.txt", "size": 5},
        "run_writing_task": {"page": page.pk, "task": "summary"},
    }[name]


def needed(name: str) -> str:
    if name in ("find_content", "read_page", "describe_blocks", "check_status", "list_assets"):
        return "read"
    return "write" if name == "register_upload" else "propose"


#: What a scope includes.
REACH = {scope: set(TOKENS[: place + 1]) for place, scope in enumerate(TOKENS)}


def works(user: str, kind: str, name: str, place: str, state: str) -> bool | None:
    """Return whether a call is to come to something; ``None`` where the table says nothing."""
    if needed(name) not in REACH[scope_of(kind)]:
        return False
    if name in ("find_content", "list_assets", "register_upload"):
        return True
    if name == "run_writing_task":
        return None
    allowed = rights(user, kind, place)
    confined = kind in AGENTS and AGENTS[kind][1]
    if state == "deleted":
        return False
    if name == "read_page":
        return "view" in allowed or (state == "live" and not confined)
    if name in ("describe_blocks", "check_status"):
        return "view" in allowed
    return {"create_draft": "add"}.get(name, "change") in allowed


def test_the_table_names_every_tool() -> None:
    for name in ORDER:
        assert arguments(name, get_page_model()(pk=1, version=1), None) is not None
        assert needed(name) in ("read", "propose", "write")


@pytest.mark.parametrize(
    "principal", [pytest.param(item, marks=() if item in FIRST else pytest.mark.stress) for item in PRINCIPALS]
)
def test_who_may_do_what_by_which_tool(world: World, principal: tuple[str, str]) -> None:
    user, kind = principal
    gate = world.gate(user, kind)
    wrong: list[str] = []
    hidden: dict[str, set[str]] = {}
    cells = 0
    for place in PLACES:
        for state in STATES:
            page = world.pages[(place, state)]
            for name in ORDER:
                wanted = works(user, kind, name, place, state)
                before = state_of_everything()
                with transaction.atomic():
                    given = arguments(name, page, world.proposals.get((place, state)))
                    answer = gate.legacy("tools/call", {"name": name, "arguments": given})
                    after = state_of_everything()
                    transaction.set_rollback(True)
                result = answer.json()["result"]
                text = result["content"][0]["text"]
                where = f"{name} on {place} {state}: {text[:160]}"
                done = not result["isError"] or "Nothing was done: only a person" in text
                if wanted is not None and done is not wanted:
                    wrong.append(f"{where} (wanted {wanted})")
                if not done and after != before:
                    wrong.append(f"{where}: a refusal had an effect")
                if done and (name not in WRITES) and name != "run_writing_task" and after != before:
                    wrong.append(f"{where}: reading had an effect")
                if after[0] != before[0] and "write" not in REACH[scope_of(kind)]:
                    wrong.append(f"{where}: a page was changed")
                if len(after[3]) and after[3][1] != before[3][1]:
                    wrong.append(f"{where}: something was published")
                sees = "view" in rights(user, kind, place) and state != "deleted"
                own = f"{CANARY} {place} {state}"
                if not sees and (f"{own} secret" in text or (state != "live" and own in text)):
                    wrong.append(f"{where}: it leaks")
                if not sees and not done and name in ("read_page", "apply_operations", "propose", "create_draft"):
                    hidden.setdefault(name, set()).add(text.replace(str(page.pk), "N"))
                cells += 1
    assert not wrong, "\n".join(wrong)
    assert cells == len(PLACES) * len(STATES) * len(ORDER)
    # What is hidden, what is in the bin and what has never been there sound the same.
    for name, texts in hidden.items():
        missing = get_page_model()(pk=987_654, version=1)
        result = gate.legacy("tools/call", {"name": name, "arguments": arguments(name, missing, None)}).json()["result"]
        assert {result["content"][0]["text"].replace("987654", "N")} == texts


@pytest.mark.parametrize("user", list(RIGHTS))
def test_lists_hold_what_is_seen_and_no_more(world: World, user: str) -> None:
    for kind in ("read", "agent writing inside"):
        gate = world.gate(user, kind)
        allowed = {place for place in PLACES if "view" in rights(user, kind, place)}
        drafts = {world.pages[(place, state)].pk for place in allowed for state in ("draft", "live")}
        public = set() if kind != "read" else {world.pages[(place, "live")].pk for place in PLACES}
        found = gate.call("find_content", query=CANARY)["pages"]
        assert {row["page"] for row in found} == drafts | public
        uris = {row["uri"] for row in gate.modern("resources/list").json()["result"]["resources"]}
        seen = drafts | {world.tops[place].pk for place in allowed}
        if user == "superuser" and kind == "read":
            seen.add(world.root.pk)
        assert uris == {f"cms://pages/{pk}" for pk in seen}
        text = json.dumps(found)
        for place in set(PLACES) - allowed:
            assert f"{CANARY} {place} draft" not in text
            assert f"{place} live secret" not in text
