"""The task that looks a page over, block by block. It changes nothing: its notes are comments, where people talk about blocks."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from django.utils.html import strip_tags
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, create_model, model_validator

from ai_cms.assist.conf import assist_settings
from ai_cms.assist.exceptions import InvalidPayload
from ai_cms.assist.notes import ReviewNote, note_keepers
from ai_cms.assist.registry import Job, Payload, TaskResult, WritingTask, register_task
from ai_cms.assist.slots import slots_of
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.permissions import Actor
from ai_cms.llm.backends.local import text as local_text
from ai_cms.llm.backends.local.backend import rule
from ai_cms.llm.messages import LLMRequest
from ai_cms.pages.models import AbstractPage

from ...core.jsontypes import JsonMapping, JsonObject
from .common import Output, list_up_to, text_up_to

__all__ = ["ReviewTask"]

About = Literal["accessibility", "readability", "seo"]
MOST_NOTES = 20
#: The page itself among the keys of blocks.
PAGE = "page"
_LINK = re.compile(r"<a\b[^>]*>(.*?)</a>", re.DOTALL | re.IGNORECASE)
_LONG_SENTENCE, _LONG_TEXT = 35, 160
_SAYS_NOTHING = frozenset(
    (
        "here|click here|read more|more|link|this|hier|hier klicken|mehr|weiterlesen"
        "|ici|cliquez ici|en savoir plus|aquí|más"
    ).split("|")
)


class ReviewPayload(Payload):
    about: Annotated[list[About], Field(min_length=1, max_length=3)] = ["accessibility", "readability", "seo"]
    comment: bool = True


class Note(Output):
    block: str
    about: About
    note: text_up_to(600)  # type: ignore[valid-type]


class Review(Output):
    notes: list_up_to(MOST_NOTES, Note) = []  # type: ignore[valid-type]


@register_task
class ReviewTask(WritingTask):
    """Say what of a page to look at again, and where."""

    name = "review"
    label = _("Review")
    description = _(
        "Notes on blocks: what hinders readers, what is hard to read, what search engines miss. Nothing is changed."
    )
    labels = {"about": _("What to look at"), "comment": _("As comments on the blocks")}
    payload_model = ReviewPayload
    output_model = Review
    needs_page = True
    most_tokens = 2500

    def prepare(self, actor: Actor, payload: JsonMapping, page: AbstractPage | None = None) -> Job:
        job = super().prepare(actor, payload, page)
        rows = _rows(job.page.content_json)
        if not rows:
            raise InvalidPayload(errors={"page": [gettext("This page has no text yet.")]})
        job.material["keys"] = {f"b{number}": row.pop("id") for number, row in enumerate(rows, start=1)}
        job.material["rows"] = rows
        return job

    def data(self, job: Job) -> JsonObject:
        blocks: list[JsonObject] = []
        room = assist_settings.ASSIST_INPUT_CHARACTERS
        for key, row in zip(job.material["keys"], job.material["rows"], strict=True):
            room -= len(str(row.get("text", "")))
            if room < 0:
                break
            blocks.append({"block": key, **row})
        page = {"block": PAGE, "seo_title": job.page.seo_title, "seo_description": job.page.seo_description}
        return {"about": job.payload.about, "page": page, "blocks": blocks}

    def response_model(self, job: Job) -> type[BaseModel]:
        keys, wanted = job.material["keys"], set(job.payload.about)

        def known(answer: Any) -> Any:
            unknown = sorted({note.block for note in answer.notes} - {*keys, PAGE})
            if unknown:
                raise ValueError(f"There is no block {unknown[0]}; use the names of the data, or {PAGE}.")
            answer.notes = [note for note in answer.notes if note.about in wanted]
            return answer

        validators: Any = {"known": model_validator(mode="after")(known)}
        return create_model("CheckedReview", __base__=Review, __validators__=validators)

    def finish(self, job: Job, answer: Any) -> TaskResult:
        keys = job.material["keys"]
        notes = [{"block": keys.get(note.block, ""), "about": note.about, "note": note.note} for note in answer.notes]
        return TaskResult({"notes": notes})

    def keep(self, job: Job, result: TaskResult, provenance: JsonMapping) -> None:
        if not job.payload.comment:
            return
        notes = [ReviewNote(row["block"], row["about"], row["note"]) for row in result.output["notes"]]
        kept = 0
        for _name, keeper in note_keepers.items():
            try:
                kept += keeper(job.page, notes, job.actor, provenance)
            except RequestRefused as error:
                # The notes are in the answer all the same.
                result.output["left_out"] = [*result.output.get("left_out", []), str(error.detail)]
        result.output["comments"] = kept


def _rows(document: Any) -> list[JsonObject]:
    """Return what there is to know of each block: its text, and what only markup shows."""
    texts: dict[str, list[Any]] = {}
    for slot in slots_of(document, None):
        texts.setdefault(slot.block_id, []).append(slot)
    rows: list[JsonObject] = []
    for walked in document.walk():
        block = walked.block
        props, slots = block.get("props") or {}, texts.get(block["id"], [])
        row: JsonObject = {"id": block["id"], "type": block.get("type", "")}
        if slots:
            row["text"] = "\n".join(strip_tags(slot.text) if slot.html else slot.text for slot in slots)
        if isinstance(props.get("level"), int):
            row["level"] = props["level"]
        if links := [strip_tags(found).strip() for slot in slots if slot.html for found in _LINK.findall(slot.text)]:
            row["links"] = links
        if block.get("type") == "image" and not props.get("alt") and not props.get("decorative"):
            row["without_alternative_text"] = True
        if len(row) > 2:
            rows.append(row)
    return rows


@rule("review")
def by_rules(request: LLMRequest) -> JsonMapping:
    """Find what rules can find: missing texts, skipped headings, links that say nothing, long sentences."""
    payload = request.payload
    found = [*_of_search(payload["page"])]
    level = 1
    for row in payload["blocks"]:
        found += [{"block": row["block"], **note} for note in _of_block(row, level)]
        level = row.get("level", level)
    return {"notes": [note for note in found if note["about"] in payload["about"]][:MOST_NOTES]}


def _of_search(page: JsonMapping) -> list[JsonObject]:
    found = []
    if not page.get("seo_description"):
        words = gettext("There is no description for search engines: they show the beginning of the text instead.")
        found.append({"block": PAGE, "about": "seo", "note": words})
    if len(page.get("seo_title") or "") > 70:
        found.append({"block": PAGE, "about": "seo", "note": gettext("The title is longer than search engines show.")})
    return found


def _of_block(row: JsonMapping, level: int) -> list[JsonObject]:
    found = []
    if row.get("without_alternative_text"):
        words = gettext("The picture has no alternative text: who does not see it learns nothing of it.")
        found.append({"about": "accessibility", "note": words})
    if row.get("level", level) > level + 1:
        words = gettext("The heading skips a level: screen readers announce a part that is not there.")
        found.append({"about": "accessibility", "note": words})
    for words in row.get("links", ()):
        if words.casefold().strip(" .…»\u203a") in _SAYS_NOTHING or not words:
            told = gettext("The link “%(words)s” does not say where it leads.") % {"words": words}
            found.append({"about": "accessibility", "note": told})
    longest = max((len(sentence.split()) for sentence in local_text.sentences(row.get("text", ""))), default=0)
    if longest > _LONG_SENTENCE:
        told = gettext("A sentence has %(count)d words; two would be easier to read.") % {"count": longest}
        found.append({"about": "readability", "note": told})
    if row["type"] == "rich_text" and len(row.get("text", "").split()) > _LONG_TEXT and "\n" not in row["text"].strip():
        found.append({"about": "readability", "note": gettext("This is one long paragraph; parts would help the eye.")})
    return found
