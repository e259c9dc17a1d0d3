"""Tasks that write a piece of text from what they are told, for forms and blocks of any application."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.utils.translation import gettext_lazy as _
from pydantic import AfterValidator, Field

from ai_cms.assist.registry import Job, Payload, TaskResult, WritingTask, register_task
from ai_cms.blocks.convert.html_reader import html_to_blocks
from ai_cms.blocks.html.richtext import sanitize_html
from ai_cms.pages.untrusted import without_remote_sources

from .common import Language, LongText, Output, ShortText, SourcePayload, SourceTask, Tone, list_up_to, text_up_to

__all__ = [
    "AboutTask",
    "ContinueTask",
    "HeroTask",
    "PostDraftTask",
    "ProjectDescriptionTask",
    "ResumeSummaryTask",
    "ResumeTailoringTask",
]

Html = Annotated[
    str, Field(min_length=1, max_length=40_000), AfterValidator(sanitize_html), AfterValidator(without_remote_sources)
]
Notes = Annotated[str, Field(max_length=20_000)]


class Paragraphs(Output):
    html: Html


class HeroPayload(Payload):
    name: ShortText
    role: Annotated[str, Field(max_length=200)] = ""
    goal: Literal["job", "freelance", "personal"] | None = None
    notes: Notes = ""
    tone: Tone = "neutral"
    language: Language | None = None


class Hero(Output):
    heading: text_up_to(120)  # type: ignore[valid-type]
    text: text_up_to(600)  # type: ignore[valid-type]
    button: text_up_to(60, least=0) = ""  # type: ignore[valid-type]


@register_task
class HeroTask(WritingTask):
    name = "hero"
    label = _("Hero content")
    description = _("Heading, sentence and button for the top of a page.")
    payload_model = HeroPayload
    most_tokens = 500
    output_model = Hero


class AboutPayload(HeroPayload):
    pass


@register_task
class AboutTask(WritingTask):
    name = "about"
    label = _("About text")
    description = _("A text about a person or an organisation, from notes.")
    payload_model = AboutPayload
    most_tokens = 2000
    output_model = Paragraphs


class ProjectPayload(Payload):
    title: ShortText
    notes: Notes = ""
    technologies: Annotated[list[ShortText], Field(max_length=30)] = []
    tone: Tone = "neutral"
    language: Language | None = None


@register_task
class ProjectDescriptionTask(WritingTask):
    name = "project_description"
    label = _("Project description")
    description = _("What a project was about, from notes.")
    payload_model = ProjectPayload
    most_tokens = 2000
    output_model = Paragraphs


class ResumePayload(Payload):
    resume: LongText
    job: Annotated[str, Field(max_length=20_000)] = ""
    language: Language | None = None


class ResumeSummary(Output):
    summary: text_up_to(2_000)  # type: ignore[valid-type]


class TailoredResume(Output):
    summary: text_up_to(2_000)  # type: ignore[valid-type]
    highlights: list_up_to(20, text_up_to(500, least=0)) = []  # type: ignore[valid-type]
    missing: list_up_to(  # type: ignore[valid-type]
        20, text_up_to(200, least=0), description="What the job asks for and the resume lacks."
    ) = []


@register_task
class ResumeSummaryTask(WritingTask):
    name = "resume_summary"
    label = _("Résumé summary")
    description = _("A few sentences that open a résumé.")
    payload_model = ResumePayload
    output_model = ResumeSummary
    most_tokens = 1000


@register_task
class ResumeTailoringTask(WritingTask):
    name = "resume_tailoring"
    label = _("Tailor a résumé")
    description = _("What of a résumé matters for a job; nothing is invented.")
    payload_model = ResumePayload
    output_model = TailoredResume
    most_tokens = 4000


class ContinuePayload(SourcePayload):
    sentences: Annotated[int, Field(ge=1, le=20)] = 4
    tone: Tone = "neutral"


@register_task
class ContinueTask(SourceTask):
    name = "continue"
    label = _("Continue")
    description = _("The next sentences of a text.")
    payload_model = ContinuePayload
    most_tokens = 2000
    output_model = Paragraphs

    def finish(self, job: Job, answer: Paragraphs) -> TaskResult:
        block = {"type": "rich_text", "props": {"html": answer.html}}
        return TaskResult(
            answer.model_dump(), operations=[] if job.page is None else [{"op": "insert", "block": block}]
        )


class PostPayload(Payload):
    brief: LongText
    tone: Tone = "neutral"
    language: Language | None = None


class Post(Output):
    title: text_up_to(200)  # type: ignore[valid-type]
    body: Html
    excerpt: text_up_to(700, least=0) = ""  # type: ignore[valid-type]
    tags: list_up_to(12, text_up_to(60, least=0)) = []  # type: ignore[valid-type]


@register_task
class PostDraftTask(WritingTask):
    name = "post_draft"
    label = _("Draft a post")
    description = _("Title, text, excerpt and tags of an article, from a brief.")
    payload_model = PostPayload
    output_model = Post

    def finish(self, job: Job, answer: Post) -> TaskResult:
        result = TaskResult(answer.model_dump())
        if job.page is not None:
            converted: Any = html_to_blocks(answer.body)
            result.operations = [{"op": "insert", "block": block} for block in converted]
            result.fields = {"title": answer.title}
        return result
