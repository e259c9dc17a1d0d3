"""The seven steps of a chat client's test script, as written, over HTTP: with no key, and with a server that speaks OpenAI's API."""

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


def test_without_a_key(client: Client, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "RUNNER": "inline", "CHAT_WAIT_SECONDS": 10}
    answer = walk(client)
    assert answer["user_message"]["content"] == "Hello, how are you?"
    assert answer["assistant_message"]["status"] == "complete"
    assert "No AI model is set up" in answer["assistant_message"]["content"]


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
    assert (answer["content"], answer["status"], answer["tokens_used"]) == ("Quite well.", "complete", 23)
    [request] = seen
    assert request["messages"][-1] == {"role": "user", "content": "Hello, how are you?"}
    assert request["messages"][0]["role"] in ("system", "developer")
