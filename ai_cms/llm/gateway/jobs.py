"""What the gateway carries out: a text, an image, embeddings. Each knows how to ask for it and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

from ai_cms.core.mappings import Columns

from ...core.jsontypes import JsonObject
from ..backends.base import BaseLLMBackend
from ..conf import gateway_settings
from ..credits import ratios
from ..exceptions import LLMInvalidOutput
from ..handler import llms
from ..messages import (
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
)
from ..models import AILog, CallKind, CallStatus, LLMCall
from ..redaction import log_text, transcript
from ..schema import repair_request
from ..tokens import HOLD_MARGIN, estimate_request, estimate_schema, estimate_text, estimate_usage

__all__ = ["Answer", "EmbeddingJob", "ImageJob", "ModelJob", "TextJob"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The last event of a job: what the backend returned."""

    value: Any


class ModelJob(Protocol):
    """One thing to ask of a model."""

    @property
    def kind(self) -> str: ...
    @property
    def cancel(self) -> CancelToken: ...
    @property
    def model(self) -> str: ...
    @property
    def streams(self) -> bool: ...
    def deadlines(self, backend: BaseLLMBackend) -> Deadlines: ...
    def prompt(self) -> list[JsonObject]: ...
    def prompt_estimate(self, alias: str, model: str) -> int: ...
    def holds(self, alias: str, model: str) -> tuple[int, int, int | None]: ...
    def limited(self, output: int) -> ModelJob: ...
    def events(self, backend: BaseLLMBackend, deadlines: Deadlines) -> Iterator[StreamEvent | Answer]: ...
    def outcome(self, value: Any, log: AILog) -> Columns: ...
    def learn(self, log: AILog, output: int, usage: Usage) -> None: ...
    def repaired(self, error: LLMInvalidOutput) -> ModelJob | None: ...
    def identity(self) -> Any:
        """Return what makes a repeated request the same request."""
        ...


def held_for(estimate: int, alias: str, model: str) -> int:
    """Return the tokens to hold for a prompt of ``estimate`` tokens: with a margin, by what earlier calls taught."""
    return -(-ratios.input_tokens(alias, model, estimate) * HOLD_MARGIN // 100)


def _schema_weight(alias: str, model: str, *, unknown: float) -> float:
    """Return the share of a schema that counts as prompt: all of it where it is sent as one, else what was learned."""
    if alias in llms and llms[alias].schema_is_prompt(model):
        return 1.0
    known = ratios.schema_weight(alias)
    return unknown if known is None else known


@dataclass(frozen=True)
class TextJob:
    """A text or structured answer."""

    request: LLMRequest
    #: Credits allow for no more than this, thinking included.
    capped: bool = False
    kind: ClassVar[str] = CallKind.TEXT

    def deadlines(self, backend: BaseLLMBackend) -> Deadlines:
        return backend.deadlines_of(self.request)

    @property
    def cancel(self) -> CancelToken:
        return self.request.cancel

    @property
    def model(self) -> str:
        return self.request.model

    @property
    def streams(self) -> bool:
        return True

    @property
    def max_tokens(self) -> int:
        return self.request.max_tokens or gateway_settings.LLM_MAX_OUTPUT_TOKENS

    def prompt(self) -> list[JsonObject]:
        return transcript(self.request)

    def prompt_estimate(self, alias: str, model: str) -> int:
        """Return the tokens of the prompt, with as much of the schema as the server is known to count."""
        return estimate_request(self.request, schema_weight=_schema_weight(alias, model, unknown=0.0))

    def schema_estimate(self) -> int:
        return estimate_schema(self.request)

    def holds(self, alias: str, model: str) -> tuple[int, int, int | None]:
        """Return what to hold for the prompt and the output, and how far the output may be cut."""
        estimate = estimate_request(self.request, schema_weight=_schema_weight(alias, model, unknown=1.0))
        most = self.max_tokens + self._room(llms[alias], model)
        # Half a JSON document is worth nothing, and neither is half a tool call.
        whole = self.request.structured or bool(self.request.tools)
        least = None if whole else min(gateway_settings.LLM_MIN_OUTPUT_TOKENS, self.max_tokens)
        return held_for(estimate, alias, model), most, least

    def _room(self, backend: BaseLLMBackend, model: str) -> int:
        """Return the tokens for thinking that come on top of a ceiling meant for the answer."""
        return 0 if self.capped or self.request.max_tokens is None else backend.thinking_room(model)

    def limited(self, output: int) -> TextJob:
        return TextJob(self.request.replace(max_tokens=output), capped=True)

    def events(self, backend: BaseLLMBackend, deadlines: Deadlines) -> Iterator[StreamEvent | Answer]:
        most = self.max_tokens + self._room(backend, self.model or backend.model)
        request = self.request.replace(deadlines=deadlines, max_tokens=most)
        for event in backend.stream(request):
            yield Answer(event.response) if isinstance(event, Finish) else event

    def outcome(self, value: LLMResponse, log: AILog) -> Columns:
        usage = value.usage
        if not usage.reported:
            weight = _schema_weight(log.alias, log.model_asked, unknown=0.0)
            plain = estimate_usage(
                self.request, value.text, value.tool_calls, thoughts=value.thoughts, schema_weight=weight
            )
            usage = Usage(
                ratios.input_tokens(log.alias, log.model_asked, plain.input_tokens),
                ratios.output_tokens(log.alias, log.model_asked, plain.output_tokens),
                reported=False,
            )
        return {
            "status": CallStatus.COMPLETE,
            "usage": usage,
            "charge": usage.total_tokens,
            "text": value.text or _described(value.tool_calls),
            "model": value.model,
            "request_id": value.request_id,
            "finish_reason": value.finish_reason,
            "result": stored_response(value),
        }

    def learn(self, log: AILog, output: int, usage: Usage) -> None:
        """Compare what was reported with the estimates; ``output``: of what was delivered, 0 if that says nothing."""
        schema = 0 if llms[log.alias].schema_is_prompt(log.model_asked) else self.schema_estimate()
        if schema:
            unknown = ratios.schema_weight(log.alias) is None
            plain = estimate_request(self.request, schema_weight=0)
            ratios.observe_schema(log.alias, log.model_asked, prompt=plain, schema=schema, usage=usage)
            if unknown:
                # Others learn from the log how far estimates are off; this one was made without knowing what counts.
                estimate = self.prompt_estimate(log.alias, log.model_asked)
                LLMCall.objects.filter(pk=log.call_id).update(prompt_estimate=estimate)
        prompt = self.prompt_estimate(log.alias, log.model_asked)
        ratios.observe(log.alias, log.model_asked, prompt=prompt, output=output, usage=usage)

    def repaired(self, error: LLMInvalidOutput) -> TextJob | None:
        """Return the request again with the answer and what is wrong with it, ``None`` if that cannot help."""
        if not self.request.structured or error.truncated or not error.partial:
            return None
        return TextJob(repair_request(self.request, error), self.capped)

    def identity(self) -> Any:
        request = self.request
        return [
            [[turn.role, turn.text, turn.tool_call_id, [image.url or image.data for image in turn.images]]
             for turn in request.messages],
            [request.model, request.temperature, request.max_tokens, request.tool_choice, list(request.stop)],
            [tool.name for tool in request.tools],
            request.response_model.__qualname__ if request.response_model else None,
        ]  # fmt: skip


@dataclass(frozen=True)
class ImageJob:
    """One or more images."""

    request: ImageRequest
    kind: ClassVar[str] = CallKind.IMAGE

    def deadlines(self, backend: BaseLLMBackend) -> Deadlines:
        return backend.deadlines_of(self.request)

    @property
    def cancel(self) -> CancelToken:
        return self.request.cancel

    @property
    def model(self) -> str:
        return self.request.model

    @property
    def streams(self) -> bool:
        return False

    def prompt(self) -> list[JsonObject]:
        text = log_text(self.request.prompt)
        return [{"role": "user", "content": text}] if text else []

    def prompt_estimate(self, alias: str, model: str) -> int:
        return estimate_text(self.request.prompt)

    def holds(self, alias: str, model: str) -> tuple[int, int, int | None]:
        return 0, self.request.count, None

    def limited(self, output: int) -> ImageJob:
        return ImageJob(replace(self.request, count=output))

    def events(self, backend: BaseLLMBackend, deadlines: Deadlines) -> Iterator[StreamEvent | Answer]:
        yield Answer(backend.generate_image(replace(self.request, deadlines=deadlines)))

    def outcome(self, value: ImageResponse, log: AILog) -> Columns:
        return {
            "status": CallStatus.COMPLETE,
            "usage": value.usage,
            "charge": value.count,
            "images": value.count,
            "text": value.revised_prompt,
            "model": value.model,
            "request_id": value.request_id,
            "finish_reason": "stop",
        }

    def learn(self, log: AILog, output: int, usage: Usage) -> None:
        """Learn nothing: there are no words to compare with."""

    def repaired(self, error: LLMInvalidOutput) -> None:
        return None

    def identity(self) -> Any:
        return ["image", self.request.prompt, self.request.model, self.request.size, self.request.count]


@dataclass(frozen=True)
class EmbeddingJob:
    """Vectors for some texts."""

    texts: Sequence[str]
    model: str
    dimensions: int | None
    cancel: CancelToken
    kind: ClassVar[str] = CallKind.EMBEDDING

    def deadlines(self, backend: BaseLLMBackend) -> Deadlines:
        return backend.deadlines

    @property
    def streams(self) -> bool:
        return False

    def prompt(self) -> list[JsonObject]:
        # Thousands of passages, each stored where it came from: the log keeps how many and how long.
        return [{"role": "user", "texts": len(self.texts), "characters": sum(len(text) for text in self.texts)}]

    def prompt_estimate(self, alias: str, model: str) -> int:
        return sum(estimate_text(text) for text in self.texts)

    def holds(self, alias: str, model: str) -> tuple[int, int, int | None]:
        return held_for(self.prompt_estimate(alias, model), alias, model), 0, None

    def limited(self, output: int) -> EmbeddingJob:
        return self

    def events(self, backend: BaseLLMBackend, deadlines: Deadlines) -> Iterator[StreamEvent | Answer]:
        yield Answer(
            backend.embed(
                self.texts, model=self.model, dimensions=self.dimensions, deadlines=deadlines, cancel=self.cancel
            )
        )

    def outcome(self, value: EmbeddingResponse, log: AILog) -> Columns:
        usage = value.usage
        if not usage.reported:
            usage = Usage(self.prompt_estimate(log.alias, log.model_asked), reported=False)
        return {
            "status": CallStatus.COMPLETE,
            "usage": usage,
            "charge": usage.total_tokens,
            "model": value.model,
            "request_id": value.request_id,
            "finish_reason": "stop",
        }

    def learn(self, log: AILog, output: int, usage: Usage) -> None:
        """Learn nothing: there are no words to compare with."""

    def repaired(self, error: LLMInvalidOutput) -> None:
        return None

    def identity(self) -> Any:
        return ["embed", list(self.texts), self.model, self.dimensions]


def stored_response(value: LLMResponse) -> JsonObject | None:
    """Return what a repeated request is answered with; nothing where outputs are not kept."""
    if not gateway_settings.LLM_LOG_PROMPTS:
        return None
    return {
        "text": value.text,
        "tool_calls": [[call.id, call.name, call.arguments] for call in value.tool_calls],
        "finish_reason": value.finish_reason,
        "model": value.model,
        "request_id": value.request_id,
    }


def delivered(event: object) -> tuple[str, str]:
    """Return the text and the other output that ``event`` brings."""
    if isinstance(event, TextDelta):
        return event.text, ""
    return "", f"{event.name}{event.arguments}" if isinstance(event, ToolCallDelta) else ""


def _described(calls: Sequence[ToolCall]) -> str:
    return "\n".join(f"{call.name}({call.arguments})" for call in calls)
