"""Alternative texts for all pictures that lack one: proposals of a model, one picture after another, that people decide on.

Loaded where ``ai_cms.assets`` is. What has been done stands with each picture, so that a run which was stopped, ran out of
credits or died is followed by one that goes on where it ended. ``alt_suggestion`` of a picture holds one of:

==================  =======================================================================
``{}``              nothing yet
``{"asked": …}``    a run is asking since then (seconds since 1970); after ASKING_SECONDS another may
``{"text": …}``     the proposal, with its provenance
``{"refused": …}``  a proposal that a person put away; not asked again unless wanted
``{"failed": …}``   why there is none; not asked again unless wanted
==================  =======================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from ai_cms.assets import get_image_model
from ai_cms.assets.models import AbstractImage
from ai_cms.core.exceptions import LimitExceeded, RequestRefused, Unavailable
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.llm.exceptions import (
    LLMBackendMisconfigured,
    LLMBusy,
    LLMCancelled,
    LLMCreditsExhausted,
    LLMTimeout,
    LLMUnavailable,
)
from ai_cms.llm.gateway.options import Carrier
from ai_cms.llm.models import Run
from ai_cms.llm.runs.context import RunContext, run_handler
from ai_cms.llm.runs.services import start_run

from ..core.jsontypes import JsonObject
from .assets import suggest_alt_text
from .services import as_of_now

__all__ = [
    "HANDLER",
    "AltTextReport",
    "last_run",
    "open_run",
    "propose_alt_texts",
    "proposed",
    "start_alt_texts",
    "state_of",
    "waiting",
]

HANDLER = "alt_texts"
#: A picture that was asked about so long ago is asked about again: whoever asked is gone.
ASKING_SECONDS = 15 * 60
_BATCH = 50

#: These end the run, for the next picture would meet them too. All others are that picture's own.
_ENDINGS: tuple[tuple[type[Exception], str], ...] = (
    (LLMCreditsExhausted, "credits"),
    (LimitExceeded, "limit"),
    (LLMBusy, "unavailable"),
    (LLMUnavailable, "unavailable"),
    (LLMTimeout, "unavailable"),
    (LLMBackendMisconfigured, "unavailable"),
    (Unavailable, "unavailable"),
)


@dataclass
class AltTextReport:
    """What a run did. ``total``: pictures that waited at its beginning, or the limit; ``failed``: of those asked about.

    ``stopped``: why it ended before the queue did: "credits", "limit" (too many calls), "unavailable", or "". ``detail``: in
    words.
    """

    total: int = 0
    proposed: int = 0
    failed: int = 0
    stopped: str = ""
    detail: str = ""

    @property
    def done(self) -> int:
        return self.proposed + self.failed

    def to_json(self) -> JsonObject:
        return {**asdict(self), "done": self.done}


def waiting(actor: ActorLike, *, again: bool = False) -> QuerySet[AbstractImage]:
    """Return the pictures without a text that nobody has proposed one for. ``again``: also those that failed or were refused."""
    now = int(timezone.now().timestamp())
    open_ones = Q(alt_suggestion={}) | Q(alt_suggestion__asked__lt=now - ASKING_SECONDS)
    if again:
        open_ones |= Q(alt_suggestion__has_any_keys=["failed", "refused"])
    rows: QuerySet[AbstractImage] = _lacking(actor).filter(open_ones)
    return rows


def proposed(actor: ActorLike) -> QuerySet[AbstractImage]:
    """Return the pictures with a proposal that waits for a person."""
    rows: QuerySet[AbstractImage] = _lacking(actor).filter(alt_suggestion__has_key="text")
    return rows


def _lacking(actor: ActorLike) -> QuerySet[AbstractImage]:
    rows = get_image_model().objects.non_polymorphic().without_alt()
    return get_policy(get_image_model()).visible(actor, rows)


def propose_alt_texts(
    actor: ActorLike,
    *,
    limit: int | None = None,
    again: bool = False,
    on_picture: Callable[[AltTextReport, AbstractImage], object] | None = None,
    run: Carrier | None = None,
) -> AltTextReport:
    """Have a text proposed for each picture that waits and that ``actor`` may change, the newest first.

    ``limit``: pictures at most. ``on_picture``: called after each with the report so far. Every call goes through the gateway:
    the run ends, and says so, when credits do. Not to be called in a transaction. Raises LLMCancelled.
    """
    who = Actor.of(actor)
    report = AltTextReport(total=waiting(who, again=again).count())
    if limit is not None:
        report.total = min(report.total, limit)
    for image in _each(who, again):
        try:
            suggest_alt_text(image, actor=who, run=run)
        except RequestRefused as error:
            ending = next((name for kind, name in _ENDINGS if isinstance(error, kind)), "")
            if ending or isinstance(error, LLMCancelled):
                _write(image, {})
            if isinstance(error, LLMCancelled):
                raise
            if ending:
                report.stopped, report.detail = ending, str(error.detail)
                break
            _write(image, {"failed": str(error.detail)[:500]})
            report.failed += 1
        except BaseException:
            _write(image, {})
            raise
        else:
            report.proposed += 1
        if on_picture is not None:
            on_picture(report, image)
        # Here, before the next picture is claimed.
        if limit is not None and report.done >= limit:
            break
    return report


def _each(actor: Actor, again: bool) -> Iterator[AbstractImage]:
    """Yield the pictures one by one, each claimed for this run, so that two runs never ask about the same one."""
    below: int | None = None
    while True:
        rows = waiting(actor, again=again).order_by("-pk")
        batch = list((rows if below is None else rows.filter(pk__lt=below))[:_BATCH])
        if not batch:
            return
        below = batch[-1].pk
        for row in batch:
            if not policy_for(row).can(actor, "change", row):
                continue
            # Read again after the model thought about others: somebody may have written a text, or another run has it.
            claim = {"asked": int(timezone.now().timestamp())}
            if waiting(actor, again=again).filter(pk=row.pk).update(alt_suggestion=claim):
                row.alt_suggestion = claim
                yield row
        # Of this moment: rights may have been taken away meanwhile.
        actor = as_of_now(actor)


def _write(image: AbstractImage, suggestion: JsonObject) -> None:
    rows = get_image_model().objects.non_polymorphic().filter(pk=image.pk, alt_suggestion__has_key="asked")
    rows.update(alt_suggestion=suggestion)


# As a run: it goes on when its watcher leaves.


@run_handler(HANDLER)
def write(run: RunContext) -> JsonObject:
    """Carry out the run in the payload ({"limit", "again"}); each picture is an event with the report so far."""

    def tell(report: AltTextReport, image: AbstractImage) -> None:
        run.emit("picture", {"asset": image.pk, **report.to_json()})

    report = propose_alt_texts(
        run.actor, limit=run.payload.get("limit"), again=bool(run.payload.get("again")), on_picture=tell, run=run
    )
    return report.to_json()


def open_run(actor: ActorLike) -> Run | None:
    """Return the actor's run that is not over yet."""
    account = Actor.of(actor).account
    return Run.objects.open().filter(handler=HANDLER, user=account).order_by("-created_at").first()


def start_alt_texts(actor: ActorLike, *, limit: int | None = None, again: bool = False) -> Run:
    """Start a run, or return the actor's that is not over yet. Raises what starting runs raises."""
    return open_run(actor) or start_run(HANDLER, {"limit": limit, "again": again}, actor=actor, target_label=HANDLER)


def last_run(actor: ActorLike) -> Run | None:
    """Return the run that the actor started last."""
    account = Actor.of(actor).account
    return Run.objects.filter(handler=HANDLER, user=account).order_by("-created_at").first()


def state_of(run: Run) -> JsonObject:
    """Return how far a run is: {"run", "status", "finished", "total", "done", "proposed", "failed", "stopped", "detail"}."""
    report = run.result if isinstance(run.result, dict) else None
    if report is None:
        event = run.events.filter(type="picture").order_by("-seq").first()
        report = event.data if event is not None else {}
    found = {**AltTextReport().to_json(), **{name: value for name, value in report.items() if name != "asset"}}
    if run.is_finished and not run.result and not found["stopped"]:
        found |= {"stopped": run.status, "detail": run.error_detail}
    return {"run": str(run.pk), "status": run.status, "finished": run.is_finished, **found}
