"""The official Python client connects, lists, reads, proposes and is refused publishing: either way, over WSGI and ASGI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("mcp", reason="needs the Python SDK of the Model Context Protocol (pip install mcp)")

from ai_cms.core.agents import create_agent, create_agent_token
from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import PageApproval, Proposal, Publication
from tests.conftest import make_user
from tests.mcp.conftest import heading
from tests.mcp.serving import asgi_server, ask

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["wsgi", "asgi"])
def address(request: Any) -> Iterator[str]:
    if request.param == "wsgi":
        yield request.getfixturevalue("live_server").url
        return
    request.getfixturevalue("transactional_db")
    with asgi_server() as found:
        yield found


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_python_client_works(address: str, mode: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    owner = make_user("owner", is_staff=True, is_superuser=True)
    root = services.create_site(hostname="testserver", name="Test", title="Home").root
    page = services.create_page(actor=Actor.system("tests"), parent=root, title="Rye", content=[heading()])
    _token, secret = create_agent_token(create_agent(owner, name="Scribe"))
    block = page.content_json.blocks[0]["id"]

    async def work(client: Any) -> Any:
        listed = await client.list_tools()
        resources = await client.list_resources()
        read = await client.read_resource(f"cms://pages/{page.pk}")
        calls = {}
        for name, arguments in (
            ("find_content", {"query": "Rye"}),
            ("read_page", {"page": page.pk}),
            (
                "propose",
                {
                    "page": page.pk,
                    "base_version": 1,
                    "operations": [{"op": "update", "id": block, "props": {"text": "Better"}}],
                },
            ),
            ("request_publish", {"page": page.pk, "base_version": 1}),
            ("nothing", {}),
        ):
            calls[name] = await client.call_tool(name, arguments)
        return client.protocol_version, listed, resources, read, calls

    version, listed, resources, read, calls = ask(address, secret, work, mode=mode)
    assert version == ("2026-07-28" if mode == "auto" else "2025-11-25")
    assert [tool.name for tool in listed.tools][:3] == ["find_content", "read_page", "describe_blocks"]
    assert all(tool.annotations.destructive_hint is False for tool in listed.tools)
    assert f"cms://pages/{page.pk}" in {str(item.uri) for item in resources.resources}
    assert read.contents[0].text.startswith("# Rye\n\n## Bread")
    assert {name: result.is_error for name, result in calls.items()} == {
        "find_content": False,
        "read_page": False,
        "propose": False,
        "request_publish": True,
        "nothing": True,
    }
    assert json.loads(calls["read_page"].content[0].text)["version"] == 1
    assert Proposal.objects.get().agent == "Scribe (for owner)"
    assert "only a person may publish" in calls["request_publish"].content[0].text
    assert PageApproval.objects.get().status == "pending"
    assert not Publication.objects.exists()


def test_the_python_client_is_told_of_a_bad_token(address: str) -> None:
    async def work(client: Any) -> Any:
        return await client.list_tools()

    with pytest.raises(BaseException) as caught:  # noqa: PT011 - a group of whatever the SDK raises
        ask(address, "aicms_unknown", work)
    assert "401" in repr(caught.value) or "nauthor" in repr(caught.value) or "token" in repr(caught.value).lower()
