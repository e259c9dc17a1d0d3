"""The settings of ``ai_cms.retrieval``."""

from __future__ import annotations

from typing import Any

from ai_cms.core.conf import AppSettings, Setting, positive

__all__ = ["RetrievalSettings", "retrieval_settings"]


def _passage_size(value: int) -> str | None:
    return None if 200 <= value <= 8_000 else "must be from 200 to 8,000"


def _similarity(value: float) -> str | None:
    return None if -1 <= value <= 1 else "must be from -1 to 1"


def _dimensions(value: Any) -> str | None:
    return None if value is None or 1 <= value <= 16_000 else "must be from 1 to 16,000, or None for the model's own"


def _batch(value: int) -> str | None:
    return None if 1 <= value <= 2_048 else "must be from 1 to 2,048"


class RetrievalSettings(AppSettings):
    """Settings of ``ai_cms.retrieval``."""

    RETRIEVAL_ALIAS = Setting(
        "",
        str,
        "The alias of AI_CMS['LLM'] that turns passages and queries into vectors; empty: passages are found by words alone.",
    )
    RETRIEVAL_MODEL = Setting(
        "",
        str,
        "The embedding model to ask that alias for; empty for the alias's own. Another one makes all vectors anew.",
    )
    RETRIEVAL_DIMENSIONS: Setting[int | None] = Setting(
        None,
        (int, type(None)),
        "Numbers of a vector, for models that offer several; None for the model's own.",
        validate=_dimensions,
    )
    RETRIEVAL_PASSAGE_CHARACTERS = Setting(
        1_200,
        int,
        "Characters from which a passage is split at the end of a sentence, from 200 to 8,000; rebuild_retrieval applies it.",
        validate=_passage_size,
    )
    RETRIEVAL_MIN_SIMILARITY: Setting[float] = Setting(
        0.3,
        (int, float),
        "Cosine similarity from which a passage counts as found by its meaning, from -1 to 1; models differ.",
        validate=_similarity,
    )
    RETRIEVAL_BATCH = Setting(
        64, int, "Passages that one call turns into vectors, from 1 to 2,048 as the provider allows.", validate=_batch
    )
    RETRIEVAL_RUN_BATCHES = Setting(
        100, int, "Calls that one run makes before it hands over to the next.", validate=positive
    )
    RETRIEVAL_READABLE = Setting(
        "",
        str,
        "Dotted path of a function (actor, publications) -> publications that takes out what an actor may not read; empty where "
        "everything published is for everybody.",
    )


retrieval_settings = RetrievalSettings()
