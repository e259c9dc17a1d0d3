"""Any server that speaks OpenAI's API, by the ``openai`` client library (the extra ``[openai]``).

The library is imported at the first call, because importing it takes as long as starting Django. Of what it offers,
this uses the building of requests and the connection; retries, deadlines, limits and the reading of answers are ours,
so that each fault of a provider has one outcome (``docs/explanation/provider-faults.md``). Every call opens a
connection of its own: it can be shut down from another thread, and never meets a stale one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Warning

from ai_cms.llm.exceptions import (
    InvalidLLMBackend,
    LLMBackendMisconfigured,
    LLMError,
    LLMInvalidEmbedding,
    LLMInvalidImage,
)
from ai_cms.llm.messages import (
    CancelToken,
    Deadlines,
    EmbeddingResponse,
    Finish,
    ImageRequest,
    ImageResponse,
    LLMRequest,
    StreamEvent,
    Usage,
)
from ai_cms.llm.schema import requested_schema
from ai_cms.llm.tokens import estimate_text

from .assembly import Assembler, clean_text
from .base import BaseLLMBackend
from .chat_format import chat_messages, feed_chat, response_format, schema_instruction, tool_definitions
from .connection import Exchange
from .images import checked_image, decoded_image
from .transport import Transport

__all__ = ["OpenAICompatibleBackend"]

_JSON_MODES = ("json_schema", "json_object+schema", "json_object", "prompt")
_IMAGE_BYTES = 64_000_000


class OpenAICompatibleBackend(BaseLLMBackend):
    """A server at ``base_url``. The class attributes say what such servers can do; ``capabilities`` overrides them.

    ``api_key``: sent as a bearer token if given; never taken from the environment. ``organization``, ``project`` and
    ``headers``: sent if given. ``image_model``, ``embedding_model``: empty for ``MODEL``. ``omit``: parameters the
    model does not take ("temperature", "stop"). ``extra_body``: further fields for the body of each text call.
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
    #: Does a stream end with data: [DONE]? Then one that does not was cut.
    done_marker: bool = True
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
        extra_body: Mapping[str, Any] | None = None,
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
        #: The server may turn a way of asking for JSON down; then the next one is tried, unless the settings name one.
        self.negotiates = "json_mode" not in (capabilities or {})
        for name, value in (capabilities or {}).items():
            if name not in self._capabilities:
                known = ", ".join(sorted(self._capabilities))
                raise InvalidLLMBackend(f"{self.setting}['OPTIONS']['capabilities']: unknown {name!r}. Known: {known}.")
            setattr(self, name, value)
        if not self.streaming:
            self.supports_streaming = False
        if self.json_mode not in _JSON_MODES:
            raise InvalidLLMBackend(f"{self.setting}: json_mode must be one of {', '.join(_JSON_MODES)}.")
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

    def _parameters(self, request: LLMRequest) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the named parameters of a chat completion and the further fields of its body."""
        schema = requested_schema(request)
        instruction = ""
        extra = dict(self.extra_body)
        parameters: dict[str, Any] = {"model": request.model or self.model}
        if schema is not None:
            wanted = response_format(schema, self.json_mode)
            if wanted is not None:
                parameters["response_format"] = wanted
            if self.json_mode != "json_schema":
                instruction = schema_instruction(schema)
        parameters["messages"] = chat_messages(request.messages, instruction, remote_images=self.remote_images)
        if request.max_tokens is not None:
            extra[self.max_tokens_param] = request.max_tokens
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
            if self.stream_usage:
                parameters["stream_options"] = {"include_usage": True}
        for name in self.omit:
            parameters.pop(name, None)
            extra.pop(name, None)
        return parameters, extra

    def _open_text(self, request: LLMRequest, timeout: Any) -> Any:
        parameters, extra = self._parameters(request)
        create = self.transport.client.chat.completions.with_streaming_response.create
        return create(**parameters, extra_body=extra, timeout=timeout)

    def _feed(self, assembler: Assembler, data: Mapping[str, Any]) -> Iterator[StreamEvent]:
        return feed_chat(assembler, data)

    def _stream(self, request: LLMRequest) -> Iterator[StreamEvent]:
        self._prepare()
        while True:
            mode = self.json_mode
            try:
                yield from self._attempt(request)
                return
            except LLMError as error:
                if not (request.structured and self._turned_down(error, mode)):
                    raise

    def _attempt(self, request: LLMRequest) -> Iterator[StreamEvent]:
        limits = self.limits_of(request)
        assembler = Assembler(request, limits, key=request.model or self.model)
        exchange = Exchange(self.deadlines_of(request), request.cancel, limits.max_bytes, whole=not self.streaming)
        with exchange, self.transport.boundary(exchange, assembler):
            with exchange.opened(self._open_text(request, self.transport.timeout(exchange))) as response:
                yield from self.transport.read(response.http_response, exchange, assembler, self._feed)
            self.transport.raise_if_stopped(exchange, assembler)
            done = assembler.complete(needs_end=self.done_marker)
        yield Finish(done)

    def _turned_down(self, error: LLMError, mode: str) -> bool:
        """Say whether the server refused the way JSON was asked for, and go on to the next way.

        A server that checks its input answers before it generates, so the refused request costs nothing.
        """
        if not self.negotiates or error.received or error.provider_status not in (400, 422, 500, 501):
            return False
        if mode == _JSON_MODES[-1] or not re.search(r"response_format|json_schema|json_object", error.reason):
            return False
        if self.json_mode == mode:
            self.json_mode = _JSON_MODES[_JSON_MODES.index(mode) + 1]
        return True

    # Embeddings and images

    def _embed(
        self, texts: list[str], *, model: str, dimensions: int | None, deadlines: Deadlines, cancel: CancelToken
    ) -> EmbeddingResponse:
        self._prepare()
        extra: dict[str, Any] = {} if dimensions is None else {"dimensions": dimensions}
        most = self.limits.max_bytes + 40_000 * len(texts)
        with Exchange(deadlines, cancel, most, whole=True) as exchange, self.transport.boundary(exchange):
            manager = self.transport.client.embeddings.with_streaming_response.create(
                model=model or self.embedding_model or self.model,
                input=[clean_text(text) for text in texts],
                encoding_format="float",
                timeout=self.transport.timeout(exchange),
                **extra,
            )
            data, request_id = self.transport.answer(manager, exchange)
        usage = self._plain_usage(data, sum(estimate_text(text) for text in texts))
        answered_by = str(data.get("model") or "")
        facts: dict[str, Any] = {"received": True, "usage": usage, "model": answered_by, "request_id": request_id}
        try:
            vectors = _vectors(data, len(texts), dimensions)
        except ValueError as error:
            raise LLMInvalidEmbedding(reason=str(error), **facts) from None
        return EmbeddingResponse(vectors, len(vectors[0]) if vectors else 0, usage, answered_by, request_id)

    def _generate_image(self, request: ImageRequest) -> ImageResponse:
        self._prepare()
        deadlines = request.deadlines or self.deadlines
        most = request.limits.max_bytes if request.limits else _IMAGE_BYTES
        extra: dict[str, Any] = {**({"size": request.size} if request.size else {}), **self._image_parameters(request)}
        with Exchange(deadlines, request.cancel, most, whole=True) as exchange, self.transport.boundary(exchange):
            manager = self.transport.client.images.with_streaming_response.generate(
                model=request.model or self.image_model or self.model,
                prompt=clean_text(request.prompt),
                timeout=self.transport.timeout(exchange),
                extra_body=extra,
            )
            data, request_id = self.transport.answer(manager, exchange)
        found = data.get("data")
        items = found if isinstance(found, list) else []
        usage = self._image_usage(data)
        count = max(len(items), 1)
        facts: dict[str, Any] = {"received": True, "usage": usage, "request_id": request_id, "count": count}
        try:
            if not items or not isinstance(items[0], dict):
                raise ValueError("no image in the answer")
            image = decoded_image(items[0].get("b64_json"))
            mime = checked_image(image)
        except ValueError as error:
            raise LLMInvalidImage(reason=str(error), **facts) from None
        revised = items[0].get("revised_prompt")
        return ImageResponse(
            data=image,
            mime=mime,
            count=len(items),
            usage=usage,
            model=str(data.get("model") or request.model or self.image_model or self.model),
            request_id=request_id,
            revised_prompt=revised if isinstance(revised, str) else "",
        )

    def _image_parameters(self, request: ImageRequest) -> dict[str, Any]:
        """Return the fields of the body besides model, prompt and size."""
        return {"n": 1, "response_format": "b64_json"}

    @staticmethod
    def _plain_usage(data: Mapping[str, Any], estimate: int) -> Usage:
        found = data.get("usage")
        tokens = found.get("prompt_tokens") if isinstance(found, dict) else None
        if isinstance(tokens, int) and not isinstance(tokens, bool) and 0 < tokens <= 8 * estimate + 1024:
            return Usage(tokens, 0)
        return Usage(estimate, 0, reported=False)

    @staticmethod
    def _image_usage(data: Mapping[str, Any]) -> Usage:
        found = data.get("usage")
        if not isinstance(found, dict):
            return Usage(reported=False)
        numbers = [found.get("input_tokens"), found.get("output_tokens")]
        if all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers):
            return Usage(int(numbers[0] or 0), int(numbers[1] or 0))
        return Usage(reported=False)

    def _prepare(self) -> None:
        """Do before the clock starts what has to be done once: importing the library takes a second."""
        if self.needs_key and not self.api_key:
            raise LLMBackendMisconfigured(reason=f"{self.setting}['OPTIONS']: api_key is missing")
        self.transport.open()


def _numbers(raw: list[Any]) -> tuple[float, ...]:
    """Return a vector; of one vector a token, as servers without pooling send them, the mean."""
    if all(isinstance(row, list) and len(row) == len(raw[0]) for row in raw):
        return tuple(math.fsum(column) / len(raw) for column in zip(*(_numbers(row) for row in raw), strict=True))
    return tuple(float(value) if isinstance(value, (int, float)) else math.nan for value in raw)


def _vectors(data: Mapping[str, Any], count: int, dimensions: int | None) -> tuple[tuple[float, ...], ...]:
    """Return the vectors of an answer in the order of the texts. Raises ValueError if they do not fit."""
    found = data.get("data")
    if not isinstance(found, list) or len(found) != count:
        raise ValueError(f"{len(found) if isinstance(found, list) else 0} vectors for {count} texts")
    places: dict[int, tuple[float, ...]] = {}
    for position, item in enumerate(found):
        raw = item.get("embedding") if isinstance(item, dict) else None
        index = item.get("index", position) if isinstance(item, dict) else position
        if not isinstance(raw, list) or not raw or not isinstance(index, int):
            raise ValueError("a vector is missing")
        vector = _numbers(raw)
        if not all(math.isfinite(value) for value in vector):
            raise ValueError("a vector holds what is not a number")
        places[index] = vector
    if set(places) != set(range(count)):
        raise ValueError("the vectors are numbered wrongly")
    sizes = {len(vector) for vector in places.values()}
    if len(sizes) > 1 or (dimensions is not None and sizes and sizes != {dimensions}):
        raise ValueError(f"vectors of {sorted(sizes)} dimensions, wanted {dimensions or 'equal ones'}")
    return tuple(places[index] for index in range(count))
