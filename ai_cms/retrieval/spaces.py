"""Which model makes vectors now: vectors of two models cannot be compared, so each is stored under its model's name."""

from __future__ import annotations

from ai_cms.llm.backends.base import BaseLLMBackend
from ai_cms.llm.exceptions import InvalidLLMBackend, LLMDoesNotExist
from ai_cms.llm.handler import llms

from .conf import retrieval_settings

__all__ = ["embedding_backend", "embedding_model", "space_in_use"]


def embedding_backend() -> BaseLLMBackend | None:
    """Return the backend that makes vectors, ``None`` where none is set, it cannot be made, or it makes none."""
    alias = retrieval_settings.RETRIEVAL_ALIAS
    if not alias:
        return None
    try:
        backend = llms[alias]
    except (LLMDoesNotExist, InvalidLLMBackend):
        # The system checks say so; a site with a wrong alias still finds by words.
        return None
    return backend if backend.supports_embeddings else None


def embedding_model(backend: BaseLLMBackend) -> str:
    """Return the name of the model that ``backend`` is asked for."""
    return (
        retrieval_settings.RETRIEVAL_MODEL or getattr(backend, "embedding_model", "") or backend.model or backend.alias
    )


def space_in_use() -> str:
    """Return the name under which vectors are stored now; "" where there are none."""
    backend = embedding_backend()
    if backend is None:
        return ""
    size = retrieval_settings.RETRIEVAL_DIMENSIONS
    return f"{embedding_model(backend)[:180]}{f':{size}' if size else ''}"
