"""The writing task that fits a résumé to a job, as a proposal. Loaded by ``ai_cms.assist``, which is not needed without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy
from pydantic import Field

from ai_cms.assist.conf import assist_settings
from ai_cms.assist.exceptions import InvalidPayload
from ai_cms.assist.registry import Job, Payload, TaskResult, WritingTask, register_task
from ai_cms.assist.services import as_of_now, generate_text
from ai_cms.assist.tasks.common import Language, Output, list_up_to, text_up_to
from ai_cms.core.exceptions import NotFound
from ai_cms.core.jsontypes import JsonMapping, JsonObject
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.llm.backends.local import text as local_text
from ai_cms.llm.backends.local.backend import rule
from ai_cms.llm.messages import LLMRequest
from ai_cms.llm.seats import seat
from ai_cms.pages.models import AbstractPage
from ai_cms.portfolio.models import AbstractResume

from . import get_resume_model
from .models import ResumeProposal
from .resumes.changes import list_places, text_places
from .resumes.claims import words_of
from .resumes.plain_words import PLAIN_WORDS
from .resumes.sources import Source, row_source
from .services.tailoring import propose_resume, sources_of, tailors

__all__ = ["TailorResumeTask"]

TASK = "tailor_resume"
#: Sentences of a summary that no model writes, and the words that one has at least.
_SENTENCES, _WORDS = 3, 4


class TailorPayload(Payload):
    resume: Annotated[int, Field(ge=1, le=2**63 - 1, description="The id of a résumé of yours.")]
    job_advert: Annotated[str, Field(min_length=1, max_length=20_000)]
    language: Language | None = None


class Claim(Output):
    text: text_up_to(2_000, description="A sentence, or a part of one.")  # type: ignore[valid-type]
    sources: list_up_to(20, str, description="The ids of the rows that say so.")  # type: ignore[valid-type]


class NewText(Output):
    path: str
    claims: list_up_to(30, Claim, least=1, description="The new text, in order.")  # type: ignore[valid-type]


class NewOrder(Output):
    path: str
    order: list_up_to(1_000, int, description="Each index of the list once, what matters most first.")  # type: ignore[valid-type]


class Tailored(Output):
    texts: list_up_to(60, NewText) = []  # type: ignore[valid-type]
    orders: list_up_to(60, NewOrder) = []  # type: ignore[valid-type]
    missing: list_up_to(  # type: ignore[valid-type]
        20, text_up_to(200, least=0), description="What the advertisement asks for and no row says."
    ) = []


@register_task
class TailorResumeTask(WritingTask):
    """Suggest other words and another order for a résumé; what no row of its owner says is refused here, not by the model."""

    name = TASK
    label = gettext_lazy("Fit a résumé to a job, as a proposal")
    description = gettext_lazy(
        "Texts and order of one of your résumés for a job. Every claim names its row; what no row says is refused. "
        "The result is a proposal that you accept whole or in part."
    )
    payload_model = TailorPayload
    output_model = Tailored
    most_tokens = 6000
    takes_page = False
    labels = {"resume": gettext_lazy("Number of the résumé"), "job_advert": gettext_lazy("Job advertisement")}

    def prepare(self, actor: Actor, payload: JsonMapping, page: AbstractPage | None = None) -> Job:
        job = super().prepare(actor, payload, page)
        model = get_resume_model()
        resume = get_policy(model).visible(actor, model.objects.all()).filter(pk=job.payload.resume).first()
        if resume is None:
            raise NotFound
        sources = sources_of(resume, actor=actor)
        if not sources:
            raise _refuse(
                "resume", "empty", gettext("There is nothing in this résumé yet; write down what you did first.")
            )
        job.material.update(resume=resume, sources=_within_limit(sources, job.payload.job_advert))
        return job

    def check_rights(self, job: Job) -> None:
        resume = job.material["resume"]
        policy_for(resume).require(job.actor, "change", resume)

    def data(self, job: Job) -> JsonObject:
        content = job.material["resume"].content
        language = {"language": job.payload.language} if job.payload.language else {}
        return {
            **language,
            "job_advert": job.payload.job_advert,
            "sources": [source.to_json() for source in job.material["sources"].values()],
            "texts": text_places(content),
            "lists": {path: [_short(item) for item in items] for path, items in list_places(content).items()},
        }

    def finish(self, job: Job, answer: Tailored) -> TaskResult:
        found = answer.model_dump(mode="json")
        job.material["answer"] = found
        return TaskResult({"resume": job.payload.resume, "missing": [word for word in found["missing"] if word]})

    def keep(self, job: Job, result: TaskResult, provenance: JsonMapping) -> None:
        """Keep the answer as a proposal; the résumé stays as it is."""
        resume, answer = job.material["resume"], job.material["answer"]
        proposal = propose_resume(
            resume,
            actor=as_of_now(job.actor),
            base=resume.content,
            sources=job.material["sources"],
            texts=answer["texts"],
            orders=answer["orders"],
            missing=result.output["missing"],
            title=_title(job.payload.job_advert),
            job_advert=job.payload.job_advert,
            provenance=provenance,
        )
        job.material["proposal"] = proposal
        result.output = {
            **result.output,
            "resume_proposal": None if proposal is None else proposal.pk,
            "changes": [] if proposal is None else proposal.changes,
            "refused": [] if proposal is None else proposal.refused,
            **({"note": gettext("Nothing was changed.")} if proposal is None else {}),
        }


def _refuse(field: str, kind: str, message: str) -> InvalidPayload:
    return InvalidPayload(errors={"payload": [{"loc": [field], "type": kind, "msg": message}]})


def _within_limit(sources: Mapping[str, Source], advert: str) -> dict[str, Source]:
    """Return the résumé's entries, and those projects and skills nearest to the advertisement that one request has room for.

    Raises InvalidPayload where the résumé alone is too long.
    """
    room = int(assist_settings.ASSIST_INPUT_CHARACTERS) - len(advert)
    own = {key: source for key, source in sources.items() if ":" not in key}
    room -= sum(len(source.text) for source in own.values())
    if room < 0:
        raise _refuse(
            "resume", "too_long", gettext("That is too much text for one request; shorten the advertisement.")
        )
    asked = _facts(advert)
    rest = [source for source in sources.values() if source.id not in own]
    for source in sorted(rest, key=lambda source: -_shared(source.text, asked)):
        if len(source.text) <= room:
            own[source.id] = source
            room -= len(source.text)
    return own


def _short(item: object) -> str:
    return local_text.shorten(row_source("", "", item).text.replace("\n", ", "), 200)


def _title(advert: str) -> str:
    first = next((line.strip() for line in advert.splitlines() if line.strip()), "")
    return local_text.shorten(first, 120)


def tailor(resume: AbstractResume, job_advert: str, *, actor: ActorLike, request: HttpRequest) -> ResumeProposal | None:
    """Have a proposal made for one résumé while ``request`` waits. Raises AllSeatsTaken and what generate_text() raises."""
    with seat(request):
        outcome = generate_text(TASK, {"resume": resume.pk, "job_advert": job_advert}, actor=actor)
    key = outcome.result.output["resume_proposal"]
    return None if key is None else ResumeProposal.objects.get(pk=key)


tailors.register("assist", tailor)


# Without a model: nothing is written that does not stand in a row word by word.


@rule(TASK)
def by_rules(request: LLMRequest) -> JsonMapping:
    """Choose the sentences that share most words with the advertisement as the summary, and put lists in that order."""
    given = request.payload
    asked = _facts(given["job_advert"])
    texts = {source["id"]: source["text"] for source in given["sources"]}
    orders = []
    for path, items in given["lists"].items():
        ranked = sorted(range(len(items)), key=lambda index: -_shared(items[index], asked))
        orders.append({"path": path, "order": ranked})
    return {
        "texts": [{"path": "/basics/summary", "claims": claims} for claims in [_chosen(texts, asked)] if claims],
        "orders": orders,
        "missing": _missing(given["job_advert"], texts.values()),
    }


def _chosen(texts: Mapping[str, str], asked: set[str]) -> list[JsonObject]:
    """Return the sentences for a summary, as claims: those nearest to what is asked, in the order of the résumé."""
    found: dict[str, tuple[int, int, str]] = {}
    # A sentence of the head, made of an entry before, is the same with its full stop.
    for key, text in texts.items():
        for line in text.splitlines():
            for sentence in local_text.sentences(line):
                bare = sentence.rstrip(" .")
                score = _shared(bare, asked)
                if score and len(bare.split()) >= _WORDS and bare not in found:
                    found[bare] = (score, len(found), key)
    best = sorted(found.items(), key=lambda item: (-item[1][0], item[1][1]))[:_SENTENCES]
    chosen = sorted(best, key=lambda item: item[1][1])
    return [
        {"text": sentence if sentence[-1] in "!?…。" else f"{sentence}.", "sources": [key]}
        for sentence, (_score, _place, key) in chosen
    ]


def _missing(advert: str, texts: Iterable[str]) -> list[str]:
    known = {word.key for text in texts for word in words_of(text)}
    wanted = local_text.keywords(advert, 20)
    return [word for word in wanted if not {found.key for found in words_of(word)} <= known]


def _facts(text: str) -> set[str]:
    return {word.key for word in words_of(text) if word.key not in PLAIN_WORDS and len(word.key) > 1}


def _shared(text: str, asked: set[str]) -> int:
    return len(_facts(text) & asked)
