"""Tasks that make blocks: a page or a section from a brief. The model chooses from the registry, in its own order."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, create_model, field_validator

from ai_cms.assist.conf import assist_settings
from ai_cms.assist.mending import usable_blocks
from ai_cms.assist.registry import Job, Payload, TaskResult, WritingTask, register_task
from ai_cms.assist.surroundings import Addresses, around, public_pages
from ai_cms.blocks.drafting import draft_schema, draftable, purposes, worked_example
from ai_cms.blocks.types.registry import blocks
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor, policy_for
from ai_cms.llm.schema import strict_schema
from ai_cms.pages import get_page_model
from ai_cms.pages.models import AbstractPage
from ai_cms.pages.services import check_place, create_page

from ...core.jsontypes import JsonMapping, JsonObject
from .common import Brief, Language, Output, Tone, text_up_to

__all__ = ["DraftTask", "PageDraftTask", "SectionDraftTask", "draft_types"]


def draft_types(allowed: tuple[str, ...] | None = None) -> tuple[str, ...]:
    """Return the block types a model may choose from, on a page that admits ``allowed``."""
    chosen = assist_settings.ASSIST_BLOCKS
    names = draftable() if chosen is None else list(chosen)
    usable = [name for name in names if name in blocks and blocks[name].block_meta.permission is None]
    return tuple(name for name in usable if allowed is None or name in allowed)


class DraftPayload(Payload):
    brief: Brief
    tone: Tone = "neutral"
    length: Literal["short", "medium", "long"] = "medium"
    audience: Annotated[str, Field(max_length=300)] = ""
    language: Language | None = None


class Draft(Output):
    title: text_up_to(200)  # type: ignore[valid-type]
    seo_description: text_up_to(300, least=0) = ""  # type: ignore[valid-type]
    blocks: list[JsonObject] = Field(min_length=1, max_length=200)


class DraftTask(WritingTask):
    """Write blocks; the answer is held to the registry's schema and validated by the real classes."""

    payload_model = DraftPayload
    output_model = Draft
    streams_operations = True

    def prepare(self, actor: Actor, payload: JsonMapping, page: AbstractPage | None = None) -> Job:
        job = super().prepare(actor, payload, page)
        job.material["types"] = draft_types(page.allowed_blocks if page is not None else None)
        return job

    def data(self, job: Job) -> JsonObject:
        found = dict(super().data(job))
        found["block_types"] = {name: str(blocks[name].block_meta.label) for name in job.material["types"]}
        place = job.page if job.page is not None else job.parent
        if place is not None:
            found["pages"] = public_pages(place)
        # As the whole request has it: what stands in the outline may be linked to as well.
        job.material["addresses"] = Addresses({**self.context(job), **found})
        return found

    def context(self, job: Job) -> TemplateContext:
        found: TemplateContext | None = job.material.get("context")
        if found is None:
            place = job.page if job.page is not None else job.parent
            found = super().context(job)
            if place is not None:
                found = {**found, **around(place, job.actor, new=job.page is None)}
            job.material["context"] = found
        return found

    def guidance(self, job: Job) -> str:
        types = job.material["types"]
        lines = [f"- {name}: {purpose}" for name, purpose in purposes(types).items()]
        parts = ["What each block is for:\n" + "\n".join(lines)]
        if example := worked_example(types):
            answer = {
                "title": "Sourdough for beginners",
                "seo_description": "An evening class in baking.",
                "blocks": example,
            }
            told = json.dumps(answer, ensure_ascii=False)
            parts.append(f"An example of an answer, of another subject:\n{told}")
        return "\n\n".join(parts)

    def response_model(self, job: Job) -> type[BaseModel]:
        allowed = job.material["types"]

        def valid(value: list[JsonObject]) -> list[JsonObject]:
            found, job.material["left_out"] = usable_blocks(value, allowed, job.actor, job.material.get("addresses"))
            return found

        return create_model(
            "CheckedDraft", __base__=self.output_model, __validators__={"valid": field_validator("blocks")(valid)}
        )

    def response_schema(self, job: Job) -> JsonMapping:
        types = tuple(job.material["types"])
        found: JsonMapping = blocks.derived(("draft answer", self.output_model, types), lambda: self._schema_of(types))
        return found

    def _schema_of(self, types: tuple[str, ...]) -> JsonMapping:
        schema = self.output_model.model_json_schema()
        document = dict(draft_schema(types))
        definitions = document.pop("$defs")
        properties = {**schema["properties"], "blocks": document}
        whole = {**schema, "properties": properties, "$defs": {**schema.get("$defs", {}), **definitions}}
        return strict_schema(whole, limits=True)[0]

    def finish(self, job: Job, answer: Any) -> TaskResult:
        operations = [{"op": "insert", "block": block} for block in answer.blocks]
        output = answer.model_dump(mode="json")
        if job.material.get("left_out"):
            output["left_out"] = job.material["left_out"]
        return TaskResult(output, operations)


@register_task
class PageDraftTask(DraftTask):
    name = "page_draft"
    label = _("Draft a page")
    description = _("The blocks of a whole page, from a brief.")
    makes_pages = True

    def prepare_below(self, actor: Actor, payload: JsonMapping, parent: AbstractPage) -> Job:
        job = super().prepare_below(actor, payload, parent)
        # It will be a page of the default type.
        job.material["types"] = draft_types(get_page_model().allowed_blocks)
        return job

    def finish(self, job: Job, answer: Any) -> TaskResult:
        result = super().finish(job, answer)
        is_described = job.page is not None and job.page.seo_description
        if answer.seo_description and (job.page is not None or job.parent is not None) and not is_described:
            result.fields = {"seo_description": answer.seo_description}
        return result

    def check_rights(self, job: Job) -> None:
        if job.parent is not None:
            policy_for(job.parent).require(job.actor, "add", job.parent)
            check_place(get_page_model(), type(job.parent))

    def target(self, job: Job, result: TaskResult) -> tuple[Any, Any]:
        if job.parent is None:
            return super().target(job, result)
        # A draft that was stopped has no title yet.
        title = result.output.get("title") or Truncator(job.payload.brief).chars(60)
        page = create_page(actor=job.actor, parent=job.parent, title=title)
        return page, page


@register_task
class SectionDraftTask(DraftTask):
    name = "section_draft"
    label = _("Draft a section")
    description = _("A few blocks on one subject, from a brief.")
