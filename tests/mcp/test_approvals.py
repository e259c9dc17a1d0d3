"""Only a person approves, on a page of ours, once, for what was looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from ai_cms.core.agents import create_agent, create_agent_token
from ai_cms.core.models import ApprovalStatus
from ai_cms.core.permissions import Actor
from ai_cms.core.tokens import create_token
from ai_cms.pages import get_page_model, services
from ai_cms.pages.exceptions import ApprovalClosed, ApprovalOutdated, PersonNeeded
from ai_cms.pages.models import PageAct, PageApproval, PageGroupPermission, Publication, Revision

from .conftest import Gate, heading

ELICITING = {"elicitation": {"form": {}, "url": {}}}


@pytest.fixture
def gate(gate_of: Any, superuser: Any) -> Gate:
    found: Gate = gate_of(superuser)
    return found


def asked(gate: Gate, page: Any, act: str = "publish", version: int = 1) -> PageApproval:
    text = gate.call("request_publish", wrong=True, page=page.pk, base_version=version, act=act)
    assert "Nothing was done" in text
    return PageApproval.objects.latest("created_at")


def person(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def decide(client: Client, approval: PageApproval, decision: str = "approve") -> Any:
    return client.post(reverse("ai_cms_mcp:approval", args=[approval.pk]), {"decision": decision}, follow=True)


def test_a_person_approves_and_it_is_done_in_their_name(gate: Gate, page: Any, superuser: Any) -> None:
    from tests.conftest import make_user

    judge = make_user("judge", is_staff=True, is_superuser=True)
    approval = asked(gate, page)
    client = person(judge)
    shown = client.get(reverse("ai_cms_mcp:approval", args=[approval.pk])).content.decode()
    assert "Scribe (for admin)" in shown
    assert "<ins>Bread" in shown
    assert "It was done." in decide(client, approval).content.decode()
    publication = Publication.objects.get(page=page)
    row = Revision.objects.get(page=page, number=publication.revision)
    assert (row.author, row.agent) == (judge, "Scribe (for admin)")
    approval.refresh_from_db()
    assert (approval.status, approval.decided_by) == ("used", judge)
    told = gate.call("check_status", approval=str(approval.pk))
    assert (told["status"], told["result"]["version"]) == ("used", 1)


@pytest.mark.parametrize("act", ["unpublish", "delete", "create"])
def test_the_other_acts(gate: Gate, page: Any, superuser: Any, system: Actor, act: str) -> None:
    services.publish_page(page, actor=system)
    if act == "create":
        approval = PageApproval.objects.get(
            pk=gate.call("create_draft", parent=page.pk, title="Spelt", blocks=[heading("Flour")])["approval"]
        )
    else:
        approval = asked(gate, page, act)
    client = person(superuser)
    assert client.get(reverse("ai_cms_mcp:approval", args=[approval.pk])).status_code == 200
    assert "It was done." in decide(client, approval).content.decode()
    model = get_page_model()
    if act == "unpublish":
        assert not Publication.objects.exists()
    elif act == "delete":
        assert model.all_objects.get(pk=page.pk).deleted_at is not None
    else:
        made = model.objects.get(title="Spelt")
        assert made.published_version is None
        assert made.content_json.blocks[0]["meta"]["provenance"]["source"] == "model"
        assert made.content_json.blocks[0]["meta"]["provenance"]["by"] == "Scribe (for admin)"


def test_a_refusal_changes_nothing_and_is_final(gate: Gate, page: Any, superuser: Any) -> None:
    approval = asked(gate, page)
    client = person(superuser)
    assert "It was refused" in decide(client, approval, "refuse").content.decode()
    assert "decided already" in decide(client, approval).content.decode()
    assert not Publication.objects.exists()
    assert gate.call("check_status", approval=str(approval.pk))["status"] == "refused"


def test_it_is_asked_for_once(gate: Gate, page: Any) -> None:
    assert asked(gate, page) == asked(gate, page)
    assert PageApproval.objects.count() == 1


def test_a_replayed_an_expired_and_an_outdated_approval_do_nothing(
    gate: Gate, page: Any, superuser: Any, system: Actor
) -> None:
    client = person(superuser)
    first = asked(gate, page)
    decide(client, first)
    services.unpublish_page(page, actor=system)
    assert "decided already" in decide(client, first).content.decode()
    late = asked(gate, page)
    assert late != first
    PageApproval.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "has waited too long" in decide(client, late).content.decode()
    assert gate.call("check_status", approval=str(late.pk))["status"] == "expired"
    old = asked(gate, page)
    services.update_page(page, actor=system, fields={"title": "Another"})
    assert "changed since this was asked for" in decide(client, old).content.decode()
    old.refresh_from_db()
    assert old.status == ApprovalStatus.EXPIRED
    assert not Publication.objects.exists()


def test_other_arguments_are_another_approval(gate: Gate, page: Any, superuser: Any) -> None:
    approval = asked(gate, page)
    PageApproval.objects.filter(pk=approval.pk).update(act=PageAct.DELETE)
    assert "changed since" in decide(person(superuser), approval).content.decode()
    made = PageApproval.objects.get(pk=gate.call("create_draft", parent=page.pk, title="Fine")["approval"])
    PageApproval.objects.filter(pk=made.pk).update(arguments={"title": "Evil", "content": []})
    assert "changed since" in decide(person(superuser), made).content.decode()
    assert not get_page_model().objects.filter(title="Evil").exists()


def test_the_right_is_asked_for_when_somebody_decides(
    gate: Gate, page: Any, root: Any, editor: Any, member: Any
) -> None:
    approval = asked(gate, page)
    address = reverse("ai_cms_mcp:approval", args=[approval.pk])
    # Whoever does not see the page sees nothing of it.
    assert person(member).get(address).status_code == 404
    assert decide(person(member), approval).status_code == 404
    rights = PageGroupPermission.objects.create(group=editor.groups.get(), page=root, can_change=True)
    for decision in ("approve", "refuse"):
        assert "do not have permission" in decide(person(editor), approval, decision).content.decode()
    approval.refresh_from_db()
    assert approval.status == "pending"
    rights.can_publish = True
    rights.save()
    assert "It was done." in decide(person(editor), approval).content.decode()
    anonymous = Client().get(address)
    assert anonymous.status_code == 302


def test_no_program_decides(gate: Gate, page: Any, superuser: Any, site: Any) -> None:
    approval = asked(gate, page)
    tokens = [
        create_token(superuser, scopes=["read", "propose", "write", "publish", "admin"])[1],
        create_agent_token(create_agent(superuser, name="Judge", scope="write"))[1],
    ]
    for secret in tokens:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        answer = client.post(reverse("ai_cms_mcp:approval", args=[approval.pk]), {"decision": "approve"})
        assert answer.status_code == 302
        assert client.get(f"/api/page-approvals/{approval.pk}/").json()["status"] == "pending"
        for path in ("", "decide/", "approve/"):
            assert client.post(f"/api/page-approvals/{approval.pk}/{path}", {}, format="json").status_code in (404, 405)
    scopes = frozenset({"read", "propose", "write", "publish", "admin"})
    for actor in (
        Actor(user=superuser, scopes=scopes, via="token"),
        Actor(user=superuser, scopes=scopes, via="agent"),
        Actor(user=superuser, via="agent"),
        Actor(user=superuser, via="token"),
        Actor(user=superuser, via="command"),
        Actor.system("x"),
        Actor.anonymous(),
    ):
        for approved in (True, False):
            with pytest.raises(PersonNeeded):
                services.decide_approval(approval, approved=approved, actor=actor)
    assert not Publication.objects.exists()


def test_a_page_of_another_site_cannot_press_the_button(gate: Gate, page: Any, superuser: Any) -> None:
    approval = asked(gate, page)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(superuser)
    assert strict.post(reverse("ai_cms_mcp:approval", args=[approval.pk]), {"decision": "approve"}).status_code == 403
    assert decide(person(superuser), approval, "something").status_code == 200
    approval.refresh_from_db()
    assert approval.status == "pending"


def test_what_cannot_be_published_stays_open(gate: Gate, root: Any, superuser: Any, system: Actor) -> None:
    broken = [{"type": "heading", "props": {"text": "", "level": 2}}]
    page = services.create_page(actor=system, parent=root, title="Broken", content=broken)
    approval = asked(gate, page)
    answer = decide(person(superuser), approval).content.decode()
    assert "gate-wrong" in answer
    approval.refresh_from_db()
    assert approval.status == "pending"
    assert not Publication.objects.exists()


def test_an_approval_is_for_the_version_that_was_named(gate: Gate, page: Any) -> None:
    text = gate.call("request_publish", wrong=True, page=page.pk, base_version=9)
    assert "stale_version" in text
    assert not PageApproval.objects.exists()


def test_the_list_says_what_waits_and_what_to_do_where_nothing_does(
    gate: Gate, page: Any, superuser: Any, member: Any
) -> None:
    client = person(superuser)
    assert "Nothing waits." in client.get("/mcp/approvals/").content.decode()
    asked(gate, page)
    text = client.get("/mcp/approvals/").content.decode()
    assert "Publish the page: Rye" in text
    assert "Nothing waits." in person(member).get("/mcp/approvals/").content.decode()


# What a client may show its person, and what it is worth


def ask_again(gate: Gate, arguments: dict[str, Any], state: Any, answer: str = "accept") -> Any:
    params = {
        "name": "request_publish",
        "arguments": arguments,
        "inputResponses": {"approval": {"action": answer, "content": {"approved": True}}},
        "requestState": state,
    }
    return gate.modern("tools/call", params, abilities=ELICITING)


def test_input_required_is_a_courtesy(gate: Gate, page: Any, superuser: Any) -> None:
    arguments = {"page": page.pk, "base_version": 1}
    first = gate.modern("tools/call", {"name": "request_publish", "arguments": arguments}, abilities=ELICITING).json()
    result = first["result"]
    assert result["resultType"] == "input_required"
    request = result["inputRequests"]["approval"]
    assert request["method"] == "elicitation/create"
    assert request["params"]["mode"] == "url"
    approval = PageApproval.objects.get()
    assert request["params"]["url"].endswith(f"/mcp/approvals/{approval.pk}/")
    # The client answers by itself, again and again.
    for _round in range(3):
        again = ask_again(gate, arguments, result["requestState"]).json()["result"]
        assert (again["isError"], again["resultType"]) == (True, "complete")
        assert "Nothing was done so far" in again["content"][0]["text"]
    assert not Publication.objects.exists()
    decide(person(superuser), approval)
    done = ask_again(gate, arguments, result["requestState"]).json()["result"]
    assert done["isError"] is False
    assert '"status":"used"' in done["content"][0]["text"]


def test_a_client_that_cannot_open_addresses_gets_the_words(gate: Gate, page: Any) -> None:
    call = {"name": "request_publish", "arguments": {"page": page.pk, "base_version": 1}}
    for abilities in ({}, {"elicitation": {}}, {"elicitation": {"form": {}}}, {"elicitation": True}, []):
        result = gate.modern("tools/call", call, abilities=abilities).json()["result"]
        assert result["isError"] is True
        assert "/mcp/approvals/" in result["content"][0]["text"]


def test_request_state_is_of_one_call_of_one_token(
    gate: Gate, gate_of: Any, page: Any, root: Any, superuser: Any, system: Actor, settings: Any
) -> None:
    arguments = {"page": page.pk, "base_version": 1}
    first = gate.modern("tools/call", {"name": "request_publish", "arguments": arguments}, abilities=ELICITING).json()
    state = first["result"]["requestState"]
    other = services.create_page(actor=system, parent=root, title="Other")
    stranger = gate_of(superuser, name="Stranger")

    def code(answer: Any) -> int:
        assert answer.status_code == 400, answer.content
        found: int = answer.json()["error"]["code"]
        return found

    assert code(ask_again(gate, {"page": other.pk, "base_version": 1}, state)) == -32602
    assert code(ask_again(gate, {**arguments, "act": "delete"}, state)) == -32602
    assert code(ask_again(stranger, arguments, state)) == -32602
    assert code(ask_again(gate, arguments, state[:-1] + ("A" if state[-1] != "A" else "B"))) == -32602
    for forged in ("", "x", str(PageApproval.objects.get().pk), 5, {"approved": True}):
        assert code(ask_again(gate, arguments, forged)) == -32602
    # The first shot: an answer to what nobody has asked.
    params = {"name": "request_publish", "arguments": arguments, "inputResponses": {"approval": {"action": "accept"}}}
    assert code(gate.modern("tools/call", params, abilities=ELICITING)) == -32602
    legacy = gate.legacy("tools/call", {**params, "requestState": state})
    assert legacy.json()["error"]["code"] == -32602
    settings.AI_CMS = {**settings.AI_CMS, "APPROVAL_SECONDS": -1}
    assert code(ask_again(gate, arguments, state)) == -32602
    assert not Publication.objects.exists()


def test_services_close_what_was_decided(page: Any, superuser: Any) -> None:
    actor = Actor(user=superuser, scopes=frozenset({"propose"}), via="token")
    approval = services.ask_approval(page, PageAct.PUBLISH, actor=actor)
    services.decide_approval(approval, approved=True, actor=superuser)
    with pytest.raises(ApprovalClosed):
        services.decide_approval(approval, approved=False, actor=superuser)
    second = services.ask_approval(page, PageAct.UNPUBLISH, actor=actor)
    services.update_page(page, actor=superuser, fields={"title": "Another"})
    with pytest.raises(ApprovalOutdated):
        services.decide_approval(second, approved=True, actor=superuser)
    assert (second.status, Publication.objects.count()) == ("expired", 1)
