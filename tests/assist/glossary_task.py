from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field

from ai_cms.assist.registry import Job, Payload, TaskResult, WritingTask, register_task
from ai_cms.assist.tasks.common import page_text
from ai_cms.llm.backends.local.backend import rule


class GlossaryPayload(Payload):
    terms: Annotated[int, Field(ge=1, le=20)] = 5


class Term(BaseModel):
    term: Annotated[str, Field(max_length=80)]
    meaning: Annotated[str, Field(max_length=300)]


class Glossary(BaseModel):
    terms: Annotated[list[Term], Field(min_length=1, max_length=20)]


@register_task
class GlossaryTask(WritingTask):
    name = "glossary"
    label = _("Glossary")
    description = _("Explains the terms of a page in a list at its end.")
    payload_model = GlossaryPayload
    output_model = Glossary
    prompt = "mysite/prompts/glossary.md"
    labels = {"terms": _("How many terms")}
    needs_page = True

    def data(self, job: Job) -> dict[str, Any]:
        return {"terms": job.payload.terms, "text": page_text(job), "language": job.page.locale}

    def finish(self, job: Job, answer: Glossary) -> TaskResult:
        items = [f"{entry.term}: {entry.meaning}" for entry in answer.terms]
        block = {"type": "list", "props": {"style": "ul", "items": items}}
        return TaskResult(answer.model_dump(), operations=[{"op": "insert", "block": block}])


@rule("glossary")
def without_a_model(request: Any) -> dict[str, Any]:
    words = sorted({word for word in request.payload["text"].split() if len(word) > 10})
    found = [{"term": word, "meaning": "…"} for word in words[: request.payload["terms"]]]
    return {"terms": found or [{"term": "–", "meaning": "–"}]}
