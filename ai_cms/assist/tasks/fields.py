"""Tasks that fill in a page's fields: search engine texts, keywords, excerpt, headlines, alternative texts."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from ai_cms.assist.exceptions import InvalidPayload
from ai_cms.assist.pictures import seen
from ai_cms.assist.registry import Job, Payload, TaskResult, WritingTask, register_task
from ai_cms.core.permissions import Actor
from ai_cms.llm.messages import ImagePart
from ai_cms.pages.models import AbstractPage

from ...core.jsontypes import JsonMapping, JsonObject
from .common import Output, ShortText, SourcePayload, SourceTask, list_up_to, text_up_to

__all__ = ["AltTextTask", "ExcerptTask", "HeadlinesTask", "KeywordsTask", "SeoTask", "SummariseTask"]

Count = Annotated[int, Field(ge=1, le=20)]


class SummaryPayload(SourcePayload):
    sentences: Annotated[int, Field(ge=1, le=10)] = 3


class Summary(Output):
    summary: text_up_to(4_000)  # type: ignore[valid-type]


@register_task
class SummariseTask(SourceTask):
    name = "summarise"
    label = _("Summarise")
    description = _("A short summary of a text or page.")
    payload_model = SummaryPayload
    most_tokens = 1200
    output_model = Summary


class ExcerptPayload(SourcePayload):
    max_length: Annotated[int, Field(ge=40, le=600)] = 280


class Excerpt(Output):
    excerpt: text_up_to(700)  # type: ignore[valid-type]


@register_task
class ExcerptTask(SourceTask):
    name = "excerpt"
    label = _("Excerpt")
    description = _("A teaser for lists.")
    payload_model = ExcerptPayload
    most_tokens = 500
    output_model = Excerpt

    def finish(self, job: Job, answer: Excerpt) -> TaskResult:
        fields = {} if job.page is None else {"metadata": {**job.page.metadata, "excerpt": answer.excerpt}}
        return TaskResult(answer.model_dump(), fields=fields)


class KeywordsPayload(SourcePayload):
    count: Count = 8


class Keywords(Output):
    # None is an answer too: a text may be a letter, or all stop words.
    keywords: list_up_to(20, text_up_to(80))  # type: ignore[valid-type]


@register_task
class KeywordsTask(SourceTask):
    name = "keywords"
    label = _("Keywords")
    description = _("The words a text is about.")
    payload_model = KeywordsPayload
    most_tokens = 300
    output_model = Keywords

    def finish(self, job: Job, answer: Keywords) -> TaskResult:
        fields = {}
        if job.page is not None and answer.keywords:
            fields = {"metadata": {**job.page.metadata, "keywords": answer.keywords}}
        return TaskResult(answer.model_dump(), fields=fields)


class Seo(Output):
    title: text_up_to(70, description="For the result list: about 60 characters.")  # type: ignore[valid-type]
    description: text_up_to(170, description="About 155 characters.")  # type: ignore[valid-type]
    keywords: list_up_to(20, text_up_to(80, least=0)) = []  # type: ignore[valid-type]


@register_task
class SeoTask(SourceTask):
    name = "seo"
    label = _("Search engine title and description")
    description = _("What a result list shows of a page.")
    output_model = Seo
    most_tokens = 400

    def finish(self, job: Job, answer: Seo) -> TaskResult:
        fields = {} if job.page is None else {"seo_title": answer.title, "seo_description": answer.description}
        return TaskResult(answer.model_dump(), fields=fields)


class HeadlinesPayload(SourcePayload):
    title: ShortText | None = None
    count: Count = 5


class Headlines(Output):
    headlines: list_up_to(20, text_up_to(200), least=1)  # type: ignore[valid-type]


@register_task
class HeadlinesTask(SourceTask):
    name = "headlines"
    label = _("Headline variants")
    description = _("Other titles to choose from.")
    payload_model = HeadlinesPayload
    most_tokens = 1000
    output_model = Headlines


class AltTextPayload(Payload):
    file_name: ShortText | None = None
    context: Annotated[str, Field(max_length=4_000)] = ""


class AltText(Output):
    alt: text_up_to(250)  # type: ignore[valid-type]


@register_task
class AltTextTask(WritingTask):
    """One image by file name and context, or all images of a page that have none."""

    name = "alt_text"
    label = _("Alternative text")
    description = _("What a picture shows, for those who do not see it.")
    payload_model = AltTextPayload
    most_tokens = 250
    output_model = AltText

    def prepare(self, actor: Actor, payload: JsonMapping, page: AbstractPage | None = None) -> Job:
        job = super().prepare(actor, payload, page)
        given = job.payload
        if page is not None:
            found = (walked.block for walked in page.content_json.walk() if _lacks_alt(walked.block, given.file_name))
            job.material["image"] = next(found, None)
            if job.material["image"] is None:
                raise _refuse("The page has no such image without an alternative text.")
        elif not (given.file_name or given.context):
            raise _refuse("Give a file name, a context, or a page.")
        return job

    def data(self, job: Job) -> JsonObject:
        found = dict(super().data(job))
        image = job.material.get("image")
        if image is not None:
            found.setdefault("file_name", str(image["props"].get("src", "")).rsplit("/", 1)[-1])
            found["context"] = found.get("context") or image["props"].get("caption") or job.page.title
        return found

    def pictures(self, job: Job) -> list[ImagePart]:
        image = job.material.get("image")
        found = job.material.get("picture") or (seen(str(image["props"].get("src", "")), job.actor) if image else None)
        return [found] if found is not None else []

    def finish(self, job: Job, answer: AltText) -> TaskResult:
        image = job.material.get("image")
        operations = [] if image is None else [{"op": "update", "id": image["id"], "props": {"alt": answer.alt}}]
        return TaskResult(answer.model_dump(), operations=operations)


def _refuse(message: str) -> InvalidPayload:
    return InvalidPayload(errors={"payload": [{"loc": ["file_name"], "type": "missing", "msg": message}]})


def _lacks_alt(block: Any, file_name: str | None) -> bool:
    props = block.get("props") or {}
    if block.get("type") != "image" or props.get("decorative"):
        return False
    if file_name is not None:
        return str(props.get("src", "")).endswith(file_name)
    return not props.get("alt")
