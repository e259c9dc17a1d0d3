"""A PostgreSQL that accepts and never answers: requests are told within two seconds, and it is used again afterwards."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import OperationalError, connection

from ai_cms.core.databases import database_refusal

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
                goal.sendall(data)
        except OSError:
            return
        finally:
            goal.close()

    def close(self) -> None:
        self.speaking.set()
        for one in (self.server, *self.sockets):
            one.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    settings = connection.settings_dict
    found = Proxy((settings["HOST"] or "127.0.0.1", int(settings["PORT"] or 5432)))
    yield found
    found.close()


@pytest.fixture
def database(db: None, proxy: Proxy) -> Iterator[Any]:
    # Needs psycopg, which an installation for SQLite has not.
    from ai_cms.core.postgresql.base import DatabaseWrapper

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
    # The deadline of the health check, 1.5 seconds, then that of a new connection, 2; the rest is for a busy machine.
    assert max(took) < 4
    proxy.speaking.set()
    assert ask(database) == 7


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
