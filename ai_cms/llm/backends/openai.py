"""OpenAI itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from ai_cms.llm.exceptions import InvalidLLMBackend
from ai_cms.llm.messages import ImageRequest, LLMRequest, StreamEvent
from ai_cms.llm.schema import requested_schema

from ...core.jsontypes import JsonMapping, JsonObject
from .assembly import Assembler
from .dialect import Dialect
from .openai_compatible import OpenAICompatibleBackend
from .responses_format import feed_responses, responses_input, responses_text, responses_tools

__all__ = ["OpenAIBackend"]


class OpenAIBackend(OpenAICompatibleBackend):
    """OpenAI's models, or with ``base_url`` a server that behaves just like them.

    ``api``: "chat" for chat completions, "responses" for the Responses API.
    """

    supports_images = True
    max_tokens_param = "max_completion_tokens"
    done_marker = True
    schema_limits = False
    remote_images = True
    default_base_url: ClassVar[str] = "https://api.openai.com/v1"
    #: Models that think: they answer 400 to ``max_tokens``, ``stop`` and any temperature but their own.
    reasoning_models: ClassVar[re.Pattern[str]] = re.compile(r"(?:^|/)(?:o\d|gpt-5)(?!.*-chat)")

    def __init__(self, *, api: str = "chat", **options: Any) -> None:
        super().__init__(**options)
        if api not in ("chat", "responses"):
            raise InvalidLLMBackend(f"{self.setting}['OPTIONS']['api']: must be 'chat' or 'responses', not {api!r}.")
        self.api = api
        named = options.get("capabilities") or {}
        if self.base_url != self.default_base_url:
            # Others know the older name; some ignore the newer one and then write without a limit.
            self.max_tokens_param = named.get("max_tokens_param", "max_tokens")
            self.schema_limits = named.get("schema_limits", True)

    @property
    def needs_key(self) -> bool:  # type: ignore[override]
        """OpenAI's own address takes no call without a key; another server may."""
        return self.base_url == self.default_base_url

    def dialect(self, model: str) -> Dialect:
        if model not in self._dialects and self.reasoning_models.search(model):
            found = super().dialect(model)
            found.refused |= {"temperature", "stop"}
            if "max_tokens_param" not in self._named:
                found.max_tokens = "max_completion_tokens"
        return super().dialect(model)

    def thinking_room(self, model: str) -> int:
        if self.thinking_tokens is None and self.reasoning_models.search(model or self.model):
            self._thinkers.add(model or self.model)
        return super().thinking_room(model)

    def _open_text(self, request: LLMRequest, timeout: object, dialect: Dialect) -> Any:
        if self.api == "chat":
            return super()._open_text(request, timeout, dialect)
        parameters: dict[str, Any] = {
            "model": request.model or self.model,
            "input": responses_input(request.messages, remote_images=self.remote_images),
            # Nothing is kept at the provider: the conversation is ours.
            "store": False,
        }
        schema = requested_schema(request)
        if schema is not None:
            parameters["text"] = responses_text(schema, limits=dialect.limits)
        if request.max_tokens is not None:
            parameters["max_output_tokens"] = request.max_tokens
        if request.temperature is not None:
            parameters["temperature"] = request.temperature
        if request.tools:
            parameters["tools"] = responses_tools(request)
            if request.tool_choice != "auto":
                named = {"type": "function", "name": request.tool_choice}
                parameters["tool_choice"] = (
                    request.tool_choice if request.tool_choice in ("none", "required") else named
                )
        if self.streaming:
            parameters["stream"] = True
        for name in dialect.refused:
            parameters.pop(name, None)
        create = self.transport.client.responses.with_streaming_response.create
        return create(**parameters, extra_body=self.extra_body, timeout=timeout)

    def _feed(self, assembler: Assembler, data: JsonMapping) -> Iterator[StreamEvent]:
        return feed_responses(assembler, data) if self.api == "responses" else super()._feed(assembler, data)

    def _image_parameters(self, request: ImageRequest) -> JsonObject:
        # The newer image models always send data and refuse to be asked for it.
        model = request.model or self.image_model or self.model
        return super()._image_parameters(request) if model.startswith("dall-e") else {"n": 1}
