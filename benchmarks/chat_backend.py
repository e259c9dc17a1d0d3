"""The model of ``benchmarks.chat`` as a backend, which stands for one behind a network."""

from __future__ import annotations

from collections.abc import Iterator

from ai_cms.llm.backends.base import BaseLLMBackend
from ai_cms.llm.exceptions import LLMCancelled
from ai_cms.llm.messages import Finish, LLMRequest, LLMResponse, StreamEvent, TextDelta, Usage, UsageEvent

from . import chat_model

__all__ = ["PacedBackend"]


class PacedBackend(BaseLLMBackend):
    """Streams the pieces with their pause."""

    supports_streaming = True
    #: The database connection is given back while it is waited for, as it is for a provider.
    makes_real_calls = True

    def _stream(self, request: LLMRequest) -> Iterator[StreamEvent]:
        sent = ""
        for piece in chat_model.pieces():
            if request.cancel.wait(chat_model.PAUSE) if chat_model.PAUSE else request.cancel.cancelled:
                raise LLMCancelled(partial=sent, received=bool(sent))
            sent += piece
            yield TextDelta(piece)
        usage = Usage(60, chat_model.PIECES)
        yield UsageEvent(usage)
        yield Finish(LLMResponse(sent, (), usage, "stop", model="paced", request_id="paced"))
