"""A backend for servers that take ``{"prompt": …}`` and answer ``{"text": …}``, with nothing but the standard
library.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from ai_cms.llm.backends.base import BaseLLMBackend
from ai_cms.llm.exceptions import LLMBackendMisconfigured, LLMBusy, LLMTimeout, LLMUnavailable
from ai_cms.llm.messages import LLMRequest, LLMResponse, Usage
from ai_cms.llm.tokens import estimate_usage


class PlainBackend(BaseLLMBackend):
    """``url``: where to send prompts. ``token``: sent as a bearer token."""

    supports_structured = True

    def __init__(self, *, url: str, token: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.url = url
        self.token = token

    def _generate(self, request: LLMRequest) -> LLMResponse:
        prompt = "\n\n".join(f"{message.role}: {message.text}" for message in request.messages)
        body = {"prompt": prompt, "model": request.model or self.model, "max_tokens": request.max_tokens}
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        call = urllib.request.Request(self.url, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(call, timeout=self.deadlines_of(request).total) as answer:
                data = json.loads(answer.read(self.limits_of(request).max_bytes))
        except urllib.error.HTTPError as error:
            if error.code == 429:
                raise LLMBusy(reason="HTTP 429", retry_after=5) from error
            if error.code < 500:
                raise LLMBackendMisconfigured(reason=f"HTTP {error.code}") from error
            raise LLMUnavailable(reason=f"HTTP {error.code}") from error
        except TimeoutError as error:
            raise LLMTimeout(reason="no answer in time") from error
        except (OSError, ValueError) as error:
            raise LLMUnavailable(reason=str(error)) from error
        usage = data.get("usage")
        return LLMResponse(
            text=data["text"],
            usage=Usage(*usage) if usage else estimate_usage(request, data["text"]),
            finish_reason="length" if data.get("cut") else "stop",
            model=request.model or self.model,
        )
