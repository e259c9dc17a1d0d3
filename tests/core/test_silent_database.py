"""A PostgreSQL that accepts and never answers: requests are told within two seconds, and it is used again afterwards."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import OperationalError, connection

from ai_cms.core.databases import database_refusal
from ai_cms.core.postgresql.deadlines import KEPT_DEADLINE, NEW_DEADLINE, REST

pytestmark = pytest.mark.postgres


class Proxy:
    """Hand on what both sides say, until told to be silent."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.speaking = threading.Event()
        self.speaking.set()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.sockets: list[socket.socket] = []
        self.muted: list[socket.socket] = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                client, _address = self.server.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            self.sockets += [client, server]
            for source, goal in ((client, server), (server, client)):
                threading.Thread(target=self.hand_on, args=(source, goal), daemon=True).start()

    def hand_on(self, source: socket.socket, goal: socket.socket) -> None:
        try:
            while data := source.recv(65_536):
                self.speaking.wait()
                if source not in self.muted and goal not in self.muted:
                    goal.sendall(data)
        except OSError:
            return
        finally:
            self.end(goal)

    @staticmethod
    def end(one: socket.socket) -> None:
        # A thread that waits in recv() keeps open what is closed alone.
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

    def mute_present(self) -> None:
        """Swallow what the present connections say from now on."""
        self.muted = list(self.sockets)

    def close(self) -> None:
        self.speaking.set()
        for one in (self.server, *self.sockets):
            self.end(one)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    settings = connection.settings_dict
    found = Proxy((settings["HOST"] or "127.0.0.1", int(settings["PORT"] or 5432)))
    yield found
    found.close()


@pytest.fixture
def database(db: None, proxy: Proxy) -> Iterator[Any]:
    # Needs psycopg, which an installation for SQLite has not.
    from ai_cms.core.postgresql.base import DatabaseWrapper, _resting

    _resting.clear()

    settings = {
        **connection.settings_dict,
        "HOST": "127.0.0.1",
        "PORT": str(proxy.port),
        "OPTIONS": {**connection.settings_dict["OPTIONS"], "connect_timeout": 2},
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 60,
    }
    wrapper = DatabaseWrapper(settings, alias="silent")
    with closing(wrapper):
        yield wrapper


def ask(database: Any) -> int:
    """Do what a new request does with a kept connection."""
    database.close_if_unusable_or_obsolete()
    database.health_check_done = False
    with database.cursor() as cursor:
        cursor.execute("SELECT 7")
        return int(cursor.fetchone()[0])


def test_a_kept_connection_and_a_new_one_are_given_up_in_time(database: Any, proxy: Proxy) -> None:
    assert (ask(database), ask(database)) == (7, 7)
    proxy.speaking.clear()
    took = []
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(OperationalError) as caught:
            ask(database)
        took.append(time.monotonic() - began)
        refusal = database_refusal(caught.value)
        assert refusal is not None
        assert (refusal.status_code, refusal.code) == (503, "database_unavailable")
    # The health check and a new connection of the first; the second is told at once.
    assert KEPT_DEADLINE + NEW_DEADLINE <= took[0] < 2
    assert took[1] < 0.2
    proxy.speaking.set()
    time.sleep(REST)
    assert ask(database) == 7


def test_a_kept_connection_that_alone_is_silent_is_replaced(database: Any, proxy: Proxy) -> None:
    """As a firewall does that forgets idle connections."""
    assert ask(database) == 7
    kept = database.connection
    proxy.mute_present()
    began = time.monotonic()
    assert ask(database) == 7
    assert time.monotonic() - began < 2
    assert database.connection is not kept


def test_a_name_with_several_addresses_is_given_up_as_soon(
    database: Any, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = socket.getaddrinfo("127.0.0.1", proxy.port, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found * 4)
    proxy.speaking.clear()
    began = time.monotonic()
    with pytest.raises(OperationalError):
        ask(database)
    assert time.monotonic() - began < 2


def test_a_port_that_refuses_is_told_by_libpq(database: Any, proxy: Proxy) -> None:
    proxy.server.close()
    began = time.monotonic()
    with pytest.raises(OperationalError, match="refused"):
        ask(database)
    assert time.monotonic() - began < 1


def test_a_connection_that_was_ended_is_replaced(database: Any, proxy: Proxy) -> None:
    assert ask(database) == 7
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    time.sleep(0.2)
    assert ask(database) == 7


def test_the_health_check_leaves_nothing_behind(database: Any) -> None:
    for _ in range(50):
        assert ask(database) == 7
    assert database.vendor == "postgresql"
