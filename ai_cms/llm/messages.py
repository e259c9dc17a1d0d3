"""What goes to a model and what comes back, in words that belong to no provider.

Everything here is a frozen dataclass without behaviour that needs Django; no type of a provider's SDK appears anywhere
outside that provider's backend.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel

from ..core.jsontypes import JsonMapping
from .cancelling import CancelToken

__all__ = [
    "CancelToken",
    "Deadlines",
    "EmbeddingResponse",
    "Finish",
    "FinishReason",
    "ImagePart",
    "ImageRequest",
    "ImageResponse",
    "LLMRequest",
    "LLMResponse",
    "Limits",
    "Message",
    "Part",
    "Restarted",
    "Role",
    "StreamEvent",
    "TextDelta",
    "TextPart",
    "Thinking",
    "ToolCall",
    "ToolCallDelta",
    "ToolDefinition",
    "Usage",
    "UsageEvent",
]

Role = Literal["system", "user", "assistant", "tool"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of text in a message of several parts."""

    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image in a message: either ``data`` (bytes of type ``mime``) or an https ``url`` the provider may fetch."""

    data: bytes | None = None
    mime: str = "image/png"
    url: str | None = None

    def __post_init__(self) -> None:
        if (self.data is None) == (self.url is None):
            raise ValueError("An ImagePart has either data or url.")


Part = TextPart | ImagePart


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to run a tool. ``arguments`` is the JSON text as the model wrote it, perhaps not valid."""

    id: str
    name: str
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as a model sees it; ``parameters`` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: JsonMapping


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. ``tool_calls`` belong to an assistant's turn, ``tool_call_id`` to the tool's answer."""

    role: Role
    content: str | Sequence[Part] = ""
    tool_calls: Sequence[ToolCall] = ()
    tool_call_id: str = ""

    @classmethod
    def system(cls, content: str) -> Message:
        return cls("system", content)

    @classmethod
    def user(cls, content: str | Sequence[Part]) -> Message:
        return cls("user", content)

    @classmethod
    def assistant(cls, content: str = "", tool_calls: Sequence[ToolCall] = ()) -> Message:
        return cls("assistant", content, tool_calls)

    @classmethod
    def tool(cls, tool_call_id: str, content: str) -> Message:
        return cls("tool", content, (), tool_call_id)

    @property
    def text(self) -> str:
        """The text of the message without its images."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content if isinstance(part, TextPart))

    @property
    def images(self) -> list[ImagePart]:
        """The images of the message."""
        return [] if isinstance(self.content, str) else [part for part in self.content if isinstance(part, ImagePart)]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call. ``reported`` is false where the provider gave no believable numbers and these are estimated.

    ``cached_tokens`` are part of ``input_tokens``, never in addition.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reported: bool = True

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reported and other.reported,
        )


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a call may take, in seconds.

    ``connect``: until the connection stands. ``first_byte``: from the start until the first piece of content;
    keep-alive comments do not count. ``gap``: between two pieces of content. ``total``: the whole call.
    """

    first_byte: float = 60.0
    gap: float = 60.0
    total: float = 300.0
    connect: float = 5.0

    def __post_init__(self) -> None:
        if min(self.first_byte, self.gap, self.total, self.connect) <= 0:
            raise ValueError("Deadlines are above zero seconds.")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a provider may send: bytes on the wire (after decompression) and characters of text.

    ``max_characters`` of ``None`` is derived from the request's ``max_tokens``, so that a server that ignores
    ``max_tokens`` is stopped all the same.
    """

    max_bytes: int = 8_000_000
    max_characters: int | None = None


#: What the things in a request's memo are derived from.
_DERIVED_FROM = frozenset({"messages", "tools", "response_model", "response_schema"})


@dataclass(frozen=True)
class LLMRequest:
    """One call to a model.

    ``model``: empty for the alias's own. ``max_tokens``: of the answer. ``response_model``: ask for JSON of this model
    and put the validated object into ``LLMResponse.parsed``; ``response_schema``: the strict JSON Schema to send
    instead of the one derived from ``response_model``. ``tool_choice``: "auto", "none", "required" or a tool's name.
    ``task`` and ``payload``: what the call is for and its data, for backends that work by rules. ``cancel``: stops the
    call.
    """

    messages: Sequence[Message]
    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    tools: Sequence[ToolDefinition] = ()
    tool_choice: str = "auto"
    response_model: type[BaseModel] | None = None
    response_schema: JsonMapping | None = None
    stop: Sequence[str] = ()
    task: str = ""
    payload: JsonMapping = field(default_factory=dict)
    deadlines: Deadlines | None = None
    limits: Limits | None = None
    cancel: CancelToken = field(default_factory=CancelToken, compare=False, repr=False)
    #: What was derived from the request, so that the steps of a call need not derive it again; a copy of other words or another
    #: schema starts without.
    memo: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def replace(self, **changes: Any) -> LLMRequest:
        """Return a copy with ``changes``; it shares the cancel token unless that is changed."""
        made = replace(self, **changes)
        if changes.keys().isdisjoint(_DERIVED_FROM):
            made.memo.update(self.memo)
        return made

    @property
    def structured(self) -> bool:
        """Return whether the answer has to be JSON of a schema."""
        return self.response_model is not None or self.response_schema is not None


@dataclass(frozen=True, slots=True)
class LLMResponse:
    """A complete answer.

    ``model``: the model that answered, which may differ from the one asked for. ``parsed``: the validated object where
    a ``response_model`` was given. ``truncated``: the answer ended at ``max_tokens``. ``refusal``: the words of a model
    that declined. ``thoughts``: what was heard of the model's thinking; it is billed, and never shown or stored.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage = Usage(reported=False)
    finish_reason: FinishReason = "stop"
    model: str = ""
    request_id: str = ""
    parsed: Any = None
    refusal: str = ""
    thoughts: str = field(default="", compare=False, repr=False)

    @property
    def truncated(self) -> bool:
        return self.finish_reason == "length"

    def message(self) -> Message:
        """Return the answer as the assistant's turn of a conversation."""
        return Message("assistant", self.text, self.tool_calls)

    def json(self) -> Any:
        """Return the text decoded as JSON. Raises ValueError."""
        return json.loads(self.text)


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """The next piece of the ``index``-th tool call; ``id`` and ``name`` come once, ``arguments`` in pieces."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """What the provider reports so far; a later one replaces an earlier one."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Thinking:
    """Something came that is not shown, such as a model's reasoning: the provider is alive, and will bill ``text``."""

    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Restarted:
    """What was delivered so far is void, the answer begins anew: it was thinking, or an invalid answer is repaired.

    ``again``: the same words are said again otherwise, and have been billed once.
    """

    reason: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """The last event of a complete answer. A stream that ends without one has failed, and raises."""

    response: LLMResponse


StreamEvent = TextDelta | ToolCallDelta | UsageEvent | Thinking | Restarted | Finish


@dataclass(frozen=True)
class ImageRequest:
    """One image to make. ``size``: "1024x1024" and the like, empty for the model's own."""

    prompt: str
    model: str = ""
    size: str = ""
    count: int = 1
    task: str = "image"
    deadlines: Deadlines | None = None
    limits: Limits | None = None
    cancel: CancelToken = field(default_factory=CancelToken, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ImageResponse:
    """A generated image, checked by its bytes. ``count`` is what the provider billed."""

    data: bytes = field(repr=False)
    mime: str
    count: int = 1
    usage: Usage = Usage(reported=False)
    model: str = ""
    request_id: str = ""
    revised_prompt: str = ""


@dataclass(frozen=True, slots=True)
class EmbeddingResponse:
    """One vector a text, all of ``dimensions`` numbers."""

    vectors: tuple[tuple[float, ...], ...] = field(repr=False)
    dimensions: int
    usage: Usage = Usage(reported=False)
    model: str = ""
    request_id: str = ""
