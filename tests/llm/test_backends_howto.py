"""The backend of ``docs/how-to/write-a-backend.md`` works as printed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from pydantic import BaseModel

from ai_cms.llm.backends.base import real_calls
from ai_cms.llm.exceptions import InvalidLLMBackend, LLMBackendMisconfigured, LLMBusy, LLMUnavailable
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import Finish, LLMRequest, Message

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "write-a-backend.md"


class Title(BaseModel):
    title: str


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None: ...

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = int(body["model"]) if body["model"].isdigit() else 200
            text = '{"title": "Bread"}' if "title" in body["prompt"] else f"Answer to {body['prompt']}"
            data = json.dumps({"text": text, "usage": [3, 4]}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    monkeypatch.setattr(real_calls, "allowed", True)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


def configured(url: str, **options: Any) -> Any:
    path = "tests.llm.plain_backend.PlainBackend"
    entry = {"BACKEND": path, "MODEL": "small", "OPTIONS": {"url": url, **options}}
    return override_settings(AI_CMS={"LLM": {"default": entry}})


def ask(text: str = "Hello", **options: Any) -> LLMRequest:
    return LLMRequest([Message.user(text)], **options)


def test_it_answers_whole_and_streamed_and_as_an_object(url: str) -> None:
    with configured(url, token="t"):
        response = llms["default"].generate(ask())
        assert response.text == "Answer to user: Hello"
        assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.reported) == (3, 4, True)
        events = list(llms["default"].stream(ask()))
        assert isinstance(events[-1], Finish)
        assert llms["default"].generate(ask("title", response_model=Title)).parsed == Title(title="Bread")


@pytest.mark.parametrize(
    ("status", "error"), [("429", LLMBusy), ("404", LLMBackendMisconfigured), ("500", LLMUnavailable)]
)
def test_its_errors_are_those_of_the_table(url: str, status: str, error: type[Exception]) -> None:
    with configured(url), pytest.raises(error):
        llms["default"].generate(ask(model=status))


def test_a_wrong_option_is_named() -> None:
    with configured("http://x/", colour=1), pytest.raises(InvalidLLMBackend, match=r"unknown option 'colour'.*url"):
        llms["default"]


def test_the_page_shows_this_file() -> None:
    assert "<!-- file: tests/llm/plain_backend.py" in PAGE.read_text("utf-8")
