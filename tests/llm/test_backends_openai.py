"""What OpenAIBackend sends and reads when nothing goes wrong."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel, Field

from ai_cms.llm.backends.gemini import GeminiBackend
from ai_cms.llm.backends.ollama import OllamaBackend
from ai_cms.llm.backends.openai import OpenAIBackend
from ai_cms.llm.backends.openai_compatible import OpenAICompatibleBackend
from ai_cms.llm.exceptions import (
    InvalidLLMBackend,
    LLMBackendMisconfigured,
    LLMInterrupted,
    LLMInvalidEmbedding,
    LLMInvalidImage,
    LLMRefused,
    LLMTimeout,
    LLMUnavailable,
    LLMUnsupported,
    RealCallForbidden,
)
from ai_cms.llm.messages import (
    Finish,
    ImagePart,
    ImageRequest,
    LLMRequest,
    Message,
    Part,
    TextDelta,
    TextPart,
    ToolCall,
    ToolDefinition,
    UsageEvent,
)

from .fault_server import FaultServer
from .fault_wire import TEXT, count_tokens, png
from .provider import DEADLINES, _provider, ask, backend_for, provider

__all__ = ["_provider", "provider"]

TOOL = ToolDefinition("lookup", "Look a word up.", {"type": "object", "properties": {"query": {"type": "string"}}})


class Answer(BaseModel):
    title: str = Field(max_length=60)
    tags: list[str] = []


def test_nothing_of_the_environment_reaches_the_server(provider: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "env-key")
    monkeypatch.setenv("OPENAI_ORG_ID", "env-org")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "env-project")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Env: leaked\nAuthorization: Bearer env-key")

    backend_for(provider, api_key="").generate(ask())

    assert "env-" not in json.dumps(provider.last.headers)
    assert "leaked" not in json.dumps(provider.last.headers)
    assert set(provider.last.headers) <= {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "user-agent",
        "x-stainless-raw-response",
    }


def test_key_organization_and_headers_of_the_options_are_sent(provider: FaultServer) -> None:
    backend = backend_for(provider, organization="org", project="shop", headers={"X-Team": "web"})
    backend.generate(ask())

    headers = provider.last.headers
    assert headers["authorization"] == "Bearer sk-secret"
    assert (headers["openai-organization"], headers["openai-project"], headers["x-team"]) == ("org", "shop", "web")
    assert headers["accept-encoding"] == "identity"


def test_parameters_are_sent_under_the_names_of_the_server(provider: FaultServer) -> None:
    request = ask(max_tokens=50, temperature=0.3, stop=["END"], tools=[TOOL], tool_choice="lookup")
    backend_for(provider, capabilities={"max_tokens_param": "max_completion_tokens"}).generate(request)
    openai = provider.last.body
    backend_for(provider, OllamaBackend).generate(request)
    ollama = provider.last.body

    assert openai["max_completion_tokens"] == 50
    assert "max_tokens" not in openai
    assert ollama["max_tokens"] == 50
    assert openai["temperature"] == 0.3
    assert openai["stop"] == ["END"]
    assert openai["stream_options"] == {"include_usage": True}
    assert openai["tools"][0]["function"]["name"] == "lookup"
    assert openai["tool_choice"] == {"type": "function", "function": {"name": "lookup"}}
    assert "tool_choice" not in ollama


def test_what_a_model_does_not_take_can_be_left_out(provider: FaultServer) -> None:
    backend_for(provider, omit=["stop", "temperature"], extra_body={"top_k": 5}).generate(
        ask(temperature=1.0, stop=["x"])
    )

    assert "temperature" not in provider.last.body
    assert "stop" not in provider.last.body
    assert provider.last.body["top_k"] == 5


def test_reasoning_models_are_sent_no_temperature() -> None:
    backend = OpenAIBackend(alias="x", model="gpt-5-mini", api_key="k")
    parameters, _ = backend._parameters(ask("", temperature=0.5))
    assert "temperature" not in parameters


@pytest.mark.parametrize("mode", ["json_schema", "json_object+schema", "json_object", "prompt"])
def test_json_is_asked_for_as_the_server_understands_it(provider: FaultServer, mode: str) -> None:
    backend = backend_for(provider, capabilities={"json_mode": mode})
    response = backend.generate(ask('json:{"title": "Bread", "tags": ["a"]}', response_model=Answer))

    assert response.parsed == Answer(title="Bread", tags=["a"])
    body = provider.last.body
    wanted: Any = body.get("response_format")
    if mode == "json_schema":
        assert wanted["json_schema"]["strict"] is True
        assert wanted["json_schema"]["schema"]["required"] == ["title", "tags"]
        # Local servers hold a model to the limits; who refuses them is sent none.
        assert wanted["json_schema"]["schema"]["properties"]["title"]["maxLength"] == 60
        assert "Schema" not in body["messages"][0]["content"]
    else:
        assert (wanted or {}).get("type") == (None if mode == "prompt" else "json_object")
        assert "JSON Schema" in body["messages"][0]["content"]


def test_a_way_of_asking_for_json_that_is_turned_down_gives_way_to_the_next(provider: FaultServer) -> None:
    backend = backend_for(provider)
    request = ask('old-json:{"title": "Bread", "tags": []}', response_model=Answer)

    assert backend.generate(request).parsed == Answer(title="Bread")
    assert [call.body["response_format"]["type"] for call in provider.calls] == ["json_schema", "json_object"]
    provider.clear()
    assert backend.generate(request).parsed == Answer(title="Bread")
    assert len(provider.calls) == 1, "the backend remembers"
    with pytest.raises(LLMUnavailable):
        backend_for(provider, capabilities={"json_mode": "json_schema"}).generate(request)


def test_the_newer_name_of_the_token_limit_is_for_openai_alone(provider: FaultServer) -> None:
    assert OpenAIBackend(alias="x", model="m").max_tokens_param == "max_completion_tokens"
    assert backend_for(provider).max_tokens_param == "max_tokens"


def test_pictures_go_as_data_and_addresses_only_where_they_are_fetched(provider: FaultServer) -> None:
    picture = png(2, 2)
    parts: list[Part] = [TextPart("What is this?"), ImagePart(picture)]
    backend_for(provider).generate(LLMRequest([Message.user(parts)], model="ok"))
    sent = provider.last.body["messages"][0]["content"]

    assert base64.b64decode(sent[1]["image_url"]["url"].partition(",")[2]) == picture
    with pytest.raises(LLMUnsupported):
        backend_for(provider, OllamaBackend).generate(
            LLMRequest([Message.user([ImagePart(url="https://example.com/a.png")])], model="ok")
        )


def test_tool_calls_are_put_together_from_their_pieces(provider: FaultServer) -> None:
    for streaming in (True, False):
        backend = backend_for(provider, capabilities={"streaming": streaming})
        response = backend.generate(ask("tool", tools=[TOOL]))
        assert response.tool_calls == (ToolCall("call_0", "lookup", '{"query": "fox"}'),)
        assert response.finish_reason == "tool_calls"


def test_a_conversation_with_tool_results_is_sent_back(provider: FaultServer) -> None:
    calls = [ToolCall("call_0", "lookup", '{"query": "fox"}'), ToolCall("call_1", "lookup", '{"broken')]
    messages = [
        Message.user("?"),
        Message.assistant("", calls),
        Message.tool("call_0", "red"),
        Message.tool("call_1", "no"),
    ]
    backend_for(provider).generate(LLMRequest(messages, model="tool", tools=[TOOL]))

    sent = provider.last.body["messages"]
    assert [call["function"]["arguments"] for call in sent[1]["tool_calls"]] == ['{"query": "fox"}', "{}"]
    assert sent[2] == {"role": "tool", "tool_call_id": "call_0", "content": "red"}


def test_a_stream_gives_text_usage_and_the_answer(provider: FaultServer) -> None:
    events = list(backend_for(provider).stream(ask()))

    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == TEXT
    usage = [event.usage for event in events if isinstance(event, UsageEvent)]
    assert (usage[-1].input_tokens, usage[-1].output_tokens) == provider.last.reported
    assert isinstance(events[-1], Finish)
    assert events[-1].response.usage == usage[-1]


def test_lone_surrogates_and_nul_neither_leave_nor_arrive(provider: FaultServer) -> None:
    response = backend_for(provider).generate(ask("echo", text="a\ud800b c\x00d é 😀"))

    assert provider.last.body["messages"][-1]["content"] == "a\ufffdb cd é 😀"
    assert response.text == "a\ufffdb cd é 😀"


# The Responses API


@pytest.mark.parametrize("streaming", [True, False])
def test_the_responses_api_gives_the_same_answers(provider: FaultServer, streaming: bool) -> None:
    backend = backend_for(provider, api="responses", capabilities={"streaming": streaming})
    response = backend.generate(ask(max_tokens=90))

    assert provider.last.path == "/v1/responses"
    assert provider.last.body["store"] is False
    assert provider.last.body["max_output_tokens"] == 90
    assert response.text == TEXT
    assert (response.usage.input_tokens, response.usage.output_tokens) == provider.last.reported
    assert response.usage.reported
    assert backend.generate(ask("length", max_tokens=4)).truncated
    parsed = backend.generate(ask('json:{"title": "x", "tags": []}', response_model=Answer))
    assert parsed.parsed == Answer(title="x")
    assert provider.last.body["text"]["format"]["strict"] is True
    called = backend.generate(ask("tool", tools=[TOOL]))
    assert called.tool_calls == (ToolCall("call_0", "lookup", '{"query": "fox"}'),)
    messages = [Message.user("?"), called.message(), Message.tool("call_0", "red")]
    assert backend.generate(LLMRequest(messages, model="tool", tools=[TOOL])).text == TEXT


def test_faults_of_the_responses_api(provider: FaultServer) -> None:
    backend = backend_for(provider, api="responses")
    for fault, error in (
        ("cut-mid-stream", LLMInterrupted),
        ("error-mid-stream", LLMInterrupted),
        ("refusal", LLMRefused),
        ("401", LLMBackendMisconfigured),
        ("drop", LLMUnavailable),
    ):
        with pytest.raises(error):
            backend.generate(ask(fault))


# Embeddings and images


def test_embeddings(provider: FaultServer) -> None:
    response = backend_for(provider, embedding_model="emb").embed(["one two", "three"], dimensions=3)

    assert response.vectors == ((1.0, 1.0, 1.0), (2.0, 2.0, 2.0))
    assert response.dimensions == 3
    assert response.usage.input_tokens == count_tokens("one two three")
    assert provider.last.body["model"] == "emb"


def test_one_vector_a_token_becomes_their_mean(provider: FaultServer) -> None:
    assert backend_for(provider).embed(["one", "two"], model="emb-tokens").vectors[0] == (1.5, 1.5, 1.5, 1.5)


@pytest.mark.parametrize("fault", ["emb-wrong-dim", "emb-nan", "emb-short", "emb-text"])
def test_embeddings_that_do_not_fit_are_refused(provider: FaultServer, fault: str) -> None:
    with pytest.raises(LLMInvalidEmbedding) as caught:
        backend_for(provider).embed(["one", "two"], model=fault)
    assert caught.value.usage is not None
    assert caught.value.usage.input_tokens == 2


def test_images_come_as_data_and_are_checked(provider: FaultServer) -> None:
    image = backend_for(provider, image_model="dall-e-3").generate_image(ImageRequest("A fox", size="1024x1024"))

    assert image.data == png(2, 2)
    assert image.mime == "image/png"
    assert provider.last.body["response_format"] == "b64_json"
    backend_for(provider).generate_image(ImageRequest("A fox"))
    assert "response_format" not in provider.last.body


@pytest.mark.parametrize(
    "fault", ["img-corrupt", "img-bomb", "img-svg", "img-html", "img-badb64", "img-empty", "img-url", "img-none"]
)
def test_what_is_no_image_is_refused(provider: FaultServer, fault: str) -> None:
    with pytest.raises(LLMInvalidImage) as caught:
        backend_for(provider).generate_image(ImageRequest("A fox", model=fault))
    assert caught.value.count == 1
    assert len(provider.calls) == 1, "nothing was fetched"


@pytest.mark.parametrize(
    ("fault", "error"), [("500", LLMUnavailable), ("401", LLMBackendMisconfigured), ("hang", LLMTimeout)]
)
def test_images_and_embeddings_fail_like_texts(provider: FaultServer, fault: str, error: type[Exception]) -> None:
    backend = backend_for(provider, deadlines={**DEADLINES, "total": 0.8})
    with pytest.raises(error):
        backend.generate_image(ImageRequest("A fox", model=fault))
    with pytest.raises(error):
        backend.embed(["x"], model=fault)


# Configuration


def test_options_are_checked_and_named_by_their_path() -> None:
    with pytest.raises(InvalidLLMBackend, match=r"AI_CMS\['LLM'\]\['x'\]\['OPTIONS'\]: unknown option 'key'"):
        OpenAIBackend(alias="x", key="1")
    with pytest.raises(InvalidLLMBackend, match=r"\['api'\]: must be 'chat' or 'responses'"):
        OpenAIBackend(alias="x", api="other")
    with pytest.raises(InvalidLLMBackend, match=r"\['capabilities'\]: unknown 'magic'"):
        OpenAIBackend(alias="x", capabilities={"magic": True})
    with pytest.raises(InvalidLLMBackend, match="json_mode must be one of"):
        OpenAIBackend(alias="x", capabilities={"json_mode": "yes"})


@pytest.mark.parametrize(
    "url", ["ftp://x/v1", "localhost:80", "http://u:p@x/v1", "http://x/v1?a=1", "file:///etc/passwd"]
)
def test_base_urls_are_checked(url: str) -> None:
    with pytest.raises(InvalidLLMBackend, match="base_url"):
        OpenAICompatibleBackend(alias="x", base_url=url)


def test_checks() -> None:
    assert {message.id for message in OpenAIBackend(alias="x").check()} == {"ai_cms_llm.W001", "ai_cms_llm.W002"}
    assert {message.id for message in GeminiBackend(alias="x", model="m").check()} == {"ai_cms_llm.W001"}
    assert OllamaBackend(alias="x", model="m").check() == []
    plain = OpenAIBackend(alias="x", model="m", api_key="k", base_url="http://example.com/v1")
    assert [message.id for message in plain.check()] == ["ai_cms_llm.W003"]


def test_without_a_key_nothing_is_sent() -> None:
    backend = GeminiBackend(alias="x", model="m")
    with pytest.raises(LLMBackendMisconfigured, match="api_key is missing"):
        list(backend._stream(ask()))


def test_real_calls_can_be_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    from ai_cms.llm.backends.base import real_calls

    monkeypatch.setattr(real_calls, "allowed", False)
    with pytest.raises(RealCallForbidden, match=r"AI_CMS\['LLM'\]\['x'\]"):
        OpenAIBackend(alias="x", model="m", api_key="k").generate(ask())


def test_the_library_is_not_imported_before_the_first_call() -> None:
    code = (
        "import django, sys; from django.conf import settings; settings.configure(SECRET_KEY='x'); django.setup();"
        "from ai_cms.llm.backends.openai import OpenAIBackend;"
        "backend = OpenAIBackend(alias='x', model='m', api_key='k'); backend.check();"
        "assert 'openai' not in sys.modules and 'httpx2' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=dict(os.environ), timeout=60)


def test_closing_makes_a_new_client_at_the_next_call(provider: FaultServer) -> None:
    backend: Any = backend_for(provider)
    assert backend.generate(ask()).text == TEXT
    backend.close()
    assert backend.generate(ask()).text == TEXT
