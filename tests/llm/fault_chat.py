"""Chat completions of the fault server, whole and streamed."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from .fault_wire import TEXT, Quiet, Wire, count_tokens, pieces_of


class Chat(Wire):
    """``POST /v1/chat/completions``."""

    def _prompt(self) -> int:
        texts = []
        for message in self.call.body.get("messages", self.call.body.get("input", [])):
            content = message.get("content") or "" if isinstance(message, dict) else str(message)
            texts += [content] if isinstance(content, str) else [part.get("text", "") for part in content]
        return sum(count_tokens(text) for text in texts)

    def _answer(self) -> tuple[list[str], str]:
        """Return the pieces of the answer and the finish reason."""
        name, limit = self.call.fault, self.call.body.get("max_completion_tokens", self.call.body.get("max_tokens"))
        if name == "say":
            return pieces_of(self.argument), "stop"
        if name == "echo":
            messages = self.call.body.get("messages", [])
            content = messages[-1]["content"] if messages else ""
            return pieces_of(content if isinstance(content, str) else content[0].get("text", "")), "stop"
        if name in ("empty", "null"):
            return [], "stop"
        if name == "invalid-json":
            return ["{not", " json"], "stop"
        if name in ("json", "old-json"):
            return [self.argument[i : i + 7] for i in range(0, len(self.argument), 7)], "stop"
        if name == "content-filter":
            return pieces_of("Some words"), "content_filter"
        if name == "length":
            return pieces_of(TEXT)[: int(limit or 5)], "length"
        return pieces_of(TEXT), "stop"

    def _usage(self, completion: int) -> dict[str, Any] | None:
        if self.call.fault == "no-usage":
            return None
        if self.call.fault == "wrong-usage":
            wrong: dict[str, dict[str, Any]] = {
                "": {"prompt_tokens": 0, "completion_tokens": 0},
                "negative": {"prompt_tokens": -5, "completion_tokens": -1},
                "huge": {"prompt_tokens": 10**12, "completion_tokens": 10**12},
                "text": {"prompt_tokens": "many", "completion_tokens": None},
            }
            return wrong[self.argument]
        self.call.reported = (self.call.prompt, completion)
        return {
            "prompt_tokens": self.call.prompt,
            "completion_tokens": completion,
            "total_tokens": self.call.prompt + completion,
        }

    def _chat(self) -> None:
        if self.call.fault == "old-json" and self.call.body.get("response_format", {}).get("type") == "json_schema":
            # As llama-cpp-python answers.
            self._json(500, {"error": {"message": "1 validation error: response_format.type", "code": None}})
            return
        self.call.prompt = self._prompt()
        if self.call.body.get("stream"):
            with Quiet():
                self._chat_stream()
        else:
            self._chat_whole()

    def _chat_whole(self) -> None:
        pieces, finish = self._answer()
        text: str | None = "".join(pieces)
        self.call.pieces, self.call.delivered = [str(text)], count_tokens(str(text))
        message: dict[str, Any] = {"role": "assistant", "content": None if self.call.fault == "null" else text}
        if self.call.fault == "refusal":
            message.update(content=None, refusal="I <b>cannot</b> do that.")
        calls = self._tool_calls()
        if calls:
            message.update(content=None, tool_calls=calls)
            finish = "tool_calls"
        choices = [] if self.call.fault == "no-choices" else [{"index": 0, "message": message, "finish_reason": finish}]
        answer = {"id": "chat-1", "object": "chat.completion", "model": self._model, "choices": choices}
        if self.call.fault == "cut-mid-stream":
            data = json.dumps(answer).encode()
            self._head(200, "application/json", {"Content-Length": str(len(data))})
            self._raw(data[: len(data) // 2])
            return
        usage = self._usage(self.call.delivered)
        self._json(200, answer if usage is None else {**answer, "usage": usage})

    def _tool_calls(self) -> list[dict[str, Any]]:
        name = self.call.fault
        answered = any(message.get("role") == "tool" for message in self.call.body.get("messages", []))
        if not name.startswith("tool") or (answered and name not in ("tool-loop", "tool-evil")):
            return []
        wanted = self.argument.partition(" ")
        function = wanted[0] or "lookup"
        arguments = wanted[2] or '{"query": "fox"}'
        if name == "tool-unknown":
            function = "no_such_tool"
        if name == "tool-badjson":
            arguments = '{"query": '
        count = 40 if name == "tool-parallel" else 2 if name == "tool-dup-id" else 1
        return [
            {
                "index": index,
                "id": "same" if name == "tool-dup-id" else f"call_{index}",
                "type": "function",
                "function": {"name": function, "arguments": arguments},
            }
            for index in range(count)
        ]

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
        return {"id": "chat-1", "object": "chat.completion.chunk", "model": self._model, "choices": choices, **more}

    def _chat_stream(self) -> None:
        name = self.call.fault
        if name == "cut-clean":
            self._head(200, "text/event-stream")
            for piece in pieces_of(TEXT)[:5]:
                self._raw(f"data: {json.dumps(self._chunk({'content': piece}))}\n\n".encode())
                self._delivered(piece)
            return
        self._head(200, "text/event-stream", {"Transfer-Encoding": "chunked", "X-Request-Id": f"req-{id(self.call)}"})
        if name == "keepalive":
            while self._body(b": keep-alive\n\n") and not self._client_is_gone(0.1):
                pass
            return
        if name == "slow-first-token":
            time.sleep(0.3)
        self._event(self._chunk({"role": "assistant", "content": ""}))
        if name == "reasoning":
            for piece in pieces_of("I have to think about the fox."):
                self._event(self._chunk({"reasoning_content": piece}))
        if name == "malformed-unknown":
            self._body(b"event: ping\nid: 7\nretry: 10\n\nfoo: bar\n\n")
            self._event({"type": "something.new", "value": 1})
        if name == "malformed-nodata":
            self._body(b"data:\n\ndata\n\n: only a comment\n\n")
        if name == "no-choices":
            self._event({"id": "chat-1", "choices": []})
            self._body(b"data: [DONE]\n\n")
            self._end()
            return
        if self._endless(name) or not self._chat_content(name):
            return
        self._chat_end(name)

    def _endless(self, name: str) -> bool:
        if name == "infinite":
            while self._event(self._chunk({"content": "word "})):
                self._delivered("word")
        elif name == "infinite-slow":
            while self._event(self._chunk({"content": "word "})) and not self._client_is_gone(0.05):
                self._delivered("word")
        elif name == "huge":
            for _ in range(100):
                if not self._event(self._chunk({"content": "word " * 20_000})):
                    break
        elif name == "huge-delta":
            self._event(self._chunk({"content": "x" * 10_000_000}))
        else:
            return False
        return True

    def _chat_content(self, name: str) -> bool:
        """Send the answer; return whether the stream goes on to a proper end."""
        pieces, _ = self._answer()
        calls = self._tool_calls()
        if name == "refusal":
            for piece in pieces_of("I <b>cannot</b> do that."):
                self._event(self._chunk({"refusal": piece}))
                self._delivered(piece)
            return True
        if calls:
            for call in calls:
                arguments = call["function"]["arguments"]
                start = {**call, "function": {"name": call["function"]["name"], "arguments": ""}}
                self._event(self._chunk({"tool_calls": [start]}))
                for part in (arguments[:4], arguments[4:]):
                    self._event(
                        self._chunk({"tool_calls": [{"index": call["index"], "function": {"arguments": part}}]})
                    )
            return True
        for number, piece in enumerate(pieces):
            if number == 5 and self._breaks_off(name):
                return False
            if name == "slow-tokens":
                time.sleep(0.05)
            if name == "keep-alive-tokens":
                self._body(b": keep-alive\n\n")
            if self.faults.pause:
                time.sleep(self.faults.pause)
            event = self._chunk({"content": piece})
            sent = self._split(event) if name == "split-bytes" else self._event(event)
            if not sent:
                self.call.client_left = time.monotonic()
                return False
            self._delivered(piece)
            if name == "dup-chunks":
                self._event(event)
                self._delivered(piece)
        if name == "null":
            self._event(self._chunk({"content": None}))
        return True

    def _breaks_off(self, name: str) -> bool:
        if name == "cut-mid-stream":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif name == "rst-mid-stream":
            self._reset()
        elif name == "cut-half-line":
            self._body(b'data: {"id": "chat-1", "choi')
            self._end()
        elif name == "cut-no-done":
            self._end()
        elif name == "error-mid-stream":
            self._event({"error": {"message": "The server had an error", "type": "server_error", "code": None}})
            self._end()
        elif name == "malformed-badjson":
            self._body(b"data: {not json}\n\n")
            self._end()
        elif name == "malformed-binary":
            self._body(b"data: \xff\xfe\x00\x01\x02\n\n")
            self._end()
        elif name == "hang-mid-stream":
            self._wait_for_client()
        else:
            return False
        return True

    def _chat_end(self, name: str) -> None:
        _, finish = self._answer()
        if self._tool_calls():
            finish = "tool_calls"
        self._event(self._chunk({}, finish))
        if name == "cut-before-usage":
            self._end()
            return
        usage = self._usage(self.call.delivered)
        if usage is not None and (self.call.body.get("stream_options") or {}).get("include_usage"):
            self._event({"id": "chat-1", "model": self._model, "choices": [], "usage": usage})
        else:
            self.call.reported = None
        self._body(b"data: [DONE]\n\n")
        self._end()
