"""Messages, tokens to cancel by, and errors."""

from __future__ import annotations

import dataclasses
import threading
import time

import pytest

from ai_cms.core.exceptions import RequestRefused
from ai_cms.llm import exceptions
from ai_cms.llm.exceptions import LLMBusy, LLMError, LLMRefused, LLMUnavailable
from ai_cms.llm.messages import (
    CancelToken,
    Deadlines,
    ImagePart,
    LLMRequest,
    LLMResponse,
    Message,
    TextPart,
    ToolCall,
    Usage,
)


def test_messages_know_their_text_and_images() -> None:
    picture = ImagePart(b"x")
    message = Message.user([TextPart("a"), picture, TextPart("b")])
    assert message.text == "a\nb"
    assert message.images == [picture]
    assert Message.user("plain").text == "plain"
    assert Message.tool("id", "x") == Message("tool", "x", (), "id")


def test_an_image_is_data_or_an_address() -> None:
    with pytest.raises(ValueError, match="either data or url"):
        ImagePart()
    with pytest.raises(ValueError, match="either data or url"):
        ImagePart(b"x", url="https://example.com/x.png")


def test_usage_adds_up_and_stays_honest() -> None:
    total = Usage(1, 2, 1) + Usage(10, 20, reported=False)
    assert total == Usage(11, 22, 1, reported=False)
    assert total.total_tokens == 33


def test_everything_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Message.user("a").content = "b"  # type: ignore[misc]
    request = LLMRequest([Message.user("a")])
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.model = "b"  # type: ignore[misc]
    changed = request.replace(model="b")
    assert (request.model, changed.model) == ("", "b")
    assert changed.cancel is request.cancel


def test_a_response_becomes_a_turn() -> None:
    calls = (ToolCall("1", "f"),)
    assert LLMResponse("t", calls).message() == Message.assistant("t", calls)
    assert LLMResponse("t", finish_reason="length").truncated


@pytest.mark.parametrize("name", ["first_byte", "gap", "total", "connect"])
def test_deadlines_are_above_zero(name: str) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Deadlines(**{name: 0})


def test_a_cancel_token_runs_its_callbacks_once_and_at_once() -> None:
    token = CancelToken()
    seen: list[int] = []
    token.on_cancel(lambda: seen.append(1))
    take_back = token.on_cancel(lambda: seen.append(2))
    take_back()
    take_back()
    token.cancel()
    token.cancel()
    assert seen == [1]
    token.on_cancel(lambda: seen.append(3))()
    assert seen == [1, 3]
    assert token.cancelled


def test_waiting_is_cut_short_by_cancelling() -> None:
    token = CancelToken()
    threading.Timer(0.1, token.cancel).start()
    started = time.monotonic()
    assert token.wait(5)
    assert time.monotonic() - started < 2
    assert not CancelToken().wait(0.001)


CODES = {
    "LLMBackendMisconfigured": ("ai_backend_misconfigured", 503),
    "LLMBusy": ("ai_busy", 503),
    "LLMCancelled": ("ai_cancelled", 409),
    "LLMCreditsExhausted": ("ai_credits_exhausted", 402),
    "LLMEmptyOutput": ("ai_empty_output", 502),
    "LLMInputTooLong": ("ai_input_too_long", 413),
    "LLMInterrupted": ("ai_interrupted", 502),
    "LLMInvalidEmbedding": ("ai_invalid_embedding", 502),
    "LLMInvalidImage": ("ai_invalid_image", 502),
    "LLMInvalidOutput": ("ai_invalid_output", 502),
    "LLMOutputLimit": ("ai_output_limit", 502),
    "LLMRefused": ("ai_refused", 422),
    "LLMTimeout": ("ai_timeout", 504),
    "LLMToolLimit": ("ai_tool_limit", 502),
    "LLMUnavailable": ("ai_unavailable", 503),
    "LLMUnsupported": ("ai_unsupported", 422),
}


def test_the_codes_of_the_errors_are_stable() -> None:
    found = {}
    for name in exceptions.__all__:
        kind = getattr(exceptions, name)
        if issubclass(kind, LLMError) and kind is not LLMError:
            error = kind()
            found[name] = (error.code, error.status_code)
            assert isinstance(error, RequestRefused)
            assert type(error.detail) is str
            assert error.body() == {"detail": error.detail, "code": error.code}
    assert found == CODES


def test_nothing_is_retried_once_something_was_received() -> None:
    assert LLMUnavailable().retryable
    assert not LLMUnavailable(received=True).retryable
    assert LLMBusy(retry_after=3).retry_after == 3


def test_the_technical_reason_is_not_for_the_client() -> None:
    error = LLMUnavailable(reason="connect to 10.0.0.7 failed")
    assert "10.0.0.7" in str(error)
    assert "10.0.0.7" not in str(error.body())


def test_refusals_are_escaped_and_cut() -> None:
    assert LLMRefused(refusal="<b>" * 1000).body()["refusal_text"].startswith("&lt;b&gt;")
    assert len(LLMRefused(refusal="a" * 5000).body()["refusal_text"]) == 1000
