"""The writing task that chooses tags for a post from those of the site. Loaded by ``ai_cms.assist``, which posts do without."""

from __future__ import annotations

import re
from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, create_model, model_validator

from ai_cms.assist.exceptions import InvalidPayload
from ai_cms.assist.registry import Job, Payload, TaskResult, WritingTask, register_task
from ai_cms.assist.tasks.common import Output, list_up_to, page_text, text_up_to
from ai_cms.core.jsontypes import JsonMapping, JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.llm.backends.local.backend import rule
from ai_cms.llm.messages import LLMRequest
from ai_cms.pages.models import AbstractPage

from . import get_post_model, get_tag_model
from .names import tag_key

__all__ = ["TagsTask"]

#: Tags that a model can choose from.
MOST = 300
TASK = "post_tags"


class TagsPayload(Payload):
    count: Annotated[int, Field(ge=1, le=12)] = 5
    new: Annotated[int, Field(ge=0, le=5, description="How many tags may be ones that the site does not have yet.")] = 0


class Tags(Output):
    tags: list_up_to(20, text_up_to(60)) = []  # type: ignore[valid-type]


@register_task
class TagsTask(WritingTask):
    """Choose what a post is found by; what the site has no tag for is dropped, not invented."""

    name = TASK
    label = _("Tags of a post")
    description = _("Chosen from the tags that the site has in the post's language, as a proposal.")
    labels = {"count": _("How many at most"), "new": _("New ones at most")}
    payload_model = TagsPayload
    output_model = Tags
    prompt = "ai_cms/posts/prompts/post_tags.md"
    needs_page = True
    most_tokens = 300

    def prepare(self, actor: Actor, payload: JsonMapping, page: AbstractPage | None = None) -> Job:
        job = super().prepare(actor, payload, page)
        if not isinstance(page, get_post_model()):
            raise InvalidPayload(errors={"page": [str(_("This is no post; only posts have tags."))]})
        rows = get_tag_model()._base_manager.filter(locale=page.locale).order_by("name")
        job.material["known"] = {row.key: row.name for row in rows[:MOST]}
        if not job.material["known"] and not job.payload.new:
            raise InvalidPayload(errors={"payload": [_problem()]})
        return job

    def data(self, job: Job) -> JsonObject:
        return {
            **job.payload.model_dump(),
            "title": job.page.title,
            "text": page_text(job),
            "vocabulary": list(job.material["known"].values()),
        }

    def response_model(self, job: Job) -> type[BaseModel]:
        known, payload = job.material["known"], job.payload

        def chosen(answer: Any) -> Any:
            answer.tags = _chosen(answer.tags, known, payload)
            return answer

        validators: Any = {"chosen": model_validator(mode="after")(chosen)}
        return create_model("ChosenTags", __base__=Tags, __validators__=validators)

    def finish(self, job: Job, answer: Tags) -> TaskResult:
        has = [tag.name for tag in job.page.tags.all()]
        added = [name for name in answer.tags if tag_key(name) not in {tag_key(each) for each in has}]
        # By name, as clients send them: a new one becomes a tag of the site with the proposal, as in any other.
        return TaskResult({"tags": answer.tags, "added": added}, fields={"tags": [*has, *added]} if added else {})


def _chosen(names: list[str], known: dict[str, str], payload: TagsPayload) -> list[str]:
    """Return the tags of the site that ``names`` name, each once, and as many others as may be."""
    found: dict[str, str] = {}
    fresh = 0
    for name in names:
        key = tag_key(name)
        if key and key not in found:
            fresh += key not in known
            if key in known or fresh <= payload.new:
                found[key] = known.get(key, name)
    return list(found.values())[: payload.count]


def _problem() -> JsonObject:
    return {"loc": ["new"], "type": "no_tags", "msg": "The site has no tags in this language; allow new ones."}


@rule(TASK)
def by_rules(request: LLMRequest) -> JsonMapping:
    """Choose the tags whose words stand in the title or the text, the most frequent first."""
    payload = request.payload
    text = f"{payload['title']} {payload['title']} {payload['text']}".casefold()
    counted = [(len(re.findall(rf"(?<!\w){re.escape(name.casefold())}", text)), name) for name in payload["vocabulary"]]
    return {"tags": [name for count, name in sorted(counted, key=lambda pair: -pair[0]) if count]}
