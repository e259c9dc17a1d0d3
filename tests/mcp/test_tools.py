"""The tools: what they do, how they are described, and what a model is told when they refuse."""

from __future__ import annotations

import json
import math
from typing import Any

import jsonschema
import pytest

from ai_cms.core.models import AgentAccount, ApiToken
from ai_cms.core.permissions import Actor
from ai_cms.mcp.registry import Arguments, Context, Tool, available_tools, tool, tools
from ai_cms.mcp.tools import ORDER
from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import PageApproval, Proposal, Revision

from .conftest import Gate, heading, paragraph


@pytest.fixture
def writer(gate_of: Any, superuser: Any) -> Gate:
    found: Gate = gate_of(superuser, "write")
    return found


@pytest.fixture
def proposer(gate_of: Any, superuser: Any) -> Gate:
    found: Gate = gate_of(superuser, name="Careful")
    return found


def update(page: Any, text: str) -> list[dict[str, Any]]:
    return [{"op": "update", "id": page.content_json.blocks[0]["id"], "props": {"text": text}}]


# How they are described


def listed(gate: Gate) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = gate.legacy("tools/list").json()["result"]["tools"]
    return found


def test_the_order_is_fixed_and_there_are_at_most_twelve(writer: Gate, proposer: Gate) -> None:
    names = [item["name"] for item in listed(writer)]
    assert tuple(names) == ORDER
    assert len(names) <= 12
    assert [item["name"] for item in listed(proposer)] == [name for name in names if name != "register_upload"]


def test_a_reader_sees_the_tools_that_read(gate_of: Any, superuser: Any) -> None:
    names = [item["name"] for item in listed(gate_of(superuser, "read"))]
    assert names == ["find_content", "read_page", "describe_blocks", "check_status", "list_assets"]


def test_the_list_costs_few_tokens(writer: Gate) -> None:
    text = json.dumps(listed(writer), separators=(",", ":"), ensure_ascii=False)
    # JSON of this kind takes 3.6 characters a token and more with every public tokenizer that was tried; this counts 3.
    assert math.ceil(len(text) / 3) <= 2_500
    for item in listed(writer):
        assert len(json.dumps(item)) <= 1_250, item["name"]


def test_each_is_described_and_says_what_it_may_do(writer: Gate) -> None:
    for item in listed(writer):
        assert item["description"].endswith(".")
        hints = item["annotations"]
        assert isinstance(hints["readOnlyHint"], bool)
        assert hints["destructiveHint"] is False
        assert ("idempotentHint" in hints) is not hints["readOnlyHint"]
        schema = item["inputSchema"]
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
        text = json.dumps(schema)
        assert '"$ref"' not in text
        assert '"title": "' not in text
        assert '"anyOf"' not in text


def test_no_tool_is_about_people_secrets_or_settings(writer: Gate) -> None:
    words = json.dumps(listed(writer)).lower()
    assert not [word for word in ("password", "user", "secret", "setting", "permission") if word in words]


# Arguments


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "page is missing"),
        ({"page": "5"}, "page: "),
        ({"page": 5.5}, "page: "),
        ({"page": True}, "page: "),
        ({"page": 0}, "page: "),
        ({"page": None}, "page: "),
        ({"page": 1, "Format": "blocks"}, "There is no argument Format"),
        ({"page": 1, "format": "pdf"}, "format: "),
    ],
)
def test_arguments_are_taken_for_what_they_are(writer: Gate, arguments: dict[str, Any], says: str) -> None:
    text = writer.call("read_page", wrong=True, **arguments)
    assert says in text
    assert "Arguments of read_page: page, format, after." in text
    assert "http" not in text


def test_texts_stay_texts(writer: Gate, page: Any) -> None:
    for title in ("null", '{"a": 1}', '["a"]', "5"):
        made = writer.call("create_draft", parent=page.pk, title=title)
        assert get_page_model().objects.get(pk=made["page"]).title == title


def test_a_json_text_stands_for_a_list_where_the_schema_says_so(writer: Gate, page: Any) -> None:
    operations = json.dumps(update(page, "From a text"))
    done = writer.call("apply_operations", page=page.pk, base_version=1, operations=operations)
    assert done["version"] == 2
    assert "operations" in writer.call(
        "apply_operations", wrong=True, page=page.pk, base_version=2, operations="[broken"
    )


def test_an_unknown_tool_is_told_with_those_there_are(writer: Gate, proposer: Gate) -> None:
    text = writer.call("delete_everything", wrong=True)
    assert "There is no tool 'delete_everything' for you. Tools: find_content, " in text
    # One that the token is too narrow for is as unknown.
    hidden = proposer.call("register_upload", wrong=True, name="a.png", size=5)
    assert hidden.startswith("There is no tool 'register_upload' for you.")


# Reading


def test_pages_are_found_by_words_and_listed(writer: Gate, root: Any, page: Any, system: Actor) -> None:
    services.publish_page(page, actor=system)
    hidden = services.create_page(actor=system, parent=root, title="Wheat draft")
    found = writer.call("find_content", query="bread")["pages"]
    assert [(row["page"], row["live"], row["changed"]) for row in found] == [(page.pk, True, False)]
    assert writer.call("find_content", query="wheat")["pages"][0]["page"] == hidden.pk
    below = writer.call("find_content", below=root.pk)["pages"]
    assert {row["page"] for row in below} == {page.pk, hidden.pk}
    assert "no page 999" in writer.call("find_content", wrong=True, below=999)


def test_a_page_is_read_with_its_version_as_blocks_or_markdown(writer: Gate, page: Any) -> None:
    found = writer.call("read_page", page=page.pk)
    assert (found["version"], found["title"]) == (1, "Rye")
    assert [block["type"] for block in found["blocks"]] == ["heading"]
    assert all("meta" not in block for block in found["blocks"])
    assert writer.call("read_page", page=page.pk, format="markdown")["markdown"] == "# Rye\n\n## Bread\n"
    text = writer.call("read_page", wrong=True, page=999_999)
    assert "Refused (not_found)" in text
    assert "find_content" in text


def test_a_long_page_comes_in_parts(writer: Gate, root: Any, system: Actor) -> None:
    content = [paragraph(f"{number} " + "word " * 2_000) for number in range(8)]
    page = services.create_page(actor=system, parent=root, title="Long", content=content)
    first = writer.call("read_page", page=page.pk)
    assert 0 < len(first["blocks"]) < 8
    ids = [block["id"] for block in first["blocks"]]
    while first.get("more_after"):
        first = writer.call("read_page", page=page.pk, after=first["more_after"])
        ids += [block["id"] for block in first["blocks"]]
    assert ids == [block["id"] for block in page.content_json.blocks]


def test_what_is_published_is_read_by_those_who_see_no_draft(
    gate_of: Any, member: Any, page: Any, system: Actor
) -> None:
    gate = gate_of(member)
    assert "no page" in gate.call("read_page", wrong=True, page=page.pk)
    services.publish_page(page, actor=system)
    found = gate.call("read_page", page=page.pk)
    assert (found["title"], found["blocks"][0]["type"]) == ("Rye", "heading")
    assert "status" not in found
    # To change it they would have to see the draft.
    text = gate.call("propose", wrong=True, page=page.pk, base_version=1, fields={"title": "Mine"})
    assert "no page" in text


def test_block_types_are_listed_and_described_on_demand(writer: Gate) -> None:
    names = writer.call("describe_blocks")["types"]
    assert names["heading"]
    found = writer.call("describe_blocks", types=["heading", "nothing"])
    assert [entry["type"] for entry in found["types"]] == ["heading"]
    assert found["types"][0]["schema"]["properties"]["text"]
    assert found["unknown"] == ["nothing"]


def test_pages_are_resources(writer: Gate, page: Any, root: Any) -> None:
    rows = writer.modern("resources/list").json()["result"]["resources"]
    assert {row["uri"] for row in rows} == {f"cms://pages/{root.pk}", f"cms://pages/{page.pk}"}
    read = writer.modern("resources/read", {"uri": f"cms://pages/{page.pk}"}).json()["result"]
    assert read["contents"][0]["mimeType"] == "text/markdown"
    assert read["contents"][0]["text"] == "# Rye\n\n## Bread\n"
    for uri in ("cms://pages/99999", "cms://pages/x", "file:///etc/passwd"):
        assert writer.legacy("resources/read", {"uri": uri}).json()["error"]["code"] == -32002
        assert writer.modern("resources/read", {"uri": uri}).json()["error"]["code"] == -32602
    assert writer.legacy("resources/templates/list").json()["result"]["resourceTemplates"][0]["uriTemplate"]


def test_resources_come_page_by_page(writer: Gate, root: Any, system: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_cms.mcp.resources.PAGE_SIZE", 2)
    for number in range(4):
        services.create_page(actor=system, parent=root, title=f"Page {number}")
    seen, params = [], {}
    for _round in range(10):
        result = writer.legacy("resources/list", params).json()["result"]
        seen += [row["uri"] for row in result["resources"]]
        if "nextCursor" not in result:
            break
        params = {"cursor": result["nextCursor"]}
    assert len(seen) == len(set(seen)) == 5


# Writing and proposing


def test_operations_are_applied_by_who_may_write(writer: Gate, page: Any) -> None:
    insert = [{"op": "insert", "block": paragraph("More")}]
    done = writer.call("apply_operations", page=page.pk, base_version=1, operations=insert, message="More of it")
    assert done["version"] == 2
    page.refresh_from_db()
    assert [block["id"] for block in page.content_json.blocks][1:] == done["inserted"]
    row = Revision.objects.get(page=page, version=2)
    assert (row.agent, row.message, row.author.username) == ("Scribe (for admin)", "More of it", "admin")
    mark = page.content_json.blocks[1]["meta"]["provenance"]
    assert (mark["source"], mark["by"]) == ("model", "Scribe (for admin)")


def test_the_same_are_proposed_by_who_may_only_propose(proposer: Gate, page: Any) -> None:
    done = proposer.call("apply_operations", page=page.pk, base_version=1, operations=update(page, "Better"))
    proposal = Proposal.objects.get(pk=done["proposal"])
    assert (proposal.agent, proposal.author.username, proposal.status) == ("Careful (for admin)", "admin", "pending")
    page.refresh_from_db()
    assert page.version == 1
    assert done["url"].endswith(f"/admin/ai_cms_pages/proposal/{proposal.pk}/change/")


def test_who_accepts_stands_in_the_history_beside_the_agent(
    proposer: Gate, page: Any, editor: Any, superuser: Any
) -> None:
    from tests.conftest import make_user

    judge = make_user("judge", is_staff=True, is_superuser=True)
    made = proposer.call("propose", page=page.pk, base_version=1, operations=update(page, "Better"), title="Shorter")
    services.accept_proposal(Proposal.objects.get(pk=made["proposal"]), actor=judge)
    row = Revision.objects.get(page=page, version=2)
    assert (row.author, row.agent, row.message) == (judge, "Careful (for admin)", "Shorter")
    status = proposer.call("check_status", proposal=made["proposal"])
    assert (status["status"], status["operations"]) == ("accepted", ["accepted"])


def test_proposals_of_fields_and_of_both(proposer: Gate, page: Any) -> None:
    both = proposer.call(
        "propose", page=page.pk, base_version=1, operations=update(page, "B"), fields={"seo_title": "Rye bread"}
    )
    proposal = Proposal.objects.get(pk=both["proposal"])
    assert (len(proposal.operations), proposal.fields) == (1, {"seo_title": "Rye bread"})
    only = proposer.call("propose", page=page.pk, base_version=1, fields={"title": "Dark rye"})
    assert Proposal.objects.get(pk=only["proposal"]).fields == {"title": "Dark rye"}
    assert "operations, fields or both" in proposer.call("propose", wrong=True, page=page.pk, base_version=1)
    same = proposer.call("propose", wrong=True, page=page.pk, base_version=1, fields={"title": "Rye"})
    assert "nothing to propose" in same
    assert "no such field" in proposer.call("propose", wrong=True, page=page.pk, base_version=1, fields={"slug": "x"})


@pytest.mark.parametrize("name", ["apply_operations", "propose"])
def test_every_change_is_for_a_version(writer: Gate, page: Any, superuser: Any, name: str) -> None:
    block = page.content_json.blocks[0]["id"]
    assert "base_version is missing" in writer.call(name, wrong=True, page=page.pk, operations=update(page, "X"))
    services.apply_page_operations(page, update(page, "By a person"), actor=superuser)
    text = writer.call(name, wrong=True, page=page.pk, base_version=1, operations=update(page, "Mine"))
    assert "stale_version" in text
    assert "has version 2 by now" in text
    assert "read_page" in text
    assert "has not reached" in writer.call(
        name, wrong=True, page=page.pk, base_version=9, operations=update(page, "M")
    )
    # What touches nothing that was changed is for the page as it is.
    insert = [{"op": "insert", "block": heading("New"), "before": block}]
    assert writer.call(name, page=page.pk, base_version=1, operations=insert)


def test_what_a_stale_write_wanted_is_kept(writer: Gate, page: Any, superuser: Any) -> None:
    services.apply_page_operations(page, update(page, "By a person"), actor=superuser)
    writer.call("apply_operations", wrong=True, page=page.pk, base_version=1, operations=update(page, "Mine"))
    kept = Revision.objects.get(page=page, kind="conflict")
    assert kept.content_json.blocks[0]["props"]["text"] == "Mine"


def test_operations_that_cannot_be_are_told_with_their_place(writer: Gate, page: Any) -> None:
    wrong = [
        {"op": "insert", "block": {"type": "heading", "props": {"text": "A", "level": 2}}},
        {"op": "remove", "id": "x"},
    ]
    text = writer.call("apply_operations", wrong=True, page=page.pk, base_version=1, operations=wrong)
    assert "Refused (" in text
    page.refresh_from_db()
    assert page.version == 1
    unknown = [{"op": "insert", "block": {"type": "no_such_type"}}]
    assert "no_such_type" in writer.call(
        "apply_operations", wrong=True, page=page.pk, base_version=1, operations=unknown
    )


def test_a_locked_block_stays(writer: Gate, page: Any, superuser: Any) -> None:
    block = page.content_json.blocks[0]["id"]
    lock = [{"op": "update", "id": block, "meta": {"locked": True}}]
    services.apply_page_operations(page, lock, actor=superuser)
    text = writer.call("apply_operations", wrong=True, page=page.pk, base_version=2, operations=update(page, "X"))
    assert "locked" in text


def test_drafts_are_made_by_who_may_write_and_asked_for_by_others(writer: Gate, proposer: Gate, page: Any) -> None:
    made = writer.call("create_draft", parent=page.pk, title="Sourdough", blocks=[paragraph("Flour")], slug="sour")
    child = get_page_model().objects.get(pk=made["page"])
    assert (child.slug, child.published_version, child.path) == ("sour", None, made["path"])
    asked = proposer.call("create_draft", parent=page.pk, title="Spelt", blocks=[paragraph("Flour")])
    assert (asked["status"], "not made yet" in asked["note"].lower()) == ("pending", True)
    assert not get_page_model().objects.filter(title="Spelt").exists()
    row = PageApproval.objects.get(pk=asked["approval"])
    assert (row.act, row.arguments["title"]) == ("create", "Spelt")
    refused = proposer.call("create_draft", wrong=True, parent=page.pk, title="X", blocks=[{"type": "nothing"}])
    assert "nothing" in refused
    assert "type" in proposer.call("create_draft", wrong=True, parent=page.pk, title="X", type="nothing")


def test_a_repeated_key_is_done_once(writer: Gate, proposer: Gate, page: Any) -> None:
    wanted = {"page": page.pk, "base_version": 1, "operations": [{"op": "insert", "block": heading("Once")}]}
    first = writer.call("apply_operations", **wanted, idempotency_key="k1")
    again = writer.call("apply_operations", **wanted, idempotency_key="k1")
    assert again == {**first, "repeated": True}
    assert "idempotency_key_reused" in writer.call(
        "apply_operations", wrong=True, **{**wanted, "base_version": 2}, idempotency_key="k1"
    )
    # Whatever failed may be tried again, and another token has keys of its own.
    text = writer.call("apply_operations", wrong=True, **{**wanted, "base_version": 77}, idempotency_key="k2")
    assert "has not reached" in text
    assert writer.call("apply_operations", **{**wanted, "base_version": 2}, idempotency_key="k2")["version"] == 3
    assert proposer.call("propose", **wanted, idempotency_key="k1")["proposal"]
    assert "printable" in writer.call("apply_operations", wrong=True, **wanted, idempotency_key="ä")
    made = [writer.call("create_draft", parent=page.pk, title="Twin", idempotency_key="t")["page"] for _ in range(2)]
    assert made[0] == made[1]


def test_what_loads_from_elsewhere_is_left_out(writer: Gate, page: Any) -> None:
    html = '<p>See <img src="https://evil.example/?q=secret"><a href="https://fine.example/">this</a></p>'
    block = {"type": "rich_text", "props": {"html": html}}
    writer.call("apply_operations", page=page.pk, base_version=1, operations=[{"op": "insert", "block": block}])
    writer.call("create_draft", parent=page.pk, title="Child", blocks=[block])
    for row in get_page_model().objects.filter(title__in=["Rye", "Child"]):
        text = json.dumps(row.content_json.to_json())
        assert "evil.example" not in text
        assert "fine.example" in text


# Files and writing tasks


def test_assets_are_listed_and_mark_whoever_reads_them(writer: Gate, superuser: Any) -> None:
    assert writer.call("list_assets")["assets"] == []
    assert not AgentAccount.objects.get().is_contained()
    address = writer.call("register_upload", name="note.txt", size=5, title="A note")
    assert address["method"] == "PUT"
    sent = writer.client.put(address["url"], b"hello", content_type="text/plain")
    assert sent.status_code == 201, sent.content
    assert sent.json()["title"] == "A note"
    assert sent.json()["reference"].startswith("asset:")
    # The address was good for one file.
    assert writer.client.put(address["url"], b"hello", content_type="text/plain").status_code == 404
    assert [row["name"] for row in writer.call("list_assets", query="note")["assets"]] == ["note.txt"]
    assert writer.call("list_assets", kind="image")["assets"] == []
    assert AgentAccount.objects.get().is_contained()


def test_uploads_are_for_what_was_registered(writer: Gate, settings: Any) -> None:
    def put(address: str, body: bytes) -> Any:
        return writer.client.put(address, body, content_type="application/octet-stream")

    address = writer.call("register_upload", name="note.txt", size=5)["url"]
    for body in (b"hell", b"hello!"):
        refused = put(writer.call("register_upload", name="note.txt", size=5)["url"], body)
        assert (refused.status_code, refused.json()["code"]) == (400, "wrong_size")
    assert put(address[:-3] + "xx/", b"hello").status_code == 404
    assert writer.client.get(address).status_code == 405
    ApiToken.objects.update(revoked_at="2020-01-01T00:00Z")
    assert put(address, b"hello").status_code == 403


def test_an_upload_that_is_too_large_is_refused_before_it_is_sent(writer: Gate, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "ASSET_MAX_BYTES": 100}
    assert "at most 100 bytes" in writer.call("register_upload", wrong=True, name="a.txt", size=101)


def test_writing_tasks_run_with_the_sites_model_and_propose(
    proposer: Gate, page: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "RUN_EXECUTOR": "inline"}
    names = proposer.call("run_writing_task")["tasks"]
    assert names
    described = proposer.call("run_writing_task", task="summary" if "summary" in names else next(iter(names)))
    assert described["payload_schema"]["properties"]
    assert "Refused" in proposer.call("run_writing_task", wrong=True, task="nothing", payload={})
    assert "is an id" in proposer.call("run_writing_task", wrong=True, run="x")
    unknown = "00000000-0000-4000-8000-000000000000"
    assert "no such run" in proposer.call("run_writing_task", wrong=True, run=unknown)


# What the host does


class Nothing(Arguments):
    """No arguments."""


def test_a_host_adds_tools_of_its_own(writer: Gate) -> None:
    def boom(context: Context, arguments: Nothing) -> Any:
        """Fail."""
        raise RuntimeError("a secret detail")

    with tools.temporarily("boom", Tool("boom", boom, Nothing, "Fail.")):
        assert [item["name"] for item in listed(writer)][-1] == "boom"
        text = writer.call("boom", wrong=True)
    assert "secret" not in text
    assert text.startswith("The tool failed (")
    assert "boom" not in {item.name for item in available_tools(Actor.system())}
    with pytest.raises(TypeError, match="docstring"):

        @tool()
        def silent(context: Context, arguments: Nothing) -> Any:
            return {}
