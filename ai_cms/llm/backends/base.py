"""The contract of a backend, and what every backend gets for nothing.

A backend overrides the underscored hooks: :meth:`BaseLLMBackend._generate` for whole answers, or
:meth:`BaseLLMBackend._stream` for answers in pieces (then ``generate`` adds them up), and where it can
:meth:`BaseLLMBackend._embed` and :meth:`BaseLLMBackend._generate_image`. Callers use the public methods, which check
the request against the ``supports_*`` flags, forbid real calls in tests and hold each answer to the same rules.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django.core.checks import CheckMessage
from django.utils.translation import gettext as _

from ai_cms.llm.exceptions import (
    InvalidLLMBackend,
    LLMEmptyOutput,
    LLMInputTooLong,
    LLMInterrupted,
    LLMInvalidOutput,
    LLMRefused,
    LLMUnsupported,
    RealCallForbidden,
)
from ai_cms.llm.messages import (
    CancelToken,
    Deadlines,
    EmbeddingResponse,
    Finish,
    FinishReason,
    ImageRequest,
    ImageResponse,
    Limits,
    LLMRequest,
    LLMResponse,
    StreamEvent,
    TextDelta,
    ToolCallDelta,
)
from ai_cms.llm.schema import parse_json, parse_output
from ai_cms.llm.tokens import estimate_request

from .thinking import without_thinking
from .threads import arun, astream_of

__all__ = ["BaseLLMBackend", "real_calls"]


class RealCalls:
    """The switch that the pytest plugin turns off; ``allowed`` is read before each call of a backend with a network."""

    allowed: bool = True


real_calls = RealCalls()


class BaseLLMBackend:
    """One entry of ``AI_CMS["LLM"]``.

    ``alias``: its key. ``model``: its ``MODEL``. Options are keyword-only arguments of ``__init__``; what no class of
    the backend takes is refused with the path of the setting. One instance serves all threads of the process.
    """

    #: Does the answer arrive in pieces?
    supports_streaming: bool = False
    #: Can the answer be held to a JSON Schema, natively or by prompt?
    supports_structured: bool = False
    #: Can the model ask for tools?
    supports_tools: bool = False
    #: Can a message contain images?
    supports_vision: bool = False
    #: Can it make images?
    supports_images: bool = False
    #: Can it turn texts into vectors?
    supports_embeddings: bool = False
    #: Does a call leave this process? Then tests forbid it and it costs money unless a price says otherwise.
    makes_real_calls: bool = True
    #: Where a result comes from, for the provenance of blocks: "model" or "rules".
    provenance: ClassVar[str] = "model"
    #: Tokens the model takes for input and output together; ``None`` if unknown.
    context_window: int | None = None
    #: Deadlines of calls that name none; the option ``deadlines`` changes single ones of them.
    default_deadlines: ClassVar[Deadlines] = Deadlines()

    def __init__(
        self,
        *,
        alias: str,
        model: str = "",
        context_window: int | None = None,
        deadlines: Mapping[str, float] | None = None,
        max_response_bytes: int = 8_000_000,
        **unknown: object,
    ) -> None:
        self.alias = alias
        self.model = model
        self.deadlines = replace(self.default_deadlines, **(deadlines or {}))
        self.limits = Limits(max_bytes=max_response_bytes)
        if context_window is not None:
            self.context_window = context_window
        if unknown:
            known = ", ".join(sorted(self.option_names())) or "none"
            names = ", ".join(repr(name) for name in sorted(unknown))
            raise InvalidLLMBackend(f"{self.setting}['OPTIONS']: unknown option {names}. Known options: {known}.")

    @property
    def setting(self) -> str:
        """The path of this backend's setting, for messages."""
        return f"AI_CMS['LLM'][{self.alias!r}]"

    @classmethod
    def option_names(cls) -> set[str]:
        """Return the names that ``OPTIONS`` may have."""
        return {
            parameter.name
            for base in cls.__mro__
            if "__init__" in vars(base) and base is not object
            for parameter in inspect.signature(base.__init__).parameters.values()  # type: ignore[misc]
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY
        } - {"alias", "model"}

    # What callers use

    def generate(self, request: LLMRequest) -> LLMResponse:
        """Answer ``request`` as a whole. Raises LLMError, nothing else, for whatever the provider does."""
        self._before(request)
        if type(self)._stream is not BaseLLMBackend._stream:
            return collect(self._checked_events(request))
        return self._checked(request, _answer(self._generate(request)))

    def stream(self, request: LLMRequest) -> Iterator[StreamEvent]:
        """Answer ``request`` in pieces; the last event is a Finish.

        Closing the iterator closes the connection to the provider. Raises LLMError with the text so far. A backend that
        does not stream gives its whole answer as one piece.
        """
        self._before(request)
        if type(self)._stream is not BaseLLMBackend._stream:
            return self._checked_events(request)
        return self._events_of_whole(request)

    def embed(
        self,
        texts: Sequence[str],
        *,
        model: str = "",
        dimensions: int | None = None,
        deadlines: Deadlines | None = None,
        cancel: CancelToken | None = None,
    ) -> EmbeddingResponse:
        """Return one vector a text. Raises LLMError; LLMInvalidEmbedding if the vectors do not fit."""
        self._allow(self.supports_embeddings, "embeddings")
        return self._embed(
            list(texts),
            model=model,
            dimensions=dimensions,
            deadlines=deadlines or self.deadlines,
            cancel=cancel or CancelToken(),
        )

    def generate_image(self, request: ImageRequest) -> ImageResponse:
        """Make an image. Raises LLMError; LLMInvalidImage if what came back is none."""
        self._allow(self.supports_images, "images")
        return self._generate_image(request)

    async def agenerate(self, request: LLMRequest) -> LLMResponse:
        """See generate(). Cancelling the coroutine cancels the call."""
        return await arun(lambda: self.generate(request), request.cancel)

    def astream(self, request: LLMRequest) -> AsyncIterator[StreamEvent]:
        """See stream(). Closing the iterator or cancelling its task cancels the call."""
        return astream_of(lambda: self.stream(request), request.cancel)

    async def aembed(
        self, texts: Sequence[str], *, cancel: CancelToken | None = None, **options: Any
    ) -> EmbeddingResponse:
        """See embed()."""
        token = cancel or CancelToken()
        return await arun(lambda: self.embed(texts, cancel=token, **options), token)

    async def agenerate_image(self, request: ImageRequest) -> ImageResponse:
        """See generate_image()."""
        return await arun(lambda: self.generate_image(request), request.cancel)

    def check(self) -> list[CheckMessage]:
        """Return what the system checks should say about this backend; nothing is called."""
        return []

    def prepare(self) -> None:
        """Do what has to be done once before a call is sent, such as importing a library. Raises LLMError."""

    def close(self) -> None:
        """Release what the backend holds; it may be used again afterwards."""

    def schema_is_prompt(self, model: str) -> bool:
        """Return whether the schema of an answer is sent as a part of the prompt, so that its tokens count."""
        return False

    def thinking_room(self, model: str) -> int:
        """Return the tokens that ``model`` needs for thinking, besides those of its answer."""
        return 0

    # What a backend overrides

    def _generate(self, request: LLMRequest) -> LLMResponse:
        raise NotImplementedError(f"{type(self).__name__} has neither _generate() nor _stream().")

    def _stream(self, request: LLMRequest) -> Iterator[StreamEvent]:
        raise NotImplementedError(f"{type(self).__name__} has no _stream().")

    def _embed(
        self, texts: list[str], *, model: str, dimensions: int | None, deadlines: Deadlines, cancel: CancelToken
    ) -> EmbeddingResponse:
        raise NotImplementedError(f"{type(self).__name__} has no _embed().")

    def _generate_image(self, request: ImageRequest) -> ImageResponse:
        raise NotImplementedError(f"{type(self).__name__} has no _generate_image().")

    # The rules that hold for all

    def deadlines_of(self, request: LLMRequest | ImageRequest) -> Deadlines:
        """Return the deadlines of ``request``, the backend's own where it names none."""
        return request.deadlines or self.deadlines

    def limits_of(self, request: LLMRequest | ImageRequest) -> Limits:
        """Return the limits of ``request``, the backend's own where it names none."""
        return request.limits or self.limits

    def _allow(self, supported: bool, what: str) -> None:
        if not supported:
            raise LLMUnsupported(reason=f"{self.setting}: {type(self).__name__} does not support {what}.")
        if self.makes_real_calls and not real_calls.allowed:
            raise RealCallForbidden(
                f"A test tried to call the real backend {self.setting}. Use TestingBackend or FunctionBackend, "
                "or ask for the fixture allow_real_llm_calls."
            )

    def _before(self, request: LLMRequest) -> None:
        self._allow(True, "text")
        self._allow(self.supports_tools or not request.tools, "tools")
        self._allow(self.supports_structured or not request.structured, "structured output")
        self._allow(self.supports_vision or not any(message.images for message in request.messages), "images as input")
        # Twice, because an estimate may be that wrong; some servers answer an input far too long with nothing at all.
        if self.context_window is not None and estimate_request(request) > 2 * self.context_window:
            raise LLMInputTooLong(reason=f"far more than the {self.context_window} tokens of {self.setting}")

    def _events_of_whole(self, request: LLMRequest) -> Iterator[StreamEvent]:
        response = self._checked(request, _answer(self._generate(request)))
        if response.text:
            yield TextDelta(response.text)
        for index, call in enumerate(response.tool_calls):
            yield ToolCallDelta(index, call.id, call.name, call.arguments)
        yield Finish(response)

    def _checked_events(self, request: LLMRequest) -> Iterator[StreamEvent]:
        events = self._stream(request)
        try:
            for event in events:
                if isinstance(event, Finish):
                    yield Finish(self._checked(request, event.response))
                    return
                yield event
        finally:
            close = getattr(events, "close", None)
            if close is not None:
                close()
        raise LLMInterrupted(reason=f"{type(self).__name__}._stream() ended without a Finish.")

    def _without_calls(self, request: LLMRequest, response: LLMResponse, facts: dict[str, Any]) -> LLMResponse:
        """Return an answer that calls tools although there are none without these calls. Raises LLMInvalidOutput."""
        finish: FinishReason = "stop" if response.finish_reason == "tool_calls" else response.finish_reason
        plain = replace(response, tool_calls=(), finish_reason=finish)
        if plain.text.strip():
            return plain
        called = "\n".join(f"{call.name}({call.arguments})" for call in response.tool_calls)
        problem = "You called a tool, and there is none. Answer in words."
        if request.structured:
            problem = "You called a tool, and there is none. Answer with the JSON itself."
        raise LLMInvalidOutput(
            problems=problem, reason="a tool call that nobody asked for", **{**facts, "partial": called}
        )

    def _checked(self, request: LLMRequest, response: LLMResponse) -> LLMResponse:
        """Hold an answer that ended properly to the rules: not refused, not empty, of the form that was asked for."""
        facts: dict[str, Any] = {
            "received": True,
            "usage": response.usage,
            "model": response.model,
            "request_id": response.request_id,
            "partial": response.text,
        }
        if response.refusal or response.finish_reason == "content_filter":
            raise LLMRefused(refusal=response.refusal, reason=response.refusal or "content filter", **facts)
        if response.tool_calls and not request.tools:
            response = self._without_calls(request, response, facts)
        if not response.text.strip() and not response.tool_calls:
            raise LLMEmptyOutput(reason=f"no text, finish reason {response.finish_reason}", **facts)
        if request.structured and response.truncated:
            facts["detail"] = _("The answer of the AI model was longer than the %(tokens)s tokens it may have.") % {
                "tokens": request.max_tokens or response.usage.output_tokens
            }
        if request.response_model is not None and not response.tool_calls and response.parsed is None:
            facts.pop("partial")
            parsed = parse_output(request.response_model, response.text, truncated=response.truncated, **facts)
            return replace(response, parsed=parsed)
        if request.response_schema is not None and not response.tool_calls and response.parsed is None:
            facts.pop("partial")
            return replace(response, parsed=parse_json(response.text, truncated=response.truncated, **facts))
        return response


def _answer(response: LLMResponse) -> LLMResponse:
    """Return a whole answer without the thinking that a backend may have left before it."""
    text = without_thinking(response.text)
    return response if text == response.text else replace(response, text=text)


def collect(events: Iterator[StreamEvent]) -> LLMResponse:
    """Run through ``events`` and return the finished answer."""
    for event in events:
        if isinstance(event, Finish):
            return event.response
    raise LLMInterrupted(reason="The stream ended without a Finish.")
