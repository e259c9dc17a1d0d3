"""A model for tests: it remembers what it was asked and answers what it was told to, or something that fits."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from ai_cms.llm.exceptions import LLMCancelled, LLMError
from ai_cms.llm.messages import (
    CancelToken,
    Deadlines,
    EmbeddingResponse,
    Finish,
    ImageRequest,
    ImageResponse,
    LLMRequest,
    LLMResponse,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageEvent,
)
from ai_cms.llm.tokens import estimate_text, estimate_usage

from .base import BaseLLMBackend
from .examples import example_of

__all__ = ["Fault", "TestingBackend"]


@dataclass(frozen=True)
class Fault:
    """Fail with ``error`` after ``text`` has been delivered, as a provider that breaks off."""

    error: LLMError
    text: str = ""


class TestingBackend(BaseLLMBackend):
    """Answers from a script, else with data that fits the schema that was asked for.

    ``answer``: the text for unscripted calls. ``delay``: seconds before each piece. ``dimensions``: of embeddings.

    ``requests`` holds every request in order; ``script(...)`` queues answers: a text, a dict or Pydantic object (sent
    as JSON), tool calls, a whole LLMResponse, an LLMError, a Fault, or a function of the request that returns one of
    these.
    """

    # Not a test class, whatever its name begins with.
    __test__ = False

    supports_streaming = True
    supports_structured = True
    supports_tools = True
    supports_vision = True
    supports_images = True
    supports_embeddings = True
    makes_real_calls = False

    def __init__(
        self, *, answer: str = "A test answer.", delay: float = 0.0, dimensions: int = 8, **options: Any
    ) -> None:
        super().__init__(**options)
        self.answer = answer
        self.delay = delay
        self.dimensions = dimensions
        self.requests: list[LLMRequest] = []
        self.image_requests: list[ImageRequest] = []
        self.embedded: list[list[str]] = []
        self._script: deque[Any] = deque()
        self._lock = threading.Lock()

    def script(self, *answers: object) -> None:
        """Queue what the next calls answer, one each."""
        with self._lock:
            self._script.extend(answers)

    def clear(self) -> None:
        """Forget requests and script."""
        with self._lock:
            self.requests.clear()
            self.image_requests.clear()
            self.embedded.clear()
            self._script.clear()

    def _next(self, request: object) -> Any:
        with self._lock:
            answer = self._script.popleft() if self._script else None
        return answer(request) if callable(answer) and not isinstance(answer, type) else answer

    def _stream(self, request: LLMRequest) -> Iterator[StreamEvent]:
        with self._lock:
            self.requests.append(request)
        answer = self._next(request)
        if isinstance(answer, LLMError):
            raise answer
        fault = answer if isinstance(answer, Fault) else None
        response = self._response(request, fault.text if fault else answer)
        sent = ""
        # Words with the space that follows, as models send them.
        for piece in re.findall(r"\s*\S+\s*|\s+", response.text):
            if request.cancel.wait(self.delay) if self.delay else request.cancel.cancelled:
                raise LLMCancelled(partial=sent, received=bool(sent))
            sent += piece
            yield TextDelta(piece)
        if fault is not None:
            error = fault.error
            error.partial, error.received = sent, bool(sent)
            error.retryable = error.retryable and not sent
            raise error
        for index, call in enumerate(response.tool_calls):
            yield ToolCallDelta(index, call.id, call.name, call.arguments)
        yield UsageEvent(response.usage)
        yield Finish(response)

    def _response(self, request: LLMRequest, answer: object) -> LLMResponse:
        facts: dict[str, Any] = {
            "model": request.model or self.model or "testing",
            "request_id": f"test-{len(self.requests)}",
        }
        if isinstance(answer, LLMResponse):
            return replace(answer, **{name: value for name, value in facts.items() if not getattr(answer, name)})
        calls: tuple[ToolCall, ...] = ()
        if isinstance(answer, ToolCall):
            calls, text = (answer,), ""
        elif isinstance(answer, (list, tuple)) and answer and all(isinstance(item, ToolCall) for item in answer):
            calls, text = tuple(answer), ""
        elif isinstance(answer, BaseModel):
            text = answer.model_dump_json()
        elif answer is None:
            text = self._default(request)
        else:
            text = answer if isinstance(answer, str) else json.dumps(answer)
        usage = replace(estimate_usage(request, text, calls), reported=True)
        return LLMResponse(text, calls, usage, "tool_calls" if calls else "stop", **facts)

    def _default(self, request: LLMRequest) -> str:
        if request.response_model is not None:
            return json.dumps(example_of(request.response_model.model_json_schema()))
        if request.response_schema is not None:
            return json.dumps(example_of(request.response_schema))
        return self.answer

    def _embed(
        self, texts: list[str], *, model: str, dimensions: int | None, deadlines: Deadlines, cancel: CancelToken
    ) -> EmbeddingResponse:
        with self._lock:
            self.embedded.append(texts)
        answer = self._next(texts)
        if isinstance(answer, LLMError):
            raise answer
        size = dimensions or self.dimensions
        vectors = tuple(_vector(text, size) for text in texts)
        usage = Usage(sum(estimate_text(text) for text in texts), 0)
        return EmbeddingResponse(vectors, size, usage, model or self.model or "testing", "test-embedding")

    def _generate_image(self, request: ImageRequest) -> ImageResponse:
        with self._lock:
            self.image_requests.append(request)
        answer = self._next(request)
        if isinstance(answer, LLMError):
            raise answer
        if isinstance(answer, ImageResponse):
            return answer
        data = answer if isinstance(answer, bytes) else _png()
        return ImageResponse(
            data, "image/png", 1, model=request.model or self.model or "testing", request_id="test-image"
        )


def _vector(text: str, size: int) -> tuple[float, ...]:
    """Return numbers of length one that depend on nothing but ``text``."""
    digest = hashlib.shake_256(text.encode("utf-8", "replace")).digest(size)
    numbers = [byte - 127.5 for byte in digest]
    length = sum(number * number for number in numbers) ** 0.5
    return tuple(number / length for number in numbers)


def _png() -> bytes:
    """Return a grey picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00\x80")) + chunk(b"IEND", b"")
    )
