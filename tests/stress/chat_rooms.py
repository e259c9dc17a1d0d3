"""Rooms full of clients by WebSocket, while Redis is started anew and a fifth of the clients come and go.

    nice python -m tests.stress.chat_rooms --server daphne --database postgresql

Two processes serve the sockets and a third one writes, so that every wake-up goes through Redis. Every client writes down the
number of each message it gets. Ends with 1 if a message is missing, came twice or out of order, or if somebody heard what is
not theirs: people of no room, and members who are put out half-way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from .database import ROOT, fresh_database

SERVERS = {
    "uvicorn": ["-m", "uvicorn", "--host", "127.0.0.1", "--log-level", "warning", "--lifespan", "off", "--port"],
    "daphne": ["-m", "daphne", "-b", "127.0.0.1", "-v", "0", "-p"],
}
#: Seconds in which the last message has to have come, however busy the machine is, and in which a quiet socket has to stay open.
SOON = 600.0
QUIET = 7.0


class OwnRedis:
    """A Redis of this run: without a disk, so that it remembers nothing when it is started anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.restarts = 0
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([*command, "--dir", str(self.folder)], stdout=subprocess.DEVNULL)
        wait_for_port(self.port)

    def restart(self, away: float = 0.5) -> None:
        self.stop()
        time.sleep(away)
        self.start()
        self.restarts += 1

    def stop(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def served(server: str, env: dict[str, str], log: Path) -> Iterator[str]:
    """Yield the address of a server process."""
    port = free_port()
    with log.open("w") as out:
        command = [sys.executable, *SERVERS[server], str(port), "tests.stress.chat_site:application"]
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=out, stderr=out)
        try:
            wait_for_port(port, process)
            yield f"ws://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Guest:
    """A client of one room: keeps what it hears, comes back when it is cut off or leaves of its own will."""

    def __init__(self, name: str, address: str, token: str, *, leaves: bool, seed: int) -> None:
        self.name = name
        self.address = address
        self.token = token
        self.leaves = leaves
        self.random = random.Random(seed)
        self.numbers: list[int] = []
        self.after: str | None = "0"
        self.connections = 0
        self.closed_with: int | None = None
        self.over = False
        self.ready = asyncio.Event()

    async def run(self) -> None:
        import websockets

        while not self.over:
            try:
                async with websockets.connect(
                    self.address, ping_interval=None, open_timeout=30, close_timeout=1
                ) as link:
                    self.connections += 1
                    await link.send(json.dumps({"type": "auth", "token": self.token, "after": self.after}))
                    await self._listen(link)
                    if link.close_code == 4404:
                        self.closed_with = link.close_code
                        self.ready.set()
                        return
            except (OSError, TimeoutError, websockets.WebSocketException):
                pass
            await asyncio.sleep(0.05 + self.random.random() / 4)

    async def _listen(self, link: Any) -> None:
        import websockets

        # From the moment on in which it is in: on a busy machine nobody would ever get as far, else.
        leave_at: float | None = None
        while not self.over:
            try:
                text = await asyncio.wait_for(link.recv(), 0.2)
            except TimeoutError:
                text = None
            except websockets.ConnectionClosed:
                return
            if text is not None:
                frame = json.loads(text)
                self._note(frame)
                if frame["type"] == "ready":
                    leave_at = time.monotonic() + self.random.uniform(0.5, 4)
            if self.leaves and leave_at is not None and time.monotonic() > leave_at:
                # Without a word, as a phone in a tunnel does.
                link.transport.abort()
                return

    def _note(self, frame: dict[str, Any]) -> None:
        if "id" in frame and frame["type"] != "ready":
            self.after = frame["id"]
        if frame["type"] == "ready":
            self.ready.set()
        elif frame["type"] == "message":
            self.numbers.append(frame["message"]["number"])


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[Any] | None = None) -> None:
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        if process is not None and process.poll() is not None:
            break
        with socket.socket() as link:
            if link.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens at port {port}")


def talk(options: argparse.Namespace, redis: OwnRedis, addresses: list[str]) -> dict[str, Any]:
    """Fill the rooms, talk, and return what was found."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model

    from ai_cms.chat.models import Member
    from ai_cms.chat.services import create_room
    from ai_cms.core.tokens import create_token

    users = get_user_model()
    people = [users.objects.create(username=f"guest{number}") for number in range(options.clients)]
    rooms = []
    for number in range(options.rooms):
        mine = people[number :: options.rooms]
        room = create_room(actor=mine[0], title=f"Room {number}")
        Member.objects.bulk_create(Member(conversation=room, user=person) for person in mine[1:])
        rooms.append(room)
    strangers = [users.objects.create(username=f"stranger{number}") for number in range(options.rooms)]
    token = {person.pk: create_token(person)[1] for person in (*people, *strangers)}

    def address(room: Any, number: int) -> str:
        return f"{addresses[number % len(addresses)]}/ws/rooms/{room.pk}/"

    guests = [
        Guest(
            person.username,
            address(rooms[number % options.rooms], number // options.rooms),
            token[person.pk],
            leaves=number // options.rooms % 5 == 1,
            seed=number,
        )
        for number, person in enumerate(people)
    ]
    outside = [
        Guest(person.username, address(rooms[number], number), token[person.pk], leaves=False, seed=number)
        for number, person in enumerate(strangers)
    ]
    started = time.monotonic()
    last = asyncio.run(_talk(options, redis, rooms, people, guests, outside))
    seconds = time.monotonic() - started
    lost = doubled = disordered = foreign = kept_in = 0
    for number, guest in enumerate(guests):
        wanted = last["counts"][number % options.rooms]
        put_out = last["put_out"].get(number)
        if put_out is not None:
            foreign += len([told for told in guest.numbers if told > put_out])
            kept_in += guest.closed_with != 4404
            wanted = 0
        doubled += len(guest.numbers) - len(set(guest.numbers))
        disordered += sum(after < before for before, after in zip(guest.numbers, guest.numbers[1:], strict=False))
        lost += len(set(range(1, wanted + 1)) - set(guest.numbers))
    foreign += sum(len(guest.numbers) for guest in outside)
    return {
        "server": options.server,
        "clients": len(guests),
        "connections": sum(guest.connections for guest in guests),
        "messages": sum(last["counts"]),
        "deliveries": sum(len(guest.numbers) for guest in guests),
        "redis_restarts": redis.restarts,
        "lost": lost,
        "doubled": doubled,
        "out_of_order": disordered,
        "foreign": foreign,
        "strangers_let_in": sum(guest.closed_with != 4404 for guest in outside),
        "put_out": len(last["put_out"]),
        "put_out_but_still_in": kept_in,
        "cut_off_while_quiet": last["cut_off"],
        "harness_waited_out": last["waited_out"],
        "harness_broken_clients": last["broken"],
        "seconds": round(seconds, 1),
    }


async def _talk(
    options: argparse.Namespace, redis: OwnRedis, rooms: list[Any], people: list[Any], guests: list[Guest], outside: list[Guest]
) -> dict[str, Any]:  # fmt: skip
    tasks = [asyncio.create_task(guest.run()) for guest in (*guests, *outside)]
    await asyncio.wait_for(asyncio.gather(*(guest.ready.wait() for guest in (*guests, *outside))), SOON)
    put_out: dict[int, int] = {}
    writing = asyncio.create_task(asyncio.to_thread(_write, options, rooms, people, put_out))
    for part in range(1, options.restarts + 1):
        while _sent["count"] < options.messages * part // (options.restarts + 1) and not writing.done():
            await asyncio.sleep(0.05)
        await asyncio.to_thread(redis.restart)
    counts = await writing
    # Whoever left comes back a last time, and stays.
    for guest in guests:
        guest.leaves = False
    staying = [number for number in range(len(guests)) if number not in put_out]
    until = time.monotonic() + SOON
    while time.monotonic() < until and any(
        len(set(guests[number].numbers)) < counts[number % options.rooms] for number in staying
    ):
        await asyncio.sleep(0.2)
    # What is missing then was not lost by this harness' deadline unless it says so.
    waited_out = time.monotonic() >= until
    await asyncio.sleep(2)
    before = [guests[number].connections for number in staying]
    await asyncio.sleep(QUIET)
    cut_off = sum(guests[number].connections - known for number, known in zip(staying, before, strict=True))
    for guest in (*guests, *outside):
        guest.over = True
    await asyncio.wait(tasks, timeout=20)
    # A guest that has ended by a mistake of its own has heard nothing since.
    broken = sum(task.exception() is not None for task in tasks if task.done())
    return {"counts": counts, "put_out": put_out, "cut_off": cut_off, "waited_out": waited_out, "broken": broken}


_sent = {"count": 0}


def _write(options: argparse.Namespace, rooms: list[Any], people: list[Any], put_out: dict[int, int]) -> list[int]:
    """Write the messages, each room's in turn; put a member out of each room half-way. Returns the messages of each."""
    from django.db import connections

    from ai_cms.chat.models import Member
    from ai_cms.chat.services import remove_member, send_message

    try:
        for number in range(options.messages):
            place = number % options.rooms
            members = people[place :: options.rooms]
            author = members[number // options.rooms % max(len(members) - 1, 1)]
            send_message(rooms[place], f"message {number}", actor=author)
            _sent["count"] += 1
            if number // options.rooms == options.messages // options.rooms // 2 and len(members) > 2:
                index = place + (len(members) - 1) * options.rooms
                member = Member.objects.select_related("conversation").get(
                    conversation=rooms[place], user=people[index]
                )
                remove_member(member, actor=members[0])
                rooms[place].refresh_from_db()
                put_out[index] = rooms[place].last_number
            if options.pause:
                time.sleep(options.pause)
        for room in rooms:
            room.refresh_from_db()
        return [room.last_number for room in rooms]
    finally:
        connections.close_all()


def play(options: argparse.Namespace) -> dict[str, Any]:
    """Start everything, talk, end everything; return the figures."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        env = stack.enter_context(fresh_database(options.database, folder))
        redis = OwnRedis(folder)
        stack.callback(redis.stop)
        env |= {"STRESS_REDIS": redis.url, "DJANGO_SETTINGS_MODULE": "tests.stress.chat_settings"}
        logs = [folder / f"server{number}.log" for number in range(2)]
        addresses = [stack.enter_context(served(options.server, env, log)) for log in logs]
        os.environ.update(env)
        found = talk(options, redis, addresses)
        # What a server says of Redis is no error; anything else is shown.
        found["errors"] = sum(log.read_text().count("Traceback") for log in logs)
        if found["errors"]:
            print("".join(log.read_text() for log in logs)[-4000:], file=sys.stderr)
        return found


def is_good(found: dict[str, Any]) -> bool:
    bad = (
        "lost",
        "doubled",
        "out_of_order",
        "foreign",
        "strangers_let_in",
        "put_out_but_still_in",
        "cut_off_while_quiet",
        "harness_waited_out",
        "harness_broken_clients",
    )
    return not any(found[name] for name in (*bad, "errors"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=sorted(SERVERS), default="uvicorn")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--restarts", type=int, default=3, help="of Redis")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two messages")
    options = parser.parse_args()
    if shutil.which("redis-server") is None:
        parser.error("redis-server is not there")
    found = play(options)
    print(json.dumps(found))
    return int(not is_good(found))


if __name__ == "__main__":
    sys.exit(main())
