"""Writing tasks: what each takes, asks a model for, and makes of the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

from django.template.loader import render_to_string
from django.utils.functional import Promise
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from ai_cms.blocks.types.text import FORBIDDEN_CHARACTERS
from ai_cms.core.mappings import Columns, TemplateContext
from ai_cms.core.permissions import Actor
from ai_cms.core.registry import Registry
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import ImagePart, LLMRequest, Message, TextPart
from ai_cms.pages.models import AbstractPage

from ..core.jsontypes import JsonMapping, JsonObject
from .conf import assist_settings
from .exceptions import InvalidPayload, NoNewPage, NoPage, PageNeeded, UnknownTask
from .library import briefed
from .library import told as library_text
from .models import LibraryVersion
from .prompting import digest_of, render_prompt, shipped

__all__ = ["Job", "Payload", "TaskResult", "WritingTask", "get_task", "register_task", "tasks"]


#: The template of the rules that hold for every task.
RULES = "ai_cms/prompts/rules.md"
#: Headings of a page that a model is told.
_OUTLINE = 40


class Payload(BaseModel):
    """Base of all payloads: unknown keys are refused, so that a typing error is noticed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, defer_build=True)

    @field_validator("*")
    @classmethod
    def storable(cls, value: object) -> Any:
        """Refuse characters that no database and no provider takes."""
        if isinstance(value, str) and FORBIDDEN_CHARACTERS.search(value):
            raise ValueError("The text holds control characters or lone surrogates.")
        return value


@dataclass
class Job:
    """One use of a task: its validated payload, for whom, and on which page (with its document) if on one.

    ``parent``: the page below which the task is to make a new one.
    """

    actor: Actor
    payload: Any
    page: Any = None
    parent: Any = None
    #: What prepare() found out and finish() needs: the slots of a rewrite, the sections of a draft.
    material: dict[str, Any] = field(default_factory=dict)
    #: What of the site's library the model is told; found by request().
    library: list[LibraryVersion] = field(default_factory=list)
    #: The site's own instructions, where it has some, and by what their text is known, or that of the shipped ones.
    prompt: LibraryVersion | None = None
    prompt_digest: str = ""

    def prompt_used(self) -> JsonObject:
        """Return which instructions the model was given."""
        own = {} if self.prompt is None else {"item": self.prompt.item_id, "version": self.prompt.number}
        return {"digest": self.prompt_digest, **own}

    def library_used(self) -> list[JsonObject]:
        """Return which versions of the library the model was told."""
        return [{"item": version.item_id, "version": version.number} for version in self.library]

    def told_versions(self) -> list[LibraryVersion]:
        """Return all versions that the request was made with."""
        return self.library if self.prompt is None else [*self.library, self.prompt]


@dataclass
class TaskResult:
    """What a task makes of an answer: ``output`` for the client, and the changes of a page that it amounts to."""

    output: JsonObject
    operations: list[JsonObject] = field(default_factory=list)
    fields: Columns = field(default_factory=dict)


class WritingTask:
    """Describe one task; subclasses set the attributes and override what they need.

    ``prompt``: the template of the system message, ``ai_cms/prompts/<name>.md`` if empty; the rules of ``rules.md`` follow it.
    It never sees content: that goes into the user's message, as data. ``title``: of the proposal the result becomes.
    """

    name: ClassVar[str]
    label: ClassVar[str | Promise]
    description: ClassVar[str | Promise] = ""
    payload_model: ClassVar[type[Payload]]
    output_model: ClassVar[type[BaseModel]]
    #: Names and help of payload fields for people, where the usual ones do not do.
    labels: ClassVar[Mapping[str, str | Promise]] = {}
    help_texts: ClassVar[Mapping[str, str | Promise]] = {}
    needs_page: ClassVar[bool] = False
    #: Whether it can be used on a page; one that works on something else cannot.
    takes_page: ClassVar[bool] = True
    prompt: ClassVar[str] = ""
    #: Tokens of the answer at most; credits are held for as many. ASSIST_MAX_TOKENS where it is ``None``, or more.
    most_tokens: ClassVar[int | None] = None
    #: Whether blocks can be shown one by one while they are written.
    streams_operations: ClassVar[bool] = False
    #: Whether the result can be the first proposal on a new page, which target() makes below ``job.parent``.
    makes_pages: ClassVar[bool] = False

    def data(self, job: Job) -> JsonMapping:
        """Return what the model is given to work on, as JSON values."""
        found: JsonObject = job.payload.model_dump(mode="json", exclude_none=True)
        return found

    def context(self, job: Job) -> TemplateContext:
        """Return what the model is told of the page it writes for: language, title and outline."""
        page = job.page
        if page is None:
            return {} if job.parent is None else {"language": job.parent.locale}
        outline = [text for _level, text, _id in page.content_json.headings()][:_OUTLINE]
        return {"language": page.locale, "page_title": page.title, **({"outline": outline} if outline else {})}

    def pictures(self, job: Job) -> list[ImagePart]:
        """Return the pictures that a model which sees is shown after the data."""
        return []

    def guidance(self, job: Job) -> str:
        """Return what else the model is told by this project, below the rules; never content."""
        return ""

    def max_tokens(self, job: Job) -> int:
        """Return the tokens that the answer may have."""
        most = int(assist_settings.ASSIST_MAX_TOKENS)
        return most if self.most_tokens is None else min(self.most_tokens, most)

    def response_model(self, job: Job) -> type[BaseModel]:
        """Return the model of the answer; a task may make one for the job, with checks of its own."""
        return self.output_model

    def response_schema(self, job: Job) -> JsonMapping | None:
        """Return the strict JSON Schema to send instead of the response model's own."""
        return None

    def finish(self, job: Job, answer: Any) -> TaskResult:
        """Turn a validated answer into the result."""
        return TaskResult(output=answer.model_dump(mode="json"))

    def keep(self, job: Job, result: TaskResult, provenance: JsonMapping) -> None:
        """Keep a result that is no proposal on a page, in a table of the task's own; it may add to ``result.output``.

        Called once the answer is paid for, outside of any transaction. ``provenance``: as ``make_provenance()`` returns it.
        """

    def check_rights(self, job: Job) -> None:
        """Raise what the actor's rights refuse, beyond changing the page; asked before credits are spent."""

    def target(self, job: Job, result: TaskResult) -> tuple[Any, Any]:
        """Return the page the result is proposed on, and that page as it was when the work began."""
        return job.page, job.page

    # What all tasks share

    @property
    def template_name(self) -> str:
        return self.prompt or f"ai_cms/prompts/{self.name}.md"

    def alias(self) -> str:
        """Return the alias of AI_CMS["LLM"] that the task uses."""
        return str(assist_settings.ASSIST_ALIASES.get(self.name, "default"))

    def prepare(self, actor: Actor, payload: JsonMapping, page: AbstractPage | None = None) -> Job:
        """Validate a payload. Raises InvalidPayload, PageNeeded, NoPage."""
        if self.needs_page and page is None:
            raise PageNeeded
        if page is not None and not self.takes_page:
            raise NoPage
        try:
            return Job(actor, self.payload_model.model_validate(dict(payload)), page)
        except ValidationError as error:
            raise InvalidPayload.of(error) from error

    def prepare_below(self, actor: Actor, payload: JsonMapping, parent: AbstractPage) -> Job:
        """Validate a payload for a new page below ``parent``. Raises InvalidPayload, NoNewPage."""
        if not self.makes_pages:
            raise NoNewPage(with_page=False)
        job = self.prepare(actor, payload)
        job.parent = parent
        return job

    def request(self, job: Job) -> LLMRequest:
        """Return the request to a model: instructions from the template, content as data."""
        data = {**self.context(job), **self.data(job)}
        fixed = self.options()
        options = {key: value for key, value in data.items() if key in fixed}
        told = {"task": self, "options": options, "page": job.page is not None}
        place = job.page if job.page is not None else job.parent
        job.prompt, job.library = briefed(self.name, place)
        prompt: str
        if job.prompt is None:
            prompt, source = render_to_string(self.template_name, told), shipped(self.template_name)
        else:
            prompt, source = render_prompt(job.prompt.text, options, page=job.page is not None), job.prompt.text
        job.prompt_digest = digest_of(source)
        # The rules follow every prompt, a project's and a site's own too: what is data never gives orders.
        system = f"{prompt.strip()}\n\n{render_to_string(RULES, told).strip()}"
        # The library is published by whoever may give orders here; the rules above it hold all the same.
        system = "\n\n".join(filter(None, [system, self.guidance(job), library_text(job.library)]))
        # JSON reads an escaped slash as the same: so no content can end the data and go on as if it were the user.
        content = json.dumps(data, ensure_ascii=False, indent=1).replace("</", "<\\/")
        text = f"<data>\n{content}\n</data>"
        shown = self.pictures(job) if llms[self.alias()].supports_vision else []
        return LLMRequest(
            [Message.system(system), Message.user([TextPart(text), *shown] if shown else text)],
            max_tokens=self.max_tokens(job),
            response_model=self.response_model(job),
            response_schema=self.response_schema(job),
            task=self.name,
            payload=data,
        )

    def options(self) -> frozenset[str]:
        """Return the payload fields with a fixed set of values: these alone may stand in the instructions."""
        return _fixed_fields(self.payload_model)


@cache
def _fixed_fields(payload_model: type[Payload]) -> frozenset[str]:
    fixed = set()
    properties = payload_model.model_json_schema().get("properties", {})
    for name, schema in properties.items():
        choices = [schema, *schema.get("anyOf", [])]
        if any(
            "enum" in choice or "const" in choice or choice.get("type") in ("integer", "boolean") for choice in choices
        ):
            fixed.add(name)
    return frozenset(fixed)


tasks: Registry[WritingTask] = Registry("writing task")


def register_task(task: type[WritingTask]) -> type[WritingTask]:
    """Register a task class (a decorator)."""
    tasks.register(task.name, task())
    return task


def get_task(name: object) -> WritingTask:
    """Return the task called ``name``. Raises UnknownTask."""
    found = tasks.get(name) if isinstance(name, str) else None
    if found is None:
        raise UnknownTask(name, tasks)
    return found
