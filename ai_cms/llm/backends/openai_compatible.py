"""Any server that speaks OpenAI's API, by the ``openai`` client library (the extra ``[openai]``).

The library is imported at the first call, because importing it takes as long as starting Django. Of what it offers,
this uses the building of requests and the connection; retries, deadlines, limits and the reading of answers are ours,
so that each fault of a provider has one outcome (``docs/explanation/provider-faults.md``). Every call opens a
connection of its own: it can be shut down from another thread, and never meets a stale one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Warning

from ai_cms.llm.exceptions import (
    InvalidLLMBackend,
    LLMBackendMisconfigured,
    LLMError,
)
from ai_cms.llm.messages import (
    Finish,
    LLMRequest,
    StreamEvent,
)
from ai_cms.llm.schema import requested_schema

from ...core.jsontypes import JsonMapping, JsonObject
from .assembly import Assembler
from .chat_format import chat_messages, feed_chat, response_format, schema_instruction, tool_definitions
from .connection import Exchange
from .dialect import JSON_MODES, Dialect
from .media import MediaBackend
from .transport import Transport

__all__ = ["OpenAICompatibleBackend"]

logger = logging.getLogger("ai_cms.llm")

#: Tokens that a model which thinks is given for it, where the settings do not say.
_THINKING_TOKENS = 4096


class OpenAICompatibleBackend(MediaBackend):
    """A server at ``base_url``. The class attributes say what such servers can do; ``capabilities`` overrides them.

    ``api_key``: sent as a bearer token if given; never taken from the environment. ``organization``, ``project`` and
    ``headers``: sent if given. ``image_model``, ``embedding_model``: empty for ``MODEL``. ``omit``: parameters the
    model does not take ("temperature", "stop"). ``extra_body``: further fields for the body of each text call.
    ``thinking_tokens``: what a model gets for thinking beside the tokens of its answer; left out, models that were seen to
    think get 4,096.
    """

    supports_streaming = True
    supports_structured = True
    supports_tools = True
    supports_vision = True
    supports_embeddings = True

    #: What the server calls the limit of the answer.
    max_tokens_param: str = "max_tokens"
    #: How JSON is asked for: json_schema, json_object+schema, json_object or prompt.
    json_mode: str = "json_schema"
    #: Does it answer in pieces? Without, every answer is awaited whole.
    streaming: bool = True
    #: Does it take stream_options={"include_usage": true}?
    stream_usage: bool = True
    #: Does every stream end with data: [DONE]? Then one that does not was cut, even after a finish reason.
    done_marker: bool = False
    #: Does it take a schema with lengths, counts, ranges and patterns, and hold the model to them?
    schema_limits: bool = True
    #: Does it obey tool_choice?
    tool_choice: bool = True
    #: Does it fetch images from addresses?
    remote_images: bool = False
    #: Is a key needed?
    needs_key: bool = False
    default_base_url: ClassVar[str] = ""

    _capabilities: ClassVar[frozenset[str]] = frozenset(
        {
            "max_tokens_param",
            "json_mode",
            "streaming",
            "stream_usage",
            "done_marker",
            "schema_limits",
            "tool_choice",
            "remote_images",
            "supports_structured",
            "supports_tools",
            "supports_vision",
            "supports_embeddings",
            "supports_images",
        }
    )

    def __init__(
        self,
        *,
        api_key: str = "",
        base_url: str = "",
        organization: str = "",
        project: str = "",
        headers: Mapping[str, str] | None = None,
        image_model: str = "",
        embedding_model: str = "",
        omit: Sequence[str] = (),
        extra_body: JsonMapping | None = None,
        thinking_tokens: int | None = None,
        capabilities: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.api_key = api_key or ""
        self.base_url = (base_url or self.default_base_url).rstrip("/")
        self.image_model = image_model
        self.embedding_model = embedding_model
        self.omit = frozenset(omit)
        self.extra_body = dict(extra_body or {})
        self._headers = {name.lower(): value for name, value in (headers or {}).items()}
        if organization:
            self._headers["openai-organization"] = organization
        if project:
            self._headers["openai-project"] = project
        self.thinking_tokens = thinking_tokens
        #: What the settings name is not changed by what a server refuses.
        self._named = frozenset(capabilities or ())
        self._dialects: dict[str, Dialect] = {}
        self._thinkers: set[str] = set()
        for name, value in (capabilities or {}).items():
            if name not in self._capabilities:
                known = ", ".join(sorted(self._capabilities))
                raise InvalidLLMBackend(f"{self.setting}['OPTIONS']['capabilities']: unknown {name!r}. Known: {known}.")
            setattr(self, name, value)
        if not self.streaming:
            self.supports_streaming = False
        if self.json_mode not in JSON_MODES:
            raise InvalidLLMBackend(f"{self.setting}: json_mode must be one of {', '.join(JSON_MODES)}.")
        self._check_url()
        self.transport = Transport(self.setting, self.base_url, self.api_key, self._headers)

    def _check_url(self) -> None:
        parts = urlsplit(self.base_url)
        problem = ""
        if parts.scheme not in ("http", "https") or not parts.hostname:
            problem = "must be an http or https address"
        elif parts.username or parts.password or parts.query or parts.fragment:
            problem = "must not hold a user, a query or a fragment"
        if problem:
            raise InvalidLLMBackend(f"{self.setting}['OPTIONS']['base_url']: {problem}.")

    # The client

    def close(self) -> None:
        self.transport.close()

    def check(self) -> list[CheckMessage]:
        messages: list[CheckMessage] = []
        if find_spec("openai") is None:
            messages.append(
                Error(
                    f"{self.setting} needs the openai package.",
                    hint="Install it: pip install 'django-ai-cms[openai]'.",
                    id="ai_cms_llm.E003",
                )
            )
        if self.needs_key and not self.api_key:
            messages.append(
                Warning(
                    f"{self.setting} has no api_key; every call of it will fail.",
                    hint="Set OPTIONS['api_key'] from the environment, or leave the alias out.",
                    id="ai_cms_llm.W001",
                )
            )
        if not self.model:
            messages.append(
                Warning(
                    f"{self.setting} names no MODEL.",
                    hint="Set MODEL to the provider's name.",
                    id="ai_cms_llm.W002",
                )
            )
        host = urlsplit(self.base_url).hostname or ""
        local = host == "localhost" or host.startswith("127.") or host == "::1"
        if self.api_key and self.base_url.startswith("http:") and not local:
            messages.append(
                Warning(
                    f"{self.setting} sends its api_key over plain http.",
                    hint="Use an https base_url.",
                    id="ai_cms_llm.W003",
                )
            )
        return messages

    # Text

    def dialect(self, model: str) -> Dialect:
        """Return what ``model`` takes, as far as this process knows."""
        if model not in self._dialects:
            self._dialects[model] = Dialect(
                self.max_tokens_param,
                self.json_mode,
                self.schema_limits,
                self.stream_usage,
                set(self.omit),
                self._named,
            )
        return self._dialects[model]

    def schema_is_prompt(self, model: str) -> bool:
        return self.dialect(model or self.model).json_mode != JSON_MODES[0]

    def thinking_room(self, model: str) -> int:
        if self.thinking_tokens is not None:
            return self.thinking_tokens
        return _THINKING_TOKENS if (model or self.model) in self._thinkers else 0

    def _parameters(self, request: LLMRequest, dialect: Dialect | None = None) -> tuple[JsonObject, JsonObject]:
        """Return the named parameters of a chat completion and the further fields of its body."""
        dialect = dialect or self.dialect(request.model or self.model)
        schema = requested_schema(request)
        instruction = ""
        extra = dict(self.extra_body)
        parameters: dict[str, Any] = {"model": request.model or self.model}
        if schema is not None:
            wanted = response_format(schema, dialect.json_mode, limits=dialect.limits)
            if wanted is not None:
                parameters["response_format"] = wanted
            if dialect.json_mode != "json_schema":
                instruction = schema_instruction(schema)
        parameters["messages"] = chat_messages(request.messages, instruction, remote_images=self.remote_images)
        if request.max_tokens is not None:
            extra[dialect.max_tokens] = request.max_tokens
        if request.temperature is not None:
            parameters["temperature"] = request.temperature
        if request.stop:
            parameters["stop"] = list(request.stop)
        if request.tools:
            parameters["tools"] = tool_definitions(request)
            if self.tool_choice and request.tool_choice != "auto":
                named = {"type": "function", "function": {"name": request.tool_choice}}
                plain = request.tool_choice in ("none", "required")
                parameters["tool_choice"] = request.tool_choice if plain else named
        if self.streaming:
            parameters["stream"] = True
            if dialect.stream_usage:
                parameters["stream_options"] = {"include_usage": True}
        for name in dialect.refused:
            parameters.pop(name, None)
            extra.pop(name, None)
        return parameters, extra

    def _open_text(self, request: LLMRequest, timeout: object, dialect: Dialect) -> Any:
        parameters, extra = self._parameters(request, dialect)
        create = self.transport.client.chat.completions.with_streaming_response.create
        return create(**parameters, extra_body=extra, timeout=timeout)

    def _feed(self, assembler: Assembler, data: JsonMapping) -> Iterator[StreamEvent]:
        return feed_chat(assembler, data)

    def _stream(self, request: LLMRequest) -> Iterator[StreamEvent]:
        self.prepare()
        dialect = self.dialect(request.model or self.model)
        while True:
            tried = dialect.copy()
            try:
                yield from self._attempt(request, tried)
                return
            except LLMError as error:
                if not dialect.learn(error, request, tried):
                    raise
                logger.info("%s: sent again, for the server refused something: %s", self.setting, error.reason)

    def _attempt(self, request: LLMRequest, dialect: Dialect) -> Iterator[StreamEvent]:
        limits = self.limits_of(request)
        weight = float(dialect.json_mode != JSON_MODES[0])
        assembler = Assembler(request, limits, key=request.model or self.model, schema_weight=weight)
        exchange = Exchange(self.deadlines_of(request), request.cancel, limits.max_bytes, whole=not self.streaming)
        with exchange, self.transport.boundary(exchange, assembler):
            with exchange.opened(self._open_text(request, self.transport.timeout(exchange), dialect)) as response:
                yield from self.transport.read(response.http_response, exchange, assembler, self._feed)
            self.transport.raise_if_stopped(exchange, assembler)
            if assembler.reasoned:
                self._thinkers.add(request.model or self.model)
            done = assembler.complete(needs_end=self.done_marker)
        yield Finish(done)

    def prepare(self) -> None:
        """Import the library, before the clock starts: it takes a second."""
        if self.needs_key and not self.api_key:
            raise LLMBackendMisconfigured(reason=f"{self.setting}['OPTIONS']: api_key is missing")
        self.transport.open()
