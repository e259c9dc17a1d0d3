"""Tasks that rewrite text in place: of chosen blocks or a whole page, formatting and links kept, as update operations."""

from __future__ import annotations

from html import unescape
from typing import Annotated, Any, ClassVar, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field, create_model, model_validator

from ai_cms.assist.conf import assist_settings
from ai_cms.assist.exceptions import InvalidPayload
from ai_cms.assist.library import protected_phrases
from ai_cms.assist.registry import Job, Payload, TaskResult, WritingTask, register_task
from ai_cms.assist.slots import Slot, links_of, slots_of, updates
from ai_cms.assist.translation import carry_over
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.html.richtext import sanitize_html
from ai_cms.core.permissions import Actor, policy_for
from ai_cms.llm.tokens import estimate_text
from ai_cms.pages import get_page_model
from ai_cms.pages.exceptions import InvalidMove
from ai_cms.pages.models import AbstractPage
from ai_cms.pages.services import translate_page
from ai_cms.pages.untrusted import remote_sources, without_remote_sources

from ...core.jsontypes import JsonMapping, JsonObject
from .common import Language, LongText, Output, Tone

__all__ = ["ImproveTask", "ProofreadTask", "RewritePayload", "RewriteTask", "TranslatePageTask", "TranslateTask"]


class InPlacePayload(Payload):
    """``text``: a plain text, or HTML with ``html``; left out, the blocks of the page are rewritten, all or those named.

    ``protected``: phrases that stay to the letter, beside those of the library.
    """

    text: LongText | None = None
    html: bool = False
    blocks: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=500)] | None = None
    protected: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=50)] = []


class Piece(Output):
    key: str
    text: str


class Pieces(Output):
    pieces: list[Piece]


class InPlaceTask(WritingTask):
    """Give a model numbered pieces of text and put what comes back where they stood.

    The answer must have each piece once, and every link of a piece must still be in it: losing them is what users of such
    features complain of most. An answer that breaks this is sent back once with the reasons.
    """

    payload_model: ClassVar[Any] = InPlacePayload
    output_model = Pieces

    def prepare(self, actor: Actor, payload: JsonMapping, page: AbstractPage | None = None) -> Job:
        job = super().prepare(actor, payload, page)
        if job.payload.text is not None:
            slots = [Slot("text", ("text",), job.payload.text, job.payload.html)]
        elif page is None:
            raise _refuse("text", "missing", "Give a text, or a page.")
        else:
            wanted = set(job.payload.blocks) if job.payload.blocks is not None else None
            unknown = (wanted or set()) - page.content_json.ids()
            if unknown:
                raise _refuse("blocks", "unknown_block", f"The page has no block {sorted(unknown)[0]}.")
            slots = slots_of(page.content_json, wanted)
            if not slots:
                raise _refuse("blocks", "no_text", "There is no text in these blocks.")
        size = sum(len(slot.text) for slot in slots)
        if size > assist_settings.ASSIST_INPUT_CHARACTERS:
            raise _refuse("blocks", "too_long", "That is too much text for one request; choose fewer blocks.")
        # Short keys: a model repeats them without mistakes, and they cost few tokens.
        job.material["slots"] = {f"p{number}": slot for number, slot in enumerate(slots, start=1)}
        return job

    def data(self, job: Job) -> JsonObject:
        given = job.payload.model_dump(mode="json", exclude_none=True, exclude={"text", "html", "blocks"})
        if not given.get("protected"):
            given.pop("protected", None)
        pieces = [
            {"key": key, "format": "html" if slot.html else "text", "text": slot.text}
            for key, slot in job.material["slots"].items()
        ]
        return {**given, "pieces": pieces}

    def max_tokens(self, job: Job) -> int:
        # Twice the material, for a longer wording or language, and its keys.
        slots = job.material["slots"].values()
        material = sum(estimate_text(slot.text) + 12 for slot in slots)
        return min(2 * material + 200, super().max_tokens(job))

    def response_model(self, job: Job) -> type[BaseModel]:
        slots: dict[str, Slot] = job.material["slots"]
        phrases = [*job.payload.protected, *protected_phrases(job.library)]

        def complete(answer: Any) -> Any:
            keys = [piece.key for piece in answer.pieces]
            if sorted(keys) != sorted(slots):
                raise ValueError(f"Return each of these pieces once: {', '.join(slots)}.")
            for piece in answer.pieces:
                slot = slots[piece.key]
                if not piece.text:
                    raise ValueError(f"Piece {piece.key} is empty.")
                before, after = (unescape(text) if slot.html else text for text in (slot.text, piece.text))
                for phrase in phrases:
                    if before.count(phrase) > after.count(phrase):
                        raise ValueError(
                            f"Piece {piece.key} lost “{phrase}”; keep it to the letter, as often as it was there."
                        )
                if slot.html:
                    lost = set(links_of(slot.text)) - set(links_of(piece.text))
                    if lost:
                        raise ValueError(f"Piece {piece.key} lost the link to {sorted(lost)[0]}; keep every link.")
            return answer

        validators: Any = {"complete": model_validator(mode="after")(complete)}
        return create_model("CheckedPieces", __base__=Pieces, __validators__=validators)

    def finish(self, job: Job, answer: object) -> TaskResult:
        slots: dict[str, Slot] = job.material["slots"]
        texts = _clean(job, answer)
        if job.payload.text is not None:
            changed = int(texts["p1"].strip() != slots["p1"].text.strip())
            return TaskResult({"text": texts["p1"], "html": job.payload.html, **_told(changed)})
        operations = updates(job.page.content_json, slots, texts)
        return TaskResult(_told(len(operations)), operations=operations)


def _told(changed: int) -> JsonObject:
    """Return how many pieces were changed; that there were none is said in words."""
    return {"changed": changed, **({} if changed else {"note": gettext("Nothing was changed.")})}


def _clean(job: Job, answer: Any) -> dict[str, str]:
    """Return the new texts by key; HTML is cleaned, and loads no picture from elsewhere that the page did not load before."""
    slots: dict[str, Slot] = job.material["slots"]
    known = remote_sources(Document([{"id": "x", "props": {"html": [slot.text for slot in slots.values()]}}]))
    return {
        piece.key: without_remote_sources(sanitize_html(piece.text), known) if slots[piece.key].html else piece.text
        for piece in answer.pieces
    }


def _refuse(field: str, kind: str, message: str) -> InvalidPayload:
    return InvalidPayload(errors={"payload": [{"loc": [field], "type": kind, "msg": message}]})


class RewritePayload(InPlacePayload):
    tone: Tone | None = None
    length: Literal["shorter", "same", "longer"] = "same"
    audience: Annotated[str, Field(max_length=300)] = ""
    instruction: Annotated[str, Field(max_length=2_000)] = ""


@register_task
class RewriteTask(InPlaceTask):
    name = "rewrite"
    label = _("Rewrite")
    description = _("The same in another tone or length, or for another audience; formatting and links stay.")
    payload_model = RewritePayload


@register_task
class ImproveTask(InPlaceTask):
    name = "improve"
    label = _("Improve")
    description = _("Clearer sentences, the same message; formatting and links stay.")


@register_task
class ProofreadTask(InPlaceTask):
    name = "proofread"
    label = _("Proofread")
    description = _("Spelling, grammar and typography, nothing else.")


class TranslatePayload(InPlacePayload):
    language: Language


@register_task
class TranslateTask(InPlaceTask):
    name = "translate"
    label = _("Translate")
    description = _("A text or blocks in another language; formatting and links stay.")
    payload_model = TranslatePayload


@register_task
class TranslatePageTask(InPlaceTask):
    """Translate the whole page and its texts for search engines, as a proposal on the linked page of that language."""

    name = "translate_page"
    label = _("Translate page")
    description = _("The whole page in another language, as a proposal on the page of that language.")
    payload_model = TranslatePayload
    needs_page = True
    prompt = "ai_cms/prompts/translate.md"

    def prepare(self, actor: Actor, payload: JsonMapping, page: AbstractPage | None = None) -> Job:
        job = super().prepare(actor, payload, page)
        slots = job.material["slots"]
        for name in ("title", "seo_title", "seo_description"):
            value = getattr(page, name)
            if value:
                slots[f"f-{name}"] = Slot("", (name,), value, False)
        return job

    def finish(self, job: Job, answer: object) -> TaskResult:
        slots: dict[str, Slot] = job.material["slots"]
        texts = _clean(job, answer)
        inside = {key: text for key, text in texts.items() if not key.startswith("f-")}
        fields = {key[2:]: text for key, text in texts.items() if key.startswith("f-")}
        operations = updates(job.page.content_json, slots, inside)
        return TaskResult({"changed": len(operations), "language": job.payload.language}, operations, fields)

    def check_rights(self, job: Job) -> None:
        page = job.page
        if job.payload.language.lower() == page.locale.lower():
            raise _refuse("language", "same_language", gettext("The page is in this language already."))
        linked = self._linked(job)
        if linked is not None:
            policy_for(linked).require(job.actor, "change", linked)
        elif page.parent_id is None:
            raise InvalidMove(gettext("The home page of a site is translated by making a site for the language."))
        else:
            parent = get_page_model().objects.get(pk=page.parent_id)
            policy_for(parent).require(job.actor, "add", parent)

    def target(self, job: Job, result: TaskResult) -> tuple[Any, Any]:
        linked = self._linked(job)
        if linked is None:
            # A copy of the page as it is now: what was changed since it was read stays untranslated.
            return translate_page(job.page, job.payload.language, actor=job.actor), job.page
        texts = {operation["id"]: operation["props"] for operation in result.operations}
        result.operations = carry_over(job.page.content_json, texts, linked.content_json)
        result.fields = {name: text for name, text in result.fields.items() if getattr(linked, name) != text}
        return linked, linked

    def _linked(self, job: Job) -> Any:
        rows = get_page_model().objects.filter(translation_key=job.page.translation_key)
        return rows.filter(locale__iexact=job.payload.language).first()
