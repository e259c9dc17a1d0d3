"""One WebSocket on a conversation or a room."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter, deque
from contextlib import suppress
from typing import Any, ClassVar
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import parse_cookie

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonObject

from ..waking import HERE, ROWS, TYPING, hub
from .origins import header_of, is_own_origin
from .presence import board
from .proofs import Proof, prove_by_ticket, prove_by_token
from .tailing import Gone, LiveTail, Place
from .threads import in_thread

__all__ = ["ConversationConsumer", "RefusingConsumer", "RoomConsumer"]

logger = logging.getLogger("ai_cms.chat")

#: Seconds until somebody has to say who they are, between two signs of life, and after which a silent client is gone.
GREETING = 10.0
HEARTBEAT = 25.0
SILENCE = 75.0
#: Characters of one message of a client, and messages in so many seconds; they are short, and text goes by HTTP.
LONGEST = 8_192
MOST, SPAN = 40, 10.0
#: Seconds between two signs of somebody's typing that are passed on.
TYPING_STEP = 1.0
#: Sockets of one person in one process.
SOCKETS = 30
#: Seconds between two tries while the database is away.
OUTAGE = (0.5, 1.0, 2.0, 5.0)

_open: Counter[str] = Counter()


class ClientLeft(Exception):
    """There is nobody to tell any more."""


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Tell what is new, and who is here; taken in are only the first message, signs of typing, and signs of life."""

    #: Not read here: see ai_cms.chat.layer.
    channel_layer_alias = None
    kind: ClassVar[str] = ""

    async def connect(self) -> None:
        headers = self.scope["headers"]
        self.origin = header_of(headers, b"origin")
        if not is_own_origin(self.origin, header_of(headers, b"host")):
            await self.close()
            return
        self.tail: LiveTail | None = None
        self.news = asyncio.Event()
        self.greeted = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.heard_last = self.sent_last = time.monotonic()
        self.typed_last = 0.0
        self.recent: deque[float] = deque()
        self.typing: dict[str, JsonObject] = {}
        self.people: list[JsonObject] | None = None
        self.listening: set[UUID] = set()
        self.present: UUID | None = None
        self.counted = ""
        self.hinted = False
        await self.accept()
        self.work: asyncio.Task[None] | None = asyncio.create_task(self._guarded())

    async def disconnect(self, code: int) -> None:
        # No decision by the code: servers differ in which one they tell.
        work, self.work = getattr(self, "work", None), None
        if work is not None and work is not asyncio.current_task():
            work.cancel()
        self._forget()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        now = self.heard_last = time.monotonic()
        self.recent.append(now)
        while self.recent and now - self.recent[0] > SPAN:
            self.recent.popleft()
        try:
            if len(self.recent) > MOST:
                raise Gone(4429, "too_many_messages")
            await self._take(_message_of(text_data))
        except Gone as gone:
            await self._end(gone)
        except Exception:
            logger.exception("A message on a WebSocket could not be read.")
            await self._end(Gone(4500, "server_error"))

    # What the client says

    async def _take(self, told: JsonObject) -> None:
        what = told.get("type")
        if what in ("ping", "pong"):
            return
        if what == "auth" and self.tail is None and not self.greeted.is_set():
            await self._greet(told)
        elif what == "typing" and self.tail is not None:
            self._typed(told.get("on") is not False)
        else:
            raise Gone(4400, "unknown_message")

    async def _greet(self, told: JsonObject) -> None:
        self.greeted.set()
        try:
            place = Place.read(told.get("after"))
        except InvalidInput:
            raise Gone(4400, "after_unknown") from None
        proof = await self._prove(told)
        if proof is None:
            raise Gone(4401, "not_authenticated")
        key = self.scope["url_route"]["kwargs"]["pk"]
        counts, runs = told.get("unread") is True, told.get("runs") is not False
        self.tail = LiveTail(proof, self.kind, key, place=place, counts=counts, runs=runs)
        self.news.set()

    async def _prove(self, told: JsonObject) -> Proof | None:
        if "token" in told:
            return await in_thread(prove_by_token, told["token"])
        # A ticket is good for the page of our own that has asked for it, with the cookie of its session.
        if "ticket" not in told or self.origin is None:
            return None
        cookies = parse_cookie(header_of(self.scope["headers"], b"cookie") or "")
        return await in_thread(prove_by_ticket, told["ticket"], cookies.get(settings.SESSION_COOKIE_NAME, ""))

    def _typed(self, on: bool) -> None:
        now = time.monotonic()
        if self.tail is None or self.present is None or (on and now - self.typed_last < TYPING_STEP):
            return
        self.typed_last = now if on else 0.0
        hub.post(self.tail.key, TYPING, {"id": self.tail.user_id, "name": self.tail.name, "on": on})

    # What others say: called from any thread

    def heard(self, key: UUID, kind: str, data: JsonObject) -> None:
        """Wake the socket. What is no row waits in it until its person was asked for again."""
        tail = self.tail
        if tail is None:
            return
        if kind == TYPING and key == tail.key and data.get("id") != tail.user_id:
            self._soon(self._note_typing, data)
        elif kind in (ROWS, HERE):
            self._soon(self._wake, kind == ROWS)

    def _soon(self, call: Any, *args: object) -> None:
        # RuntimeError: the server is going.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(call, *args)

    def _wake(self, hinted: bool) -> None:
        # Of a change that counts none in the conversation, such as that of its members, the hint is the only sign.
        self.hinted = self.hinted or hinted
        self.news.set()

    def _note_typing(self, data: JsonObject) -> None:
        self.typing[str(data.get("id"))] = {
            "id": data.get("id"),
            "name": data.get("name"),
            "on": data.get("on") is True,
        }
        self.news.set()

    # The work

    async def _guarded(self) -> None:
        try:
            await self._run()
        except Gone as gone:
            await self._end(gone)
        except ClientLeft:
            # The server says so as well, with websocket.disconnect.
            pass
        except Exception:
            logger.exception("A WebSocket has failed.")
            await self._end(Gone(4500, "server_error"))
        finally:
            self._forget()

    async def _run(self) -> None:
        try:
            await asyncio.wait_for(self.news.wait(), GREETING)
        except TimeoutError:
            raise Gone(4401, "not_authenticated") from None
        if (tail := self.tail) is None:
            return
        # Before the first look: whatever is written after it wakes the socket.
        self.listening = hub.only(self, (), tail.keys)
        frames = await self._read(tail.begin)
        if _open[tail.user_id] >= SOCKETS:
            raise Gone(4429, "too_many_sockets")
        self.counted = tail.user_id
        _open[tail.user_id] += 1
        while True:
            await self._tell(tail, frames)
            if not tail.more:
                await self._rest(tail.pause)
            self.news.clear()
            extra = self.hinted or bool(self.typing)
            extra = extra or (self.kind == "room" and board.people(tail.key) != self.people)
            self.hinted = False
            frames = await self._read(tail.step, heard=extra)

    async def _read(self, work: Any, **kwargs: object) -> list[str]:
        """Return the frames of a step; while the database is away, later."""
        tries = 0
        while True:
            try:
                found: list[str] = await in_thread(work, **kwargs)
                return found
            except (OperationalError, InterfaceError) as error:
                if tries == 0:
                    logger.warning("The rows of a conversation cannot be read yet: %s", error)
                await asyncio.sleep(OUTAGE[min(tries, len(OUTAGE) - 1)])
                tries += 1
                if time.monotonic() - self.heard_last > SILENCE:
                    raise Gone(4408, "silent") from None

    async def _tell(self, tail: LiveTail, frames: list[str]) -> None:
        if tail.keys != self.listening:
            self.listening = hub.only(self, self.listening, tail.keys)
        for frame in frames:
            await self._say(frame)
        if self.kind == "room":
            self._be_present(tail)
            people = board.people(tail.key)
            if people != self.people:
                self.people = people
                await self._say(json.dumps({"type": "presence", "people": people}))
            typing, self.typing = self.typing, {}
            for who in typing.values():
                await self._say(json.dumps({"type": "typing", **who}))

    def _be_present(self, tail: LiveTail) -> None:
        if tail.takes_part and self.present is None:
            self.present = tail.key
            board.arrive(tail.key, tail.user_id, tail.name)
        elif not tail.takes_part and self.present is not None:
            board.depart(self.present, tail.user_id)
            self.present = None

    async def _rest(self, pause: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.news.wait(), pause)
        now = time.monotonic()
        if now - self.heard_last > SILENCE:
            raise Gone(4408, "silent")
        if now - self.sent_last > HEARTBEAT:
            await self._say('{"type":"ping"}')

    async def _say(self, text: str) -> None:
        self.sent_last = time.monotonic()
        try:
            await self.send(text_data=text)
        except OSError:
            raise ClientLeft from None

    async def _end(self, gone: Gone) -> None:
        """Say why, and close; a client that is gone already is not told."""
        try:
            await self.send(text_data=json.dumps({"type": "error", "code": gone.name}))
            await self.close(code=gone.code)
        except Exception:
            # What a server raises for a client that is gone is its own affair, and nobody is left to be told.
            logger.debug("The client was gone.", exc_info=True)
        work = self.work
        if work is not None and work is not asyncio.current_task():
            work.cancel()

    def _forget(self) -> None:
        listening: set[UUID] = getattr(self, "listening", set())
        self.listening = set()
        for key in listening:
            hub.forget(key, self)
        present, self.present = getattr(self, "present", None), None
        if present is not None and self.tail is not None:
            board.depart(present, self.tail.user_id)
        counted, self.counted = getattr(self, "counted", ""), ""
        if counted:
            _open[counted] -= 1
            if _open[counted] <= 0:
                del _open[counted]


class RoomConsumer(LiveConsumer):
    """``/ws/rooms/<id>/``"""

    kind = "room"


class ConversationConsumer(LiveConsumer):
    """``/ws/conversations/<id>/``"""

    kind = "direct"


class RefusingConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Any other address: refused, where Channels would end in an error of the server."""

    channel_layer_alias = None

    async def connect(self) -> None:
        await self.close()


def _message_of(text: str | None) -> JsonObject:
    if text is None or len(text) > LONGEST:
        raise Gone(4400, "unknown_message")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Gone(4400, "unknown_message") from None
    if not isinstance(found, dict):
        raise Gone(4400, "unknown_message")
    return found
