"""The Responses API, embeddings and images of the fault server, as far as they are used."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from typing import Any

from .fault_chat import Chat
from .fault_wire import Quiet, count_tokens, png


class Media(Chat):
    """``POST /v1/responses``, ``/v1/embeddings`` and ``/v1/images/generations``."""

    def _responses(self) -> None:
        self.call.prompt = self._prompt()
        pieces, finish = self._answer()
        text = "".join(pieces)
        self.call.pieces, self.call.delivered = [text], count_tokens(text)
        self.call.reported = (self.call.prompt, self.call.delivered)
        output: list[dict[str, Any]] = [
            {"type": "message", "content": [{"type": "output_text", "text": text}]},
        ]
        wanted = self.call.fault == "tool"
        answered = any(item.get("type") == "function_call_output" for item in self.call.body.get("input", []))
        if wanted and not answered:
            output = [{"type": "function_call", "call_id": "call_0", "name": "lookup", "arguments": '{"query": "fox"}'}]
        response = {
            "id": "resp-1",
            "object": "response",
            "model": self._model,
            "status": "incomplete" if finish == "length" else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if finish == "length" else None,
            "output": output,
            "usage": {"input_tokens": self.call.prompt, "output_tokens": self.call.delivered},
        }
        if not self.call.body.get("stream"):
            self._json(200, response)
            return
        self._head(200, "text/event-stream", {"Transfer-Encoding": "chunked"})
        with Quiet():
            for event in self._response_events(pieces, response, tool=wanted and not answered):
                self._event(event)
                if self.call.fault == "cut-mid-stream" and event["type"] == "response.output_text.delta":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
            self._end()

    def _response_events(self, pieces: list[str], response: dict[str, Any], *, tool: bool) -> Iterator[dict[str, Any]]:
        yield {"type": "response.created", "response": {"id": "resp-1", "model": self._model}}
        if tool:
            item = {"type": "function_call", "call_id": "call_0", "name": "lookup", "arguments": ""}
            yield {"type": "response.output_item.added", "output_index": 0, "item": item}
            for part in ('{"query"', ': "fox"}'):
                yield {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": part}
        elif self.call.fault == "refusal":
            yield {"type": "response.refusal.delta", "delta": "I cannot."}
        else:
            for piece in pieces:
                yield {"type": "response.output_text.delta", "delta": piece}
        if self.call.fault == "error-mid-stream":
            failed = {**response, "status": "failed", "error": {"code": "server_error", "message": "broken"}}
            yield {"type": "response.failed", "response": failed}
            return
        kind = "response.incomplete" if response["status"] == "incomplete" else "response.completed"
        yield {"type": kind, "response": response}

    def _embeddings(self) -> None:
        given = self.call.body.get("input", [])
        texts = [given] if isinstance(given, str) else given
        self.call.prompt = sum(count_tokens(text) for text in texts)
        size = self.call.body.get("dimensions") or 4
        vectors: list[Any] = [[float(index + 1)] * size for index, _ in enumerate(texts)]
        if self.call.fault == "emb-wrong-dim":
            vectors[-1] = [1.0] * (size + 1)
        elif self.call.fault == "emb-nan":
            vectors[-1][0] = float("nan")
        elif self.call.fault == "emb-short":
            vectors.pop()
        elif self.call.fault == "emb-tokens":
            vectors = [[[value] * size for value in (1.0, 2.0)] for _ in texts]
        elif self.call.fault == "emb-text":
            vectors[-1] = ["a"] * size
        data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
        answer = {"object": "list", "model": self._model, "data": data}
        if self.call.fault == "wrong-usage":
            answer["usage"] = {"prompt_tokens": -5, "total_tokens": 10**12}
        elif self.call.fault != "no-usage":
            answer["usage"] = {"prompt_tokens": self.call.prompt, "total_tokens": self.call.prompt}
        self._media(answer)

    def _images(self) -> None:
        self.call.images = 1
        item = {"b64_json": base64.b64encode(self._image()).decode()}
        if self.call.fault == "img-badb64":
            item = {"b64_json": "!!!not base64!!!"}
        elif self.call.fault == "img-url":
            item = {"url": f"{self.faults.url}/image.png"}
        answer: dict[str, Any] = {"created": 1, "data": [] if self.call.fault == "img-none" else [item]}
        if self.call.fault == "img-usage":
            self.call.reported = (7, 60)
            answer["usage"] = {"input_tokens": 7, "output_tokens": 60}
        self._media(answer)

    def _media(self, answer: dict[str, Any]) -> None:
        """Send an answer in one piece; cut off in its middle, or never ending, where that is asked for."""
        if self.call.fault == "cut-mid-stream":
            data = json.dumps(answer).encode()
            self._head(200, "application/json", {"Content-Length": str(len(data))})
            self._raw(data[: len(data) // 2])
            self.connection.shutdown(socket.SHUT_RDWR)
        elif self.call.fault == "huge":
            self._head(200, "application/json")
            while self._raw(b'{"data": [{"b64_json": "' + b"A" * 65_536):
                pass
        else:
            self._json(200, answer)

    def _image(self) -> bytes:
        sizes = {"img-bomb": (60_000, 60_000)}
        if self.call.fault == "img-svg":
            return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        if self.call.fault == "img-html":
            return b"<html><body>no</body></html>"
        if self.call.fault == "img-empty":
            return b""
        image = png(*sizes.get(self.call.fault, (2, 2)), pixels=self.call.fault != "img-bomb")
        return image[:40] if self.call.fault == "img-corrupt" else image
