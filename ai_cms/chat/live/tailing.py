"""What a person has not seen yet of a conversation, read from its rows.

Messages come in the order of their changes, events of a run in the order of their numbers. Where somebody is in both is the id
of each frame: whoever comes back with the last one misses nothing and gets nothing twice.
"""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db.models import F
from django.urls import reverse
from rest_framework.utils.encoders import JSONEncoder

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.llm.models import Run
from ai_cms.llm.runs.events import events_after

from .. import get_conversation_model
from ..api.serializers import MessageSerializer
from ..models import Member, Message
from ..prompts import name_of
from ..reading import messages_for
from .proofs import Proof

__all__ = ["LOOK", "Gone", "LiveTail", "Place"]

#: Seconds between two looks of a reader that nobody wakes; as long may one who was put out still believe to be in.
LOOK = 4.0
#: Seconds between two looks while an answer is written, which begins with the first and grows to the second.
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5
#: Messages and events of one step, rooms whose unread messages are counted, runs that a place may name.
PAGE = 100
ROOMS = 200
RUNS = 16
#: Bytes of one frame; what is longer is named, to be had by HTTP.
FRAME = 60_000


class Gone(Exception):
    """The socket ends. ``code``: of WebSocket's own 4000s."""

    def __init__(self, code: int, name: str) -> None:
        super().__init__(name)
        self.code = code
        self.name = name


class Place:
    """Where a reader is: the last change it knows, and the last event of each run that is being written."""

    def __init__(self, change: int | None = None, runs: dict[UUID, int] | None = None) -> None:
        self.change = change
        self.runs = runs or {}

    @classmethod
    def read(cls, text: object) -> Place:
        """Return the place that ``text`` names, ``None`` for now. Raises InvalidInput."""
        if text is None or text == "":
            return cls()
        try:
            # A number alone is that of a message's change, as REST tells it.
            first, *others = str(text)[:2_000].split("~")
            runs = {UUID(hex=key): _number(seq) for key, seq in (part.split(":") for part in others[:RUNS])}
            return cls(_number(first), runs)
        except ValueError:
            raise InvalidInput(errors={"after": ["This is the id of no event."]}) from None

    def __str__(self) -> str:
        return "~".join([str(self.change or 0), *(f"{key.hex}:{seq}" for key, seq in self.runs.items())])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise ValueError(text)
    return int(text)


class LiveTail:
    """Read step by step for one socket. Every step that gives something asks first whose socket it is, and what they may see.

    ``kind``: "room" or "direct"; ``counts``: whether the unread messages of all one's rooms are told; ``runs``: whether the
    events of what is being written are.
    """

    def __init__(
        self, proof: Proof, kind: str, key: UUID, *, place: Place, counts: bool = False, runs: bool = True
    ) -> None:
        self.proof = proof
        self.kind = kind
        self.key = key
        self.place = place
        self.user_id = ""
        self.name = ""
        #: Whether the person is in the room, and not just a reader of a public one.
        self.takes_part = False
        #: Whose news concern the reader: the conversation's, and with ``counts`` that of all one's rooms.
        self.keys: set[UUID] = {key}
        self.more = False
        self._counts = counts
        self._watches = runs
        self._unread: dict[str, int] = {}
        self._about: JsonObject = {}
        self._admitted = 0.0
        self._pause = FIRST_PAUSE
        self._model = get_conversation_model()

    @property
    def pause(self) -> float:
        """Seconds after which the reader looks, if nobody wakes it."""
        return self._pause if self.place.runs else LOOK

    def begin(self) -> list[str]:
        """Return the first frames: what there is, and what has come since the place. Raises Gone."""
        actor, conversation = self._admit()
        if self.place.change is None or self.place.change > conversation.last_change:
            self.place.change = conversation.last_change
        # Only runs of this conversation, whatever a place names.
        known = Message.objects.filter(
            conversation=conversation, run__in=list(self.place.runs), deleted_at__isnull=True
        )
        own = set(known.values_list("run_id", flat=True))
        self.place.runs = {key: seq for key, seq in self.place.runs.items() if key in own and self._watches}
        frames = [
            self._frame("ready", user=self.user_id, change=conversation.last_change, takes_part=self.takes_part),
            *self._told_about(conversation),
        ]
        # Of an answer that is being written the text so far, on which its events go on.
        rows = messages_for(Message.objects.open().filter(conversation=conversation, change__lte=self.place.change))
        begun = [row for row in rows.order_by("change") if row.run_id is not None and row.run_id not in self.place.runs]
        for row in begun:
            frames += self._message(row, actor, counted=False)
        return frames + self._news(actor, conversation)

    def step(self, *, heard: bool = False) -> list[str]:
        """Return the next frames, perhaps none. ``heard``: there is more to send than rows. Raises Gone."""
        due = heard or time.monotonic() - self._admitted >= LOOK
        if not due and not self._has_moved():
            self._pause = min(self._pause * 1.5, LONGEST_PAUSE)
            return []
        actor, conversation = self._admit()
        frames = self._told_about(conversation) + self._news(actor, conversation)
        self._pause = FIRST_PAUSE if frames else min(self._pause * 1.5, LONGEST_PAUSE)
        return frames

    # Who asks, and whether there is anything

    def _admit(self) -> tuple[Actor, Any]:
        actor = self.proof.actor()
        if actor is None:
            raise Gone(4401, "not_authenticated")
        policy = get_policy(self._model)
        found = (
            policy.visible(actor, self._model._default_manager.filter(pk=self.key, kind=self.kind)).order_by().first()
        )
        if found is None or not policy.can(actor, "read", found):
            # Like what is missing: nobody learns which rooms there are.
            raise Gone(4404, "not_found")
        if not self.user_id:
            self.user_id, self.name = str(actor.account.pk), name_of(actor.account)
        self.takes_part = policy.can(actor, "post", found)
        self._admitted = time.monotonic()
        return actor, found

    def _has_moved(self) -> bool:
        change = self._model._default_manager.filter(pk=self.key).values_list("last_change", flat=True).first()
        if change is None or change != self.place.change:
            return True
        if not self.place.runs:
            return self._counts
        seqs = Run.objects.filter(pk__in=list(self.place.runs)).values_list("pk", "last_seq")
        return any(seq > self.place.runs[key] for key, seq in seqs)

    # What there is

    def _news(self, actor: Actor, conversation: Any) -> list[str]:
        frames = self._events()
        change = self.place.change or 0
        if conversation.last_change > change:
            changed = Message.objects.filter(conversation=conversation, change__gt=change)
            rows = list(messages_for(changed.order_by("change"))[:PAGE])
            for row in rows:
                frames += self._message(row, actor)
            self.more = len(rows) == PAGE
            if not self.more:
                # Changes that are no message's. Rows that came after the count stand behind it already.
                self.place.change = max(self.place.change or 0, conversation.last_change)
        else:
            self.more = False
        self._close_runs()
        if self._counts:
            frames += self._told_unread(actor)
        return frames

    def _message(self, row: Message, actor: Actor, *, counted: bool = True) -> list[str]:
        frames: list[str] = []
        if counted:
            self.place.change = row.change
        run = row.run
        if run is not None and run.pk in self.place.runs:
            # What its run has told up to the text that the row shows.
            frames += self._events(run.pk, upto=run.last_seq)
        if self._watches and run is not None and row.is_open and not row.is_deleted:
            self.place.runs[run.pk] = run.last_seq
        shown = MessageSerializer(row, context={"request": SimpleNamespace(user=actor.user)}).data
        frames.append(self._frame("message", message=shown))
        return frames

    def _events(self, only: UUID | None = None, *, upto: int | None = None) -> list[str]:
        frames: list[str] = []
        for key, seq in list(self.place.runs.items()):
            if only is not None and key != only:
                continue
            for event in events_after(key, seq):
                if upto is not None and event["id"] > upto:
                    break
                self.place.runs[key] = event["id"]
                frames.append(self._frame("run", run=str(key), event=event))
        return frames

    def _close_runs(self) -> None:
        """Watch no longer what is written no longer, after its last event, and what somebody has deleted."""
        if not self.place.runs:
            return
        rows = Message.objects.filter(conversation_id=self.key, run__in=list(self.place.runs))
        open_runs = set(rows.open().values_list("run_id", flat=True))
        deleted = set(rows.filter(deleted_at__isnull=False).values_list("run_id", flat=True))
        ended = dict(
            Run.objects.filter(pk__in=list(self.place.runs), finished_at__isnull=False).values_list("pk", "last_seq")
        )
        for key, seq in list(self.place.runs.items()):
            over = key not in open_runs and seq >= ended.get(key, 2**63)
            if over or key in deleted:
                del self.place.runs[key]

    def _told_about(self, conversation: Any) -> list[str]:
        about: JsonObject = {
            "title": conversation.title,
            "active_leaf": str(conversation.active_leaf) if conversation.active_leaf is not None else None,
            "is_archived": conversation.is_archived,
        }
        if about == self._about:
            return []
        self._about = about
        return [self._frame("conversation", conversation={"id": str(self.key), **about})]

    def _told_unread(self, actor: Actor) -> list[str]:
        mine = Member.objects.filter(user=actor.account, conversation__is_archived=False)
        rows = mine.order_by("-conversation__last_message_at").annotate(last=F("conversation__last_number"))
        counted = {
            key: max(last - read, 0)
            for key, last, read in rows.values_list("conversation", "last", "last_read")[:ROOMS]
        }
        self.keys = {self.key, *counted}
        found = {str(key): number for key, number in counted.items()}
        other = {key: number for key, number in found.items() if self._unread.get(key) != number}
        other |= dict.fromkeys((key for key in self._unread if key not in found), 0)
        self._unread = found
        return [self._frame("unread", rooms=other)] if other else []

    def _frame(self, type: str, **content: Any) -> str:
        frame = {"type": type, "id": str(self.place), **content}
        text = _json(frame)
        if len(text.encode()) <= FRAME:
            return text
        if type == "message":
            message = content["message"]
            short = {name: message[name] for name in ("id", "number", "change", "role", "status", "run", "client_id")}
            address = reverse("ai_cms_api:message-detail", kwargs={"id": message["id"]})
            return _json({**frame, "message": short, "address": address})
        if type == "run":
            address = reverse("ai_cms_api:run-events", kwargs={"pk": content["run"]})
            event = {**content["event"], "data": None}
            return _json({**frame, "event": event, "address": f"{address}?after={event['id'] - 1}"})
        return text


def _json(frame: JsonObject) -> str:
    text = json.dumps(frame, cls=JSONEncoder, ensure_ascii=False, separators=(",", ":"))
    # A half of a surrogate pair, as some databases keep it, cannot be sent.
    return text.encode("utf-8", "replace").decode()
