"""Embeddings and images by OpenAI's API, for the backends that speak it."""

from __future__ import annotations

import math
from typing import Any

from ai_cms.llm.exceptions import LLMInvalidEmbedding, LLMInvalidImage
from ai_cms.llm.messages import CancelToken, Deadlines, EmbeddingResponse, ImageRequest, ImageResponse, Usage
from ai_cms.llm.tokens import estimate_text

from ...core.jsontypes import JsonMapping, JsonObject
from .assembly import clean_text
from .base import BaseLLMBackend
from .connection import Exchange
from .images import checked_image, decoded_image
from .transport import Transport

__all__ = ["MediaBackend"]

_IMAGE_BYTES = 64_000_000


class MediaBackend(BaseLLMBackend):
    """A server that makes vectors and images; a subclass makes the transport."""

    transport: Transport
    image_model: str
    embedding_model: str

    def _embed(
        self, texts: list[str], *, model: str, dimensions: int | None, deadlines: Deadlines, cancel: CancelToken
    ) -> EmbeddingResponse:
        self.prepare()
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
        self.prepare()
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

    def _image_parameters(self, request: ImageRequest) -> JsonObject:
        """Return the fields of the body besides model, prompt and size."""
        return {"n": 1, "response_format": "b64_json"}

    @staticmethod
    def _plain_usage(data: JsonMapping, estimate: int) -> Usage:
        found = data.get("usage")
        tokens = found.get("prompt_tokens") if isinstance(found, dict) else None
        if isinstance(tokens, int) and not isinstance(tokens, bool) and 0 < tokens <= 8 * estimate + 1024:
            return Usage(tokens, 0)
        return Usage(estimate, 0, reported=False)

    @staticmethod
    def _image_usage(data: JsonMapping) -> Usage:
        found = data.get("usage")
        if not isinstance(found, dict):
            return Usage(reported=False)
        numbers = [found.get("input_tokens"), found.get("output_tokens")]
        if all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers):
            return Usage(int(numbers[0] or 0), int(numbers[1] or 0))
        return Usage(reported=False)


def _numbers(raw: list[Any]) -> tuple[float, ...]:
    """Return a vector; of one vector a token, as servers without pooling send them, the mean."""
    if all(isinstance(row, list) and len(row) == len(raw[0]) for row in raw):
        return tuple(math.fsum(column) / len(raw) for column in zip(*(_numbers(row) for row in raw), strict=True))
    return tuple(float(value) if isinstance(value, (int, float)) else math.nan for value in raw)


def _vectors(data: JsonMapping, count: int, dimensions: int | None) -> tuple[tuple[float, ...], ...]:
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
