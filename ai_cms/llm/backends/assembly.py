"""An answer put together from its pieces, whatever the dialect they come in.

The dialects (``chat_format.py``, ``responses_format.py``) translate; here are the rules: what counts as progress, when
the answer is over its limits, which reported usage is believable and when an answer is complete.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ai_cms.llm.exceptions import LLMEmptyOutput, LLMInterrupted, LLMOutputLimit
from ai_cms.llm.messages import (
    FinishReason,
    Limits,
    LLMRequest,
    LLMResponse,
    Restarted,
    StreamEvent,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    UsageEvent,
)
from ai_cms.llm.tokens import calibration, estimate_request, estimate_usage, model_key

from .thinking import ThoughtFilter

__all__ = ["Assembler", "clean_text"]

#: Characters of text without ``max_tokens``, and for each of its tokens; no tokenizer packs more over a whole answer.
_MAX_CHARACTERS = 400_000
_CHARACTERS_PER_TOKEN = 12
_SPARE_CHARACTERS = 1024
#: Tokens of an input from which on an estimate is good enough to compare with.
_LONG_INPUT = 2000
#: Tokens that a server's own template may add to a prompt, and to one with tools.
_TEMPLATE = 160
_TOOLS_TEMPLATE = 640
#: Tokens of difference that say nothing yet.
_SPARE_TOKENS = 64
_SPARE_OUTPUT = 16
_SPARE_BYTES = 1024
#: Tokens that a model may think beyond ``max_tokens`` and what was heard of it: some providers hold only the answer to
#: ``max_tokens``, many show none of the thinking or a summary. Models think a few thousand tokens before they write; four
#: times what the gateway grants for it is more than any does, and still no fortune where a report is nonsense.
_UNHEARD_THINKING = 16_384

logger = logging.getLogger("ai_cms.llm")


def clean_text(text: str) -> str:
    """Return ``text`` as databases take it: without NUL and lone surrogates."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii():
        return text
    # Two halves of a pair that came apart are joined, a half alone becomes the replacement character.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class Assembler:
    """Collect the pieces of one answer.

    ``key`` names the model for the calibration of estimates, ``schema_weight`` is what of a schema is prompt for certain.
    """

    def __init__(self, request: LLMRequest, limits: Limits, *, key: str = "", schema_weight: float = 0.0) -> None:
        self.request = request
        self.key = key
        self.schema_weight = schema_weight
        self.texts: list[str] = []
        self.refusals: list[str] = []
        self.calls: dict[int, _Call] = {}
        self.usage: Usage | None = None
        self.finish: FinishReason | None = None
        self.model = ""
        self.request_id = ""
        #: A choice was announced, perhaps still without content.
        self.started = False
        #: The dialect's own end came.
        self.ended = False
        #: Usage came behind a finish reason.
        self.billed = False
        #: Counts what arrived; unchanged after an event, the event held nothing.
        self.pieces = 0
        #: Thinking that was never shown, and answers that turned out to be thinking after they had been.
        self.thoughts: list[str] = []
        self.voided: list[str] = []
        self.hidden_bytes = 0
        self.reasoning_tokens = 0
        self._size = 0
        self._held = ""
        self._filter = ThoughtFilter()
        if limits.max_characters is not None:
            self._most = limits.max_characters
        elif request.max_tokens is not None:
            self._most = request.max_tokens * _CHARACTERS_PER_TOKEN + _SPARE_CHARACTERS
        else:
            self._most = _MAX_CHARACTERS

    def add_text(self, text: str) -> Iterator[StreamEvent]:
        """Take the next piece of text. Raises LLMOutputLimit at the cap."""
        self.pieces += 1
        text = self._held + text
        # The first half of a surrogate pair waits for the second.
        cut = len(text) - 1 if text and "\ud800" <= text[-1] <= "\udbff" else len(text)
        text, self._held = text[:cut], text[cut:]
        yield from self._parted(self._filter.feed(clean_text(text)))

    def _parted(self, parts: Iterator[tuple[str, str]]) -> Iterator[StreamEvent]:
        for kind, piece in parts:
            if kind == "shown":
                yield from self._show(piece)
                continue
            self._hide(piece)
            if kind == "void" and not piece:
                # Said again, with the tags that were taken for a wrapper.
                self._size -= len(self.text)
                self.texts.clear()
                yield Restarted("tags around a part of the answer", again=True)
            elif kind == "void":
                self.hidden_bytes += len(self.text.encode("utf-8", "replace"))
                self.voided += self.texts
                self.texts.clear()
                yield Restarted("thinking")

    def _show(self, text: str) -> Iterator[StreamEvent]:
        kept = text[: max(self._most - self._size, 0)]
        self._size += len(text)
        if kept:
            self.texts.append(kept)
            yield TextDelta(kept)
        self._check_size()

    def add_refusal(self, text: str) -> None:
        """Take the next piece of a refusal."""
        self.pieces += 1
        self.refusals.append(clean_text(text))
        self._grow(len(text))

    def add_hidden(self, text: str) -> None:
        """Note text that is billed but not part of the answer (reasoning)."""
        self.pieces += 1
        self._filter.heard = True
        self._hide(text)

    def _hide(self, text: str) -> None:
        self.hidden_bytes += len(text.encode("utf-8", "replace"))
        self.thoughts.append(text)
        self._grow(len(text))

    def add_call(self, index: int, *, id: str = "", name: str = "", arguments: str = "") -> Iterator[StreamEvent]:
        """Take the next piece of the ``index``-th tool call."""
        self.pieces += 1
        call = self.calls.setdefault(index, _Call())
        call.id = call.id or id
        call.name = call.name or name
        arguments = arguments.replace("\x00", "")
        call.arguments.append(arguments)
        self._grow(len(arguments) + len(name))
        yield ToolCallDelta(index, id, name, arguments)

    def add_usage(
        self, prompt: object, completion: object, *, cached: object = 0, reasoning: object = 0, total: object = 0
    ) -> Iterator[StreamEvent]:
        """Take reported usage; the last one counts. What is no number at all is passed over.

        ``total``: some servers count reasoning in the total alone; what is in neither of the two was written.
        """
        self.pieces += 1
        tokens_in, tokens_out = _count(prompt), _count(completion)
        if tokens_in is None or tokens_out is None or (not (tokens_in or tokens_out) and self.usage is not None):
            return
        apart = max((_count(total) or 0) - tokens_in - tokens_out, 0)
        tokens_out += apart
        self.reasoning_tokens = max(_count(reasoning) or 0, apart)
        self.usage = Usage(tokens_in, tokens_out, min(_count(cached) or 0, tokens_in))
        # The bill comes last: behind a finish reason nothing of the answer is missing, whether or not a marker follows.
        self.billed = self.billed or self.finish is not None
        yield UsageEvent(self.usage)

    def finish_with(self, reason: FinishReason | None) -> Iterator[StreamEvent]:
        """Take the reason for which the answer ended."""
        if reason is not None:
            self.pieces += 1
            self.finish = reason
            yield from self._parted(self._filter.finish())

    @property
    def reasoned(self) -> bool:
        """Whether the model has thought before it answered, as far as the server tells."""
        return bool(self.hidden_bytes or self.reasoning_tokens)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def delivered(self) -> bool:
        """Return whether anything of an answer has come."""
        return bool(self.texts or self.calls or self.refusals)

    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Return the calls so far; one without an id gets one."""
        return tuple(
            ToolCall(call.id or f"call_{index}", call.name, "".join(call.arguments) or "{}")
            for index, call in sorted(self.calls.items())
        )

    def facts(self) -> dict[str, Any]:
        """Return what an error should carry: text so far, usage, model, request id."""
        return {
            "partial": self.text,
            "usage": self.believed_usage(),
            "model": self.model,
            "request_id": self.request_id,
        }

    def believed_usage(self) -> Usage | None:
        """Return the reported usage if it can be true, else ``None``.

        A token is at least one byte of what was sent or delivered, and few are longer than a hundred. Where the model has
        thought, more than was heard may come on top, but not any number: reasoning that nobody heard is known from the
        very report that is to be judged.
        """
        if self.usage is None:
            return None
        sent = sum(len(message.text.encode("utf-8", "replace")) for message in self.request.messages)
        images = sum(len(message.images) for message in self.request.messages)
        estimate = estimate_usage(self.request, self.text, self.tool_calls())
        # A template adds its marks and perhaps a system prompt of its own, with tools a longer one.
        tools = _TOOLS_TEMPLATE if self.request.tools else 0
        most_in = max(3 * estimate.input_tokens, sent) + 50_000 * images + _TEMPLATE + tools
        if not sent // 100 <= self.usage.input_tokens <= most_in or self.usage.input_tokens == 0:
            return None
        delivered = sum(len(text.encode("utf-8", "replace")) for text in (*self.texts, *self.refusals))
        delivered += sum(len("".join(call.arguments)) + len(call.name) for call in self.calls.values())
        most_out = max(delivered + self.hidden_bytes + _SPARE_BYTES, self.request.max_tokens or 0)
        if self.reasoned:
            most_out += _UNHEARD_THINKING
        least_out = max(delivered // 100, 1 if delivered else 0)
        if not least_out <= self.usage.output_tokens <= most_out:
            return None
        # More tokens than bytes, and no word of thinking.
        unheard = not self.reasoned and self.usage.output_tokens > delivered + _SPARE_OUTPUT
        if unheard and not images and self._is_multiple(self.usage, estimate, _SPARE_TOKENS + tools):
            return None
        return self.usage

    def _is_multiple(self, usage: Usage, estimate: Usage, spare: int) -> bool:
        """Return whether a report says too much on both sides, so that it is a multiple of the truth.

        ``estimate`` counts the schema of the answer as prompt, which few servers do. Without it the prompt may look too large
        for that alone; then both sides have to be too large by about the same factor.
        """
        if usage.input_tokens > 2 * estimate.input_tokens + spare:
            return True
        bare = estimate_request(self.request, schema_weight=self.schema_weight)
        if usage.input_tokens <= 2 * bare + spare:
            return False
        factor_in, factor_out = usage.input_tokens / bare, usage.output_tokens / max(estimate.output_tokens, 1)
        return factor_in / 2 <= factor_out <= factor_in * 2

    def complete(self, *, needs_end: bool = True) -> LLMResponse:
        """Return the finished answer. Raises LLMInterrupted or LLMEmptyOutput if it is none.

        ``needs_end``: without the dialect's own end the bytes just stopped.
        """
        for _event in self._parted(self._filter.finish()):
            # Only where the finish reason is missing is anything left; then there is no answer.
            continue
        ended_properly = self.ended or self.billed or not needs_end
        facts = {"received": True, **self.facts()}
        if self._held:
            self.texts.append("\ufffd")
            self._held = ""
        if self.finish is None or not ended_properly:
            if self.delivered or (self.started and not ended_properly):
                raise LLMInterrupted(reason=f"the stream ended with finish reason {self.finish}", **facts)
            raise LLMEmptyOutput(reason="the answer holds nothing", **facts)
        calls = self.tool_calls()
        reported = self.believed_usage()
        if reported is not None:
            self._compare(reported)
        thoughts = "".join([*self.voided, *self.thoughts])
        usage = reported or self._estimated_usage(calls, thoughts)
        finish = "tool_calls" if calls and self.finish == "stop" else self.finish
        return LLMResponse(
            text=self.text,
            tool_calls=calls,
            usage=usage,
            finish_reason=finish,
            model=self.model or self.request.model,
            request_id=self.request_id,
            refusal="".join(self.refusals),
            thoughts=thoughts,
        )

    def _compare(self, reported: Usage) -> None:
        """Warn where a server seems to have read only a part of the input: some drop its beginning without a word."""
        estimate = estimate_request(self.request, schema_weight=self.schema_weight)
        expected = estimate * calibration.remembered(model_key("in", self.key), estimate)
        if expected > _LONG_INPUT and reported.input_tokens < expected * 0.4:
            logger.warning(
                "%s read %d tokens of an input of about %d; its context may be too small.",
                self.model or self.key,
                reported.input_tokens,
                expected,
            )

    def _estimated_usage(self, calls: tuple[ToolCall, ...], thoughts: str) -> Usage:
        estimate = estimate_usage(self.request, self.text, calls, thoughts=thoughts, schema_weight=self.schema_weight)
        # Only what this process remembers: reading the log belongs outside of a call.
        read = calibration.remembered(model_key("in", self.key), estimate.input_tokens)
        written = calibration.remembered(model_key("out", self.key), estimate.output_tokens)
        return Usage(round(estimate.input_tokens * read), round(estimate.output_tokens * written), reported=False)

    def _grow(self, characters: int) -> None:
        self._size += characters
        self._check_size()

    def _check_size(self) -> None:
        if self._size > self._most:
            raise LLMOutputLimit(reason=f"more than {self._most} characters", received=True, **self.facts())


def _count(value: object) -> int | None:
    """Return ``value`` if it is a whole number from zero up."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def as_json_text(value: object) -> str:
    """Return tool arguments as JSON text; some servers send the object itself."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value is not None else ""
