"""Who is here: in this process by its sockets, in others by what they say now and then. Nothing of it is stored."""

from __future__ import annotations

import threading
import time
from uuid import UUID

from ai_cms.core.jsontypes import JsonObject

from ..waking import HERE, WHO, hub

__all__ = ["Board", "board"]

#: Seconds after which what another process has said is believed no longer; it says it again every 20.
BELIEVED = 50.0
#: People that one process tells others of at most.
MOST = 500


class Board:
    """The people in each room that has a socket here."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._own: dict[UUID, dict[str, list[str]]] = {}
        self._others: dict[UUID, dict[str, tuple[float, dict[str, str]]]] = {}

    def arrive(self, room: UUID, user: str, name: str) -> None:
        """Put a socket of ``user`` on the board."""
        with self._lock:
            people = self._own.setdefault(room, {})
            first = user not in people
            people.setdefault(user, []).append(name)
        if first:
            self._announce(room)
            hub.post(room, WHO, {"from": hub.origin})

    def depart(self, room: UUID, user: str) -> None:
        """Take one socket of ``user`` off again."""
        with self._lock:
            people = self._own.get(room, {})
            names = people.get(user, [])
            if names:
                names.pop()
            gone = user in people and not names
            if gone:
                del people[user]
            if room in self._own and not people:
                del self._own[room]
        if gone:
            self._announce(room)

    def heard(self, room: UUID, kind: str, data: JsonObject) -> None:
        """Take in what another process says, or answer its question."""
        if data.get("from") == hub.origin:
            return
        if kind == WHO:
            self._announce(room)
            return
        origin, told = data.get("from"), data.get("people")
        if not isinstance(origin, str) or not isinstance(told, dict):
            return
        with self._lock:
            known = self._others.setdefault(room, {})
            if told:
                known[origin] = (time.monotonic(), {str(user): str(name) for user, name in told.items()})
            else:
                known.pop(origin, None)
            if not known:
                del self._others[room]

    def people(self, room: UUID) -> list[JsonObject]:
        """Return who is in the room, each once: ``[{"id", "name"}]`` by name."""
        now = time.monotonic()
        with self._lock:
            found = {user: names[-1] for user, names in self._own.get(room, {}).items()}
            known = self._others.get(room, {})
            for origin, (told_at, people) in list(known.items()):
                if now - told_at > BELIEVED:
                    del known[origin]
                else:
                    found = {**people, **found}
            if room in self._others and not known:
                del self._others[room]
        return [{"id": user, "name": name} for user, name in sorted(found.items(), key=lambda item: (item[1], item[0]))]

    def tell_all(self) -> None:
        """Say to other processes again who is here."""
        with self._lock:
            rooms = list(self._own)
        for room in rooms:
            self._announce(room)

    def _announce(self, room: UUID) -> None:
        with self._lock:
            people = {user: names[-1] for user, names in list(self._own.get(room, {}).items())[:MOST]}
        hub.post(room, HERE, {"from": hub.origin, "people": people})


board = Board()
hub.tickers.append(board.tell_all)
hub.handlers.update({HERE: board.heard, WHO: board.heard})
