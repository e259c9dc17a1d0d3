"""A backend made of one function, for tests and for what is not worth a class."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.module_loading import import_string
from pydantic import BaseModel

from ai_cms.llm.exceptions import InvalidLLMBackend
from ai_cms.llm.messages import LLMRequest, LLMResponse
from ai_cms.llm.tokens import estimate_usage

from .base import BaseLLMBackend

__all__ = ["FunctionBackend"]


class FunctionBackend(BaseLLMBackend):
    """Answers with ``function(request)``: an LLMResponse, a text, or a dict or Pydantic object that is sent as JSON.

    ``function``: a callable or its dotted path. ``real_calls``: true if it reaches a real provider, so that tests
    forbid it.
    """

    supports_structured = True
    supports_tools = True
    supports_vision = True
    makes_real_calls = False

    def __init__(
        self, *, function: Callable[[LLMRequest], Any] | str, real_calls: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        if isinstance(function, str):
            try:
                function = import_string(function)
            except ImportError as error:
                raise InvalidLLMBackend(f"{self.setting}['OPTIONS']['function']: {error}") from error
        if not callable(function):
            raise InvalidLLMBackend(f"{self.setting}['OPTIONS']['function']: {function!r} is not callable.")
        self.function = function
        if real_calls:
            self.makes_real_calls = True

    def _generate(self, request: LLMRequest) -> LLMResponse:
        answer = self.function(request)
        if isinstance(answer, LLMResponse):
            return answer
        if isinstance(answer, BaseModel):
            text = answer.model_dump_json()
        elif isinstance(answer, Mapping):
            text = json.dumps(answer)
        else:
            text = str(answer)
        return LLMResponse(text, usage=estimate_usage(request, text), model=request.model or self.model or "function")
