"""The way to a server by the ``openai`` client library, and the one boundary that turns every fault into an
LLMError.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ai_cms import __version__
from ai_cms.llm.exceptions import LLMBackendMisconfigured, LLMEmptyOutput, LLMError, LLMInterrupted
from ai_cms.llm.messages import StreamEvent, Thinking

from ...core.jsontypes import JsonMapping
from .assembly import Assembler
from .connection import Exchange, on_request, on_response
from .faults import error_for_exception, error_for_status
from .sse import EventParser

__all__ = ["Feed", "Transport"]

Feed = Callable[[Assembler, JsonMapping], Iterator[StreamEvent]]

#: Headers of the library that may leave; whatever else it or its environment variables add is taken out. The last is
#: its own mark for an answer that it leaves to us to read.
_HEADERS = {"host", "accept", "content-type", "content-length", "transfer-encoding", "x-stainless-raw-response"}


class Transport:
    """One server. Everything that is sent is given here: nothing comes from environment variables."""

    def __init__(self, setting: str, base_url: str, api_key: str, headers: Mapping[str, str]) -> None:
        self.setting = setting
        self.base_url = base_url
        self.api_key = api_key
        self.headers = headers
        self._client: Any = None
        self._lock = threading.Lock()

    def open(self) -> None:
        """Make the client if there is none. Raises LLMBackendMisconfigured without the library."""
        with self._lock:
            if self._client is None:
                self._client = self._make_client()

    @property
    def client(self) -> Any:
        """The library's client, shared by all threads."""
        self.open()
        return self._client

    def _library(self) -> Any:
        try:
            import openai
        except ImportError as error:
            raise LLMBackendMisconfigured(
                reason=f"{self.setting} needs the openai package: pip install 'django-ai-cms[openai]'"
            ) from error
        return openai

    def _make_client(self) -> Any:
        openai = self._library()
        http = openai.DefaultHttpxClient(
            follow_redirects=False, event_hooks={"request": [self._on_request], "response": [on_response]}
        )
        # The library refuses to start without a key; the request hook decides what is sent.
        client = openai.OpenAI(api_key=self.api_key or "none", base_url=self.base_url, max_retries=0, http_client=http)
        # The library imports this part at its first use, which would count as the provider's time.
        client.chat.completions.with_streaming_response  # noqa: B018
        return client

    def _on_request(self, request: Any) -> None:
        on_request(request)
        for name in list(request.headers):
            if name.lower() not in _HEADERS:
                del request.headers[name]
        request.headers["Accept-Encoding"] = "identity"
        request.headers["Connection"] = "close"
        request.headers["User-Agent"] = f"ai_cms/{__version__}"
        if self.api_key:
            request.headers["Authorization"] = f"Bearer {self.api_key}"
        for name, value in self.headers.items():
            request.headers[name] = value

    def close(self) -> None:
        """Close the client; the next call makes a new one."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def timeout(self, exchange: Exchange) -> Any:
        """Return the library's own time limits, the second line behind the watchdog."""
        limits = exchange.deadlines
        silence = limits.total if exchange.whole else min(max(limits.first_byte, limits.gap), limits.total)
        connect = min(limits.connect, limits.total)
        return self._library().Timeout(connect=connect, read=silence + 1.0, write=silence + 1.0, pool=connect)

    def answer(self, manager: object, exchange: Exchange) -> tuple[JsonMapping, str]:
        """Send a request whose answer is one JSON object; return that and the request id."""
        with exchange.opened(manager) as response:
            http = response.http_response
            body = b"".join(exchange.body(http))
            request_id: str = http.headers.get("x-request-id", "")
        self.raise_if_stopped(exchange, None)
        data = whole_object(body)
        self._raise_if_error(data, None)
        return data, request_id

    def read(self, response: Any, exchange: Exchange, assembler: Assembler, feed: Feed) -> Iterator[StreamEvent]:
        """Read a stream of events, or the whole answer of a server that does not stream, into ``assembler``."""
        assembler.request_id = response.headers.get("x-request-id", "")
        chunks = exchange.body(response)
        first = next(chunks, b"")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        start = first.lstrip()[:1]
        if kind == "text/event-stream" or (start not in (b"{", b"[", b"<", b"") and kind != "text/html"):
            yield from self._read_events(first, chunks, exchange, assembler, feed)
            return
        body = bytearray(first)
        for chunk in chunks:
            body += chunk
        self.raise_if_stopped(exchange, assembler)
        data = whole_object(bytes(body))
        self._raise_if_error(data, assembler)
        assembler.ended = True
        exchange.hand_over()
        yield from feed(assembler, data)

    def _read_events(
        self, first: bytes, chunks: Iterator[bytes], exchange: Exchange, assembler: Assembler, feed: Feed
    ) -> Iterator[StreamEvent]:
        parser = EventParser()
        chunk: bytes | None = first
        while chunk is not None:
            for raw in parser.feed(chunk):
                yield from self._take(raw, exchange, assembler, feed)
                if assembler.ended:
                    return
            if exchange.reason is not None:
                return
            chunk = next(chunks, None)
        for raw in parser.finish():
            yield from self._take(raw, exchange, assembler, feed)

    def _take(self, raw: bytes, exchange: Exchange, assembler: Assembler, feed: Feed) -> Iterator[StreamEvent]:
        raw = raw.strip()
        if raw.startswith(b"[DONE]"):
            assembler.ended = True
            return
        if not raw:
            return
        try:
            data = json.loads(raw)
        except (ValueError, RecursionError) as error:
            reason = f"an event that is not JSON: {error}"
            raise LLMInterrupted(reason=reason, received=True, **assembler.facts()) from None
        if not isinstance(data, dict):
            return
        self._raise_if_error(data, assembler)
        before, thoughts, shown = assembler.pieces, len(assembler.thoughts), False
        for event in feed(assembler, data):
            shown = True
            exchange.hand_over()
            yield event
        if assembler.pieces != before:
            thought = "".join(assembler.thoughts[thoughts:])
            if thought or not shown:
                exchange.hand_over()
                yield Thinking(thought)
            exchange.progress()

    @contextmanager
    def boundary(self, exchange: Exchange, assembler: Assembler | None = None) -> Iterator[None]:
        """Let nothing but LLMError out."""
        try:
            yield
        except LLMError as error:
            if exchange.reason is None or (assembler is not None and assembler.ended):
                raise
            # What came last is the consequence of our own shutting the connection.
            raise _stopped(exchange, assembler) from error
        except Exception as error:
            facts = assembler.facts() if assembler is not None else {}
            raise error_for_exception(error, exchange, secret=self.api_key, **facts) from error

    def raise_if_stopped(self, exchange: Exchange, assembler: Assembler | None) -> None:
        """Raise LLMTimeout or LLMCancelled if the exchange was stopped before the answer's end."""
        if exchange.reason is not None and not (assembler is not None and assembler.ended):
            raise _stopped(exchange, assembler)

    def _raise_if_error(self, data: JsonMapping, assembler: Assembler | None) -> None:
        """Raise what an error inside of a 200 means: before any answer like a status, after it an interruption."""
        error = data.get("error")
        if not error:
            return
        facts = assembler.facts() if assembler is not None else {}
        if assembler is not None and assembler.started:
            raise LLMInterrupted(reason=f"error in the stream: {json.dumps(error)[:300]}", received=True, **facts)
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        raise error_for_status(status, json.dumps({"error": error}).encode(), {}, secret=self.api_key, **facts)


def _stopped(exchange: Exchange, assembler: Assembler | None) -> LLMError:
    facts = assembler.facts() if assembler is not None else {}
    return error_for_exception(EOFError("stopped"), exchange, **facts)


def whole_object(body: bytes) -> JsonMapping:
    """Return a body that came in one piece as an object. Raises LLMEmptyOutput, LLMInterrupted."""
    text = body.strip()
    if not text or text.startswith(b"<"):
        raise LLMEmptyOutput(reason=f"no answer but {text[:60]!r}", received=bool(text))
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LLMInterrupted(reason=f"a body that is not JSON: {error}", received=True) from None
    if not isinstance(data, dict):
        raise LLMEmptyOutput(reason=f"no answer but {text[:60]!r}", received=True)
    return data
