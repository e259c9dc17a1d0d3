"""Tools of agents: the user's rights and no more, nothing published without a confirmation."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.llm.tools.registry import ToolContext, ToolResult, available_tools, execute_tool, tools
from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import Proposal, Publication

# Whichever page model is in use: the suite runs with a swapped one too.
Page: Any = get_page_model()

CONTENT = [{"id": "h1", "type": "heading", "props": {"text": "Secret plans"}}]
NAMES = {
    "search_content",
    "list_pages",
    "read_page",
    "list_block_types",
    "propose_changes",
    "create_draft_page",
    "request_publish",
}


def use(user: Any, name: str, approved: bool = False, **arguments: Any) -> ToolResult:
    raw = json.dumps(arguments)
    context = ToolContext(actor=Actor.of(user), request_id="call-1", extra={"model": "m-1"})
    tools.discover()
    if approved and tools[name].needs_approval:
        context = replace(context, approved=frozenset({execute_tool(name, raw, context).key}))
    return execute_tool(name, raw, context)


@pytest.fixture
def page(page_factory: Any) -> Any:
    made: Any = page_factory("Secret", content=CONTENT)
    return made


def test_all_tools_are_discovered(superuser: Any) -> None:
    assert {tool.name for tool in available_tools(Actor.of(superuser))} >= NAMES


def test_a_model_sees_what_its_user_sees(page: Any, editor: Any, member: Any, grant: Any) -> None:
    for user in (member, editor):
        for name, arguments in (
            ("read_page", {"page": page.pk}),
            ("propose_changes", {"page": page.pk, "operations": [{"op": "remove", "id": "h1"}]}),
            ("create_draft_page", {"parent": page.pk, "title": "x"}),
            ("request_publish", {"page": page.pk}),
        ):
            result = use(user, name, approved=True, **arguments)
            assert "Secret" not in result.text
            missing = use(user, name, approved=True, **{**arguments, next(iter(arguments)): 999_999})
            assert result.text == missing.text
        assert "Secret" not in use(user, "list_pages").text
    assert (Proposal.objects.count(), Page.objects.count(), Publication.objects.count()) == (0, 2, 0)
    grant(page, "change")
    assert "Secret plans" in use(editor, "read_page", page=page.pk).text


def test_a_proposal_says_which_model_made_it(page: Any, superuser: Any) -> None:
    operations = [{"op": "insert", "block": {"type": "heading", "props": {"text": "New"}}}]
    result = use(superuser, "propose_changes", page=page.pk, operations=operations)
    proposal = Proposal.objects.get()
    assert str(proposal.pk) in result.text
    assert proposal.provenance == {"source": "model", "by": "agent", "model": "m-1", "call": "call-1"}
    page.refresh_from_db()
    assert page.version == 1


def test_mistakes_are_told_to_the_model(page: Any, superuser: Any) -> None:
    for name, arguments in (
        ("propose_changes", {"page": page.pk, "operations": [{"op": "explode"}]}),
        ("propose_changes", {"page": page.pk, "operations": "all"}),
        ("read_page", {"page": "x"}),
        ("read_page", {"page": 2**80}),
        ("create_draft_page", {"parent": page.pk, "title": "T", "content": [{"type": "no_such"}]}),
        ("search_content", {"query": "' OR 1=1 --"}),
        ("search_content", {"query": "x", "extra": 1}),
    ):
        assert isinstance(use(superuser, name, **arguments).text, str)
    assert Proposal.objects.count() == 0


def test_nothing_is_published_without_a_persons_confirmation(
    page: Any, superuser: Any, editor: Any, grant: Any
) -> None:
    waiting = use(superuser, "request_publish", page=page.pk)
    assert waiting.needs_approval
    assert Publication.objects.count() == 0
    use(superuser, "request_publish", approved=True, page=page.pk)
    assert Publication.objects.count() == 1
    Publication.objects.all().delete()
    grant(page, "change")
    use(editor, "request_publish", approved=True, page=page.pk)
    assert Publication.objects.count() == 0


def test_a_confirmation_is_for_the_version_that_was_looked_at(page: Any, superuser: Any) -> None:
    raw = json.dumps({"page": page.pk})
    context = ToolContext(actor=Actor.of(superuser))
    context = replace(context, approved=frozenset({execute_tool("request_publish", raw, context).key}))
    services.update_page(page, actor=superuser, fields={"title": "Something else"})
    assert execute_tool("request_publish", raw, context).needs_approval
    assert Publication.objects.count() == 0


def test_a_model_that_has_read_what_others_wrote_changes_nothing_by_itself(page: Any, superuser: Any) -> None:
    raw = json.dumps({"parent": page.pk, "title": "Injected"})
    waiting = execute_tool("create_draft_page", raw, ToolContext(actor=Actor.of(superuser), cautious=True))
    assert waiting.needs_approval and not Page.objects.filter(title="Injected").exists()
    approved = ToolContext(actor=Actor.of(superuser), cautious=True, approved=frozenset({waiting.key}))
    assert execute_tool("create_draft_page", raw, approved).ok


def test_a_new_draft_is_a_draft_with_a_proposal(page: Any, superuser: Any) -> None:
    use(superuser, "create_draft_page", parent=page.pk, title="Child", content=CONTENT)
    child = Page.objects.get(title="Child")
    assert (child.live, child.content_json.blocks, child.proposals.count()) == (False, [], 1)
    assert "Child" in use(superuser, "list_pages", parent=page.pk).text
    assert "heading" in use(superuser, "list_block_types", page=page.pk).text


def test_search_finds_what_is_public_only(page: Any, superuser: Any, member: Any) -> None:
    assert use(member, "search_content", query="secret").text in ("[]", "")
    use(superuser, "request_publish", approved=True, page=page.pk)
    assert "Secret" in use(member, "search_content", query="secret").text
