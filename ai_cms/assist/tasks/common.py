"""What the payloads of several tasks share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ai_cms.assist.conf import assist_settings
from ai_cms.assist.exceptions import InvalidPayload
from ai_cms.assist.registry import Job, Payload, WritingTask
from ai_cms.core.permissions import Actor
from ai_cms.llm.backends.local.text import shorten
from ai_cms.pages.models import AbstractPage

from ...core.jsontypes import JsonMapping, JsonObject

__all__ = [
    "Brief",
    "Language",
    "LongText",
    "Output",
    "ShortText",
    "SourcePayload",
    "SourceTask",
    "Tone",
    "list_up_to",
    "page_text",
    "text_up_to",
]

ShortText = Annotated[str, Field(min_length=1, max_length=500)]
LongText = Annotated[str, Field(min_length=1, max_length=100_000)]
Brief = Annotated[str, Field(min_length=1, max_length=20_000)]
Tone = Literal["neutral", "friendly", "formal", "confident", "plain", "playful"]
#: A language tag such as "de" or "pt-BR" (RFC 5646, the common part of it).
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)]


def _cut(limit: int) -> BeforeValidator:
    """Cut a text that is too long between words: a model counts badly, and the answer has been paid for."""
    return BeforeValidator(
        lambda value: shorten(value, limit) if isinstance(value, str) and len(value) > limit else value
    )


def _first(limit: int) -> BeforeValidator:
    """Keep the first ``limit`` items of a list."""
    return BeforeValidator(lambda value: value[:limit] if isinstance(value, list) else value)


def text_up_to(limit: int, *, least: int = 1, description: str | None = None) -> Any:
    """Return the type of a text of an answer that is cut at ``limit`` characters."""
    return Annotated[str, Field(min_length=least, max_length=limit, description=description), _cut(limit)]


def list_up_to(limit: int, item: Any, *, least: int = 0, description: str | None = None) -> Any:
    """Return the type of a list of an answer of which ``limit`` items are kept."""
    return Annotated[list[item], Field(min_length=least, max_length=limit, description=description), _first(limit)]


class Output(BaseModel):
    """Base of answers: what a model adds is ignored, its strings are trimmed."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, defer_build=True)


class SourcePayload(Payload):
    """A text, or none where the task is used on a page."""

    text: LongText | None = Field(None, description="The text; left out, the page's own is used.")


def page_text(job: Job) -> str:
    """Return the text of the job's page, cut to ASSIST_INPUT_CHARACTERS."""
    text: str = job.page.content_json.text() if job.page is not None else ""
    return text[: assist_settings.ASSIST_INPUT_CHARACTERS]


class SourceTask(WritingTask):
    """A task about a text that may be the page's."""

    payload_model = SourcePayload

    def prepare(self, actor: Actor, payload: JsonMapping, page: AbstractPage | None = None) -> Job:
        job = super().prepare(actor, payload, page)
        if job.payload.text is None and not page_text(job).strip():
            raise InvalidPayload(
                errors={
                    "payload": [{"loc": ["text"], "type": "missing", "msg": "Give a text, or a page that has one."}]
                }
            )
        return job

    def data(self, job: Job) -> JsonObject:
        found = dict(super().data(job))
        if job.payload.text is None:
            found["text"] = page_text(job)
        if job.page is not None:
            found.setdefault("title", job.page.title)
        return found
