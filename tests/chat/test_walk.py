"""The seven steps of a chat client's test script and the lists of endpoints, as written, over HTTP: with no key, and with a server
that speaks OpenAI's API.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from tests.llm.scripted_server import delta, finish, scripted, usage

pytestmark = pytest.mark.django_db


def login(api: Client) -> dict[str, str]:
    """Return the header of somebody who has registered and logged in."""
    from tests.conftest import make_user

    if not apps.is_installed("ai_cms.accounts"):
        from ai_cms.core.tokens import create_token

        _token, secret = create_token(make_user("test"), scopes=["write"])
        return {"Authorization": f"Bearer {secret}"}
    make_user("test")
    body = {"email": "test@example.com", "password": "password"}
    tokens = api.post("/api/auth/login/", body, content_type="application/json")
    assert tokens.status_code == 200, tokens.content
    again = api.post("/api/auth/refresh/", {"refresh": tokens.json()["refresh"]}, content_type="application/json")
    assert again.status_code == 200, again.content
    return {"Authorization": f"Bearer {again.json()['access']}"}


def walk(api: Client) -> dict[str, Any]:
    headers = login(api)
    if apps.is_installed("ai_cms.accounts"):
        me = api.get("/api/users/me/", headers=headers)
        assert me.json()["email"] == "test@example.com"
    agent = api.get("/api/agents/default/", headers=headers)
    assert agent.status_code == 200, agent.content
    assert agent.json()["is_default"] is True
    body = {"title": "Test Conversation", "agent": agent.json()["id"]}
    made = api.post("/api/conversations/", body, content_type="application/json", headers=headers)
    assert made.status_code == 201, made.content
    path = f"/api/conversations/{made.json()['id']}/"
    sent = api.post(
        f"{path}send_message/",
        {"content": "Hello, how are you?"},
        content_type="application/json",
        headers=headers,
    )
    assert sent.status_code == 201, sent.content
    shown = api.get(path, headers=headers).json()
    assert [message["role"] for message in shown["messages"]] == ["user", "assistant"]
    assert shown["messages"][1]["content"] == sent.json()["assistant_message"]["content"]
    assert api.get("/api/messages/", headers=headers).json()["count"] == 2
    assert api.get(f"/api/messages/{shown['messages'][0]['id']}/", headers=headers).json()["role"] == "user"
    answer: dict[str, Any] = sent.json()
    return answer


def endpoints(api: Client) -> None:
    """Call every endpoint of the source documents' lists that the seven steps leave out, each once, as written."""
    from ai_cms.core.tokens import create_token
    from tests.conftest import make_user

    _token, secret = create_token(make_user("lister"), scopes=["write"])
    headers = {"Authorization": f"Bearer {secret}"}

    def ask(method: str, path: str, body: dict[str, Any] | None = None, *, status: int) -> Any:
        send = getattr(api, method)
        found = send(
            f"/api/{path}", *([body] if body is not None else []), content_type="application/json", headers=headers
        )
        assert found.status_code == status, (method, path, found.content)
        return found.json() if found.content else None

    # Agents
    agent = ask("post", "agents/", {"name": "Gardener", "description": "Knows ferns.", "temperature": 0.5}, status=201)
    assert [row["name"] for row in ask("get", "agents/", status=200)["results"]] == ["Gardener"]
    assert ask("get", f"agents/{agent['id']}/", status=200)["description"] == "Knows ferns."
    assert ask("patch", f"agents/{agent['id']}/", {"name": "Botanist"}, status=200)["name"] == "Botanist"
    # Conversations: the list is light, one has its messages.
    talk = ask("post", "conversations/", {"title": "Ferns", "agent": agent["id"]}, status=201)
    [listed] = ask("get", "conversations/", status=200)["results"]
    assert (listed["title"], "messages" in listed) == ("Ferns", False)
    assert ask("patch", f"conversations/{talk['id']}/", {"title": "Moss"}, status=200)["title"] == "Moss"
    ask("post", f"conversations/{talk['id']}/send_message/", {"content": "Hello."}, status=201)
    assert len(ask("get", f"conversations/{talk['id']}/", status=200)["messages"]) == 2
    ask("delete", f"conversations/{talk['id']}/", status=204)
    ask("get", f"conversations/{talk['id']}/", status=404)
    ask("delete", f"agents/{agent['id']}/", status=204)
    # Rooms
    room = ask("post", "rooms/", {"name": "Greenhouse", "description": "Under glass."}, status=201)
    assert [row["name"] for row in ask("get", "rooms/", status=200)["results"]] == ["Greenhouse"]
    assert ask("get", f"rooms/{room['id']}/", status=200)["description"] == "Under glass."
    assert ask("put", f"rooms/{room['id']}/", {"name": "Orangery"}, status=200)["name"] == "Orangery"
    # Messages
    message = ask("post", "messages/", {"room": room["id"], "content": "Who waters?"}, status=201)
    assert [row["content"] for row in ask("get", f"rooms/{room['id']}/messages/", status=200)["results"]] == [
        "Who waters?"
    ]
    assert ask("get", "messages/", status=200)["count"] == 1
    assert ask("get", f"messages/{message['id']}/", status=200)["content"] == "Who waters?"
    assert ask("put", f"messages/{message['id']}/", {"content": "Who waters today?"}, status=200)["edited_at"]
    ask("delete", f"messages/{message['id']}/", status=204)
    assert ask("get", f"messages/{message['id']}/", status=200)["is_deleted"] is True
    ask("delete", f"rooms/{room['id']}/", status=204)
    ask("get", f"rooms/{room['id']}/", status=404)


def test_without_a_key(client: Client, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "RUNNER": "inline", "CHAT_WAIT_SECONDS": 10}
    answer = walk(client)
    assert answer["user_message"]["content"] == "Hello, how are you?"
    assert answer["assistant_message"]["status"] == "complete"
    assert "No AI model is set up" in answer["assistant_message"]["content"]
    endpoints(client)


def test_with_a_server_that_speaks_openai(client: Client, settings: Any, allow_real_llm_calls: None) -> None:
    pytest.importorskip("openai")
    events = [delta("Quite "), delta("well."), finish(), usage(20, 3), b"data: [DONE]\n\n"]
    with scripted(lambda body: events) as (url, seen):
        options = {"base_url": url, "api_key": "sk-test"}
        settings.AI_CMS = {
            **settings.AI_CMS,
            "LLM": {
                "default": {
                    "BACKEND": "ai_cms.llm.backends.openai.OpenAIBackend",
                    "MODEL": "gpt-test",
                    "OPTIONS": options,
                }
            },
            "RUNNER": "inline",
            "CHAT_WAIT_SECONDS": 10,
        }
        answer = walk(client)["assistant_message"]
        endpoints(client)
    assert (answer["content"], answer["status"], answer["tokens_used"]) == ("Quite well.", "complete", 23)
    request, _other = seen
    assert request["messages"][-1] == {"role": "user", "content": "Hello, how are you?"}
    assert request["messages"][0]["role"] in ("system", "developer")
