"""No answer is older than the last write that was acknowledged before its request began.

    nice python -m tests.stress.lane_staleness --writes 1000 --database postgresql

Four processes publish, unpublish, move, rename and expire pages of their own and change redirects, each at random, and note when
each write began, when it had returned, and what is public from then on. Eight readers ask two servers with the fast lane over
HTTP. Afterwards each answer is held against the notes: it must be what some write left that is not older than the last one
acknowledged before the request. Ends with 1 if one is not. The clock is CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from .database import fresh_database, run, start

WRITERS, SERVERS, READERS = 4, 2, 8
SECTIONS, SLUGS = ("one", "two"), ("red", "blue")


def prepare() -> None:
    """Make a site with a page and a redirect for each writer; prints their keys."""
    from ai_cms.core.permissions import Actor
    from ai_cms.pages import services

    actor = Actor.system("stress")
    site = services.create_site(hostname="lane.example", title="Lane", is_default=None)
    services.publish_page(site.root, actor=actor)
    parents = [
        services.create_page(actor=actor, parent=site.root, title=name, slug=name, publish=True) for name in SECTIONS
    ]
    pages = [
        services.create_page(
            actor=actor, parent=parents[0], title=f"mark 0 of {number}", slug=f"red-{number}", publish=True
        ).pk
        for number in range(WRITERS)
    ]
    print(json.dumps({"site": site.pk, "sections": [one.pk for one in parents], "pages": pages}))


def write(number: int, count: int, seed: int, plan: dict[str, Any]) -> None:
    """Write ``count`` times; prints a note of each write."""
    from ai_cms.core.permissions import Actor
    from ai_cms.pages import get_page_model, services
    from ai_cms.pages.models import Publication, Redirect

    actor, dice, rows = Actor.system("stress"), random.Random(seed * 100 + number), get_page_model().objects
    pk, mark = plan["pages"][number], 0

    def note(subject: str, began: float, state: Any) -> None:
        print(json.dumps({"subject": subject, "began": began, "ended": time.monotonic(), "state": state}), flush=True)

    def state() -> Any:
        found = Publication.objects.filter(page_id=pk, active=True).values_list("title", "path", "expire_at").first()
        if found is None:
            return None
        # By the clock of the site, in terms of the notes.
        left = None if found[2] is None else found[2].timestamp() - time.time() + time.monotonic()
        return {"mark": found[0], "path": found[1], "expires": left}

    def renew() -> None:
        page = rows.get(pk=pk)
        page = services.update_page(page, actor=actor, fields={"title": f"mark {mark} of {number}"})
        if page.expire_at is not None:
            page = services.schedule_page(page, actor=actor, expire_at=None)
        services.publish_page(page, actor=actor)

    def expire() -> None:
        from datetime import timedelta

        from django.utils import timezone

        moment = timezone.now() + timedelta(seconds=dice.uniform(0.02, 0.6))
        Publication.objects.filter(page_id=pk).update(expire_at=moment)

    def change() -> None:
        page = rows.get(pk=pk)
        match dice.choice(["renew", "renew", "unpublish", "move", "rename", "expire"]):
            case "renew":
                renew()
            case "unpublish":
                services.unpublish_page(page, actor=actor)
            case "move":
                target = plan["sections"][0] if page.parent_id == plan["sections"][1] else plan["sections"][1]
                services.move_page(page, rows.get(pk=target), actor=actor)
            case "rename":
                other = SLUGS[1] if page.slug.startswith(SLUGS[0]) else SLUGS[0]
                services.update_page(page, actor=actor, slug=f"{other}-{number}")
            case "expire":
                expire()

    note(f"page {number}", 0.0, state())
    note(f"redirect {number}", 0.0, None)
    for mark in range(1, count + 1):
        began = time.monotonic()
        if dice.random() < 0.2:
            if dice.random() < 0.3:
                Redirect.objects.filter(site_id=plan["site"], old_path=f"/away-{number}/").delete()
                target = None
            else:
                target = f"/elsewhere-{mark}/"
                Redirect.objects.update_or_create(
                    site_id=plan["site"], old_path=f"/away-{number}/", defaults={"target": target}
                )
            note(f"redirect {number}", began, target)
        else:
            change()
            # What it left is read afterwards: nobody else writes to this page.
            note(f"page {number}", began, state())
        time.sleep(dice.choice([0, 0, 0.05, 0.15, 0.3]))


def serve(port: int) -> None:
    """Serve the site with threads until told to end; prints what the lane did."""
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

    from django.core.wsgi import get_wsgi_application

    from ai_cms.core.lane.traffic import get_lane
    from ai_cms.core.lane.wsgi import wsgi_application

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True
        request_queue_size = 64

    class Quiet(WSGIRequestHandler):
        def log_message(self, *values: object) -> None:
            pass

        def address_string(self) -> str:
            return "127.0.0.1"

    server = Server(("127.0.0.1", port), Quiet)
    server.set_app(wsgi_application(get_wsgi_application()))
    signal.signal(signal.SIGTERM, lambda *found: threading.Thread(target=server.shutdown).start())
    print("ready", flush=True)
    server.serve_forever(0.05)
    print(json.dumps(get_lane().report()), flush=True)


def ask(port: int, path: str) -> tuple[int, str, str]:
    """Return status, ``Location`` and body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Host": "lane.example"})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", ""), answer.read().decode()
    finally:
        connection.close()


class Readers:
    """Ask at random until told to end, and remember what came."""

    def __init__(self, ports: list[int], plan: dict[str, Any]) -> None:
        self.ports, self.plan = ports, plan
        self.answers: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.read, args=(number,)) for number in range(READERS)]

    def read(self, seed: int) -> None:
        dice = random.Random(seed)
        while not self.over.is_set():
            number, port = dice.randrange(WRITERS), dice.choice(self.ports)
            kind = dice.choice(["detail", "page", "redirect", "list"])
            place = f"/{dice.choice(SECTIONS)}/{dice.choice(SLUGS)}-{number}/"
            path = {
                "detail": f"/api/content/{self.plan['pages'][number]}/",
                "page": place,
                "redirect": f"/away-{number}/",
                "list": "/api/content/?page_size=100",
            }[kind]
            # Writers are to have a processor too.
            time.sleep(dice.uniform(0, 0.04))
            # Several times in a row: the later ones come out of memory.
            for _ in range(dice.choice([1, 3, 6])):
                began = time.monotonic()
                try:
                    status, location, body = ask(port, path)
                except OSError as error:
                    self.errors.append(f"{path}: {error!r}")
                    continue
                found = {"kind": kind, "number": number, "path": path, "began": began, "ended": time.monotonic()}
                self.answers.append({**found, "status": status, "location": location, "body": body})


def fits(answer: dict[str, Any], state: Any) -> bool:
    """Return whether an answer is what a state of its subject shows."""
    status, kind = answer["status"], answer["kind"]
    if kind == "redirect":
        return status == 404 if state is None else status in (301, 302) and answer["location"] == state
    expires = state["expires"] if state else None
    # Around an expiry either answer is right.
    shown = [False] if state is None else [True] if expires is None or answer["ended"] < expires - 0.05 else [False]
    if expires is not None and answer["began"] < expires + 0.05 and answer["ended"] >= expires - 0.05:
        shown = [True, False]
    return any(_fits(answer, state, public) for public in shown)


def _fits(answer: dict[str, Any], state: Any, public: bool) -> bool:
    status, body = answer["status"], answer["body"]
    if answer["kind"] == "list":
        entries = {entry["id"]: entry for entry in json.loads(body)["results"]}
        entry = entries.get(answer["page"])
        return (
            entry is None
            if not public
            else entry is not None and (entry["title"], entry["path"]) == (state["mark"], state["path"])
        )
    if answer["kind"] == "detail":
        if not public:
            return bool(status == 404)
        if status != 200:
            return False
        entry = json.loads(body)
        return bool((entry["title"], entry["path"]) == (state["mark"], state["path"]))
    here = public and state["path"] == answer["path"]
    if status == 200:
        return bool(here and re.search(rf"\b{re.escape(state['mark'])}\b", body))
    if status in (301, 302):
        # To where the page is, also one that has expired there.
        return bool(state and state["path"] != answer["path"] and answer["location"] == state["path"])
    return bool(status == 404 and not here)


def judge(notes: list[dict[str, Any]], answers: list[dict[str, Any]], plan: dict[str, Any]) -> list[str]:
    """Return the answers that are older than a write acknowledged before, and those that no write explains."""
    by_subject: dict[str, list[dict[str, Any]]] = {}
    for one in notes:
        by_subject.setdefault(one["subject"], []).append(one)
    wrong = []
    for answer in answers:
        numbers = range(WRITERS) if answer["kind"] == "list" else [answer["number"]]
        for number in numbers:
            kind = "redirect" if answer["kind"] == "redirect" else "page"
            history = by_subject[f"{kind} {number}"]
            answer = {**answer, "page": plan["pages"][number]}
            last = max(index for index, one in enumerate(history) if index == 0 or one["ended"] <= answer["began"])
            # From there on, up to those that began before the answer had come.
            able = [one for one in history[last:] if one["began"] <= answer["ended"]]
            if not any(fits(answer, one["state"]) for one in able):
                seen = {name: answer[name] for name in ("path", "status", "location", "began", "ended")}
                wrong.append(f"{seen} is none of {[one['state'] for one in able][:4]}; body: {answer['body'][:300]!r}")
    return wrong


def stress(env: dict[str, str], writes: int, seed: int) -> dict[str, Any]:
    """Run all processes to their end; returns what is to be reported."""
    plan = json.loads(run(env, "prepare", module="lane_staleness"))
    ports = [_free_port() for _ in range(SERVERS)]
    servers = [start(env, "serve", port, module="lane_staleness") for port in ports]
    readers = Readers(ports, plan)
    try:
        for server in servers:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n", server.communicate(timeout=60)
        writers = [
            start(env, "write", number, writes, seed, json.dumps(plan), module="lane_staleness")
            for number in range(WRITERS)
        ]
        for thread in readers.threads:
            thread.start()
        notes: list[dict[str, Any]] = []
        for writer in writers:
            out, err = writer.communicate()
            assert writer.returncode == 0, err[-3000:]
            notes += [json.loads(line) for line in out.splitlines()]
        maintained = _maintain(env, ports)
    finally:
        readers.over.set()
        for thread in readers.threads:
            if thread.is_alive():
                thread.join()
        for server in servers:
            server.send_signal(signal.SIGTERM)
    reports = [json.loads(server.communicate(timeout=60)[0].splitlines()[-1]) for server in servers]
    # Of the maintenance at the end the notes know nothing.
    answers = [one for one in readers.answers if one["status"] != 503]
    return {
        "writes": len(notes),
        "answers": len(answers),
        "by_status": dict(Counter(one["status"] for one in readers.answers)),
        "errors": readers.errors[:5],
        "from_memory": sum(report["hits"] for report in reports),
        "trouble": [report["trouble"] for report in reports],
        "not_kept": [report["not_kept"] for report in reports],
        "stale": judge(notes, answers, plan),
        "maintenance": maintained,
    }


def _maintain(env: dict[str, str], ports: list[int]) -> list[int]:
    """Return what every server says right after maintenance was switched on, and off again."""
    found = []
    for verb in ("on", "off"):
        run(env, "maintain", verb, module="lane_staleness")
        found += [ask(port, "/one/")[0] for port in ports]
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writes", type=int, default=1000, help="of each of the four writers")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, fresh_database(options.database, Path(folder)) as env:
        report = stress(env, options.writes, options.seed)
    print(json.dumps({**report, "stale": report["stale"][:10], "stale_answers": len(report["stale"])}, indent=2))
    return 1 if report["stale"] or report["errors"] or not report["from_memory"] else 0


def work(verb: str, *rest: str) -> None:
    """Be one of the processes."""
    import django

    django.setup()
    if verb == "prepare":
        prepare()
    elif verb == "write":
        write(int(rest[0]), int(rest[1]), int(rest[2]), json.loads(rest[3]))
    elif verb == "serve":
        serve(int(rest[0]))
    else:
        from ai_cms.core.flags import MAINTENANCE, set_flag

        set_flag(MAINTENANCE, rest[0] == "on")


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        work(*sys.argv[1:])
    else:
        sys.exit(main())
