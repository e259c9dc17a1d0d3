"""Compare two trees of the project: the same work in turn, in one run, and print one JSON object.

    git worktree add ../before <commit>
    python -m benchmarks.compare ../before --database postgres

With BENCHMARK_APPS="core blocks llm pages" both are measured with these apps alone; a tree that is older than this setting
has them all.

Two processes, one for each tree, do a little of each kind of work by turns, so that what else happens on the machine meets
both alike. A figure is CPU time, of Python and of PostgreSQL's backends together; the ratio is the median over the rounds of
the new tree's figure by the old one's in the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NEW = Path(__file__).resolve().parents[1]
PAGES = 100
#: The first pages are edited over and over, the others are read.
EDITED = 30
#: How often a kind of work is done in one round; enough that PostgreSQL's clock, of 10 ms ticks, can be read.
TIMES = {
    "create": 12,
    "draft_and_publish": 12,
    "bulk_create": 1,
    "move": 2,
    "blocks_1000": 8,
    "search": 30,
    "api_detail": 60,
    "api_listing": 30,
    "api_listing_full": 30,
    "html": 60,
    "not_modified": 60,
    "startup": 1,
}


class Worker:
    """The work on one tree's own database; only what both trees have under one name may be used here."""

    def __init__(self) -> None:
        from django.test import Client

        from benchmarks import workload
        from benchmarks.run import Run

        self.run = Run(PAGES, 1)
        self.run.create()
        self.run.analyze()
        self.client = Client()
        self.number = 300_000
        # Whatever is kept at the first or second reading is there before anything is measured.
        for page in list(self.run.made.values()) * 2:
            self.get(page.path)
        paths = [f"/api/content/{self.run.made[number].pk}/" for number in range(EDITED, PAGES)]
        self.etags = {path: self.get(path).headers["ETag"] for path in paths}
        self.tops = [number for number, parent, _level in workload.tree(workload.SHAPES[PAGES]) if parent is None]

    def fresh(self) -> int:
        self.number += 1
        return self.number

    def read(self) -> Any:
        return self.run.made[EDITED + self.fresh() % (PAGES - EDITED)]

    def create(self) -> None:
        from ai_cms.pages import services
        from benchmarks import workload

        page = {**workload.page(self.fresh()), "slug": f"c-{self.number}"}
        services.create_page(actor=self.run.actor, parent=self.run.made[0], publish=True, **page)

    def draft_and_publish(self) -> None:
        from ai_cms.pages import get_page_model, services
        from benchmarks import workload

        turn = self.fresh()
        page = get_page_model().objects.get(pk=self.run.made[turn % EDITED].pk)
        content = workload.edited(page.content_json.to_json(), turn)
        page = services.update_page(page, actor=self.run.actor, fields={"title": f"Turn {turn}"}, content=content)
        services.publish_page(page, actor=self.run.actor)

    def bulk_create(self) -> None:
        self.run.bulk((1, 4, 4), self.fresh() * 1000, self.run.made[self.tops[3]])

    def move(self) -> None:
        from ai_cms.pages import get_page_model, services

        rows = get_page_model().objects
        target = self.run.made[self.tops[self.fresh() % 2 + 1]]
        services.move_page(rows.get(pk=self.run.made[100_000].pk), rows.get(pk=target.pk), actor=self.run.actor)

    def search(self) -> None:
        from ai_cms.pages.models import Publication
        from ai_cms.pages.search import search
        from benchmarks import workload

        queries = list(workload.queries())
        query = queries[self.fresh() % len(queries)]
        list(search(Publication.objects.public(), query).values_list("title", flat=True)[:20])

    def get(self, path: str, **headers: str) -> Any:
        response = self.client.get(path, headers=headers)
        if response.status_code not in (200, 304):
            raise RuntimeError(f"{path}: {response.status_code}")
        return response

    def api_detail(self) -> None:
        self.get(f"/api/content/{self.read().pk}/")

    def api_listing(self) -> None:
        self.get(f"/api/content/?page={1 + self.fresh() % 5}")

    def api_listing_full(self) -> None:
        self.get(f"/api/content/?page={1 + self.fresh() % 5}&full=true")

    def html(self) -> None:
        self.get(self.read().path)

    def not_modified(self) -> None:
        path = f"/api/content/{self.read().pk}/"
        if self.get(path, **{"If-None-Match": self.etags[path]}).status_code != 304:
            raise RuntimeError(f"{path} is not as it was")

    def analyze(self) -> None:
        self.run.analyze()

    def startup(self) -> None:
        code = "import django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns"
        subprocess.run([sys.executable, "-c", code], check=True)


def _blocks_once() -> Callable[[], None]:
    # Where documents live was moved once; the benchmark's own step knows the place in each tree.
    from benchmarks import run

    done: list[Callable[[], Any]] = []
    timed = run.timed
    run.timed = lambda work, times: done.append(work) or 0.0  # type: ignore[func-returns-value]
    try:
        run.Run.blocks(run.Run(PAGES, 1))
    finally:
        run.timed = timed
    # In order: 100 strict, 100, 1,000 strict, 1,000.
    return done[2]


def cpu() -> float:
    """Return the CPU seconds of this process, the children it waited for and its database backends."""
    from benchmarks.processes import cpu_seconds, database_backends

    # The backends' clock has ticks of 10 ms; the others are finer.
    database = json.loads(os.environ["BENCHMARK_DATABASE"])
    backends = database_backends(database["name"]) if database["vendor"] == "postgresql" else []
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime + cpu_seconds(backends)


def serve(database: str) -> None:
    """Do what the lines of standard input name, and answer each with the CPU seconds it took."""
    from benchmarks.databases import fresh_database

    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    with fresh_database(database):
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        worker = Worker()
        strict = _blocks_once()
        print("ready", flush=True)
        for line in sys.stdin:
            name = line.strip()
            work = strict if name == "blocks_1000" else getattr(worker, name)
            before = cpu()
            for _ in range(TIMES.get(name, 1)):
                work()
            print(cpu() - before, flush=True)
        connections.close_all()


@contextmanager
def worker(tree: Path, database: str) -> Iterator[Callable[[str], float]]:
    """Start the worker of a tree; yields what asks it for one kind of work."""
    process = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).resolve()), "--serve", "--database", database],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    source, target = process.stdout, process.stdin

    def answer() -> str:
        line = source.readline()
        if not line:
            raise RuntimeError(f"the worker in {tree} ended")
        return line.strip()

    def ask(name: str) -> float:
        target.write(f"{name}\n")
        target.flush()
        return float(answer())

    try:
        if answer() != "ready":
            raise RuntimeError(f"the worker in {tree} did not start")
        yield ask
    finally:
        target.close()
        process.wait(timeout=60)


def compare(old: Path, database: str, rounds: int) -> dict[str, Any]:
    """Return for each kind of work the median CPU milliseconds of both trees and the median ratio, with its quartiles."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in TIMES}
    with worker(old, database) as before, worker(NEW, database) as after:
        for turn in range(rounds + 1):
            for ask in (before, after):
                # Where no autovacuum runs, dead rows would make each round dearer.
                ask("analyze")
            for name, pairs in found.items():
                if turn % 2:
                    one = before(name)
                    pairs.append((one, after(name)))
                else:
                    other = after(name)
                    pairs.append((before(name), other))
    answer: dict[str, Any] = {}
    for name, pairs in found.items():
        # The first round fills caches and compiles templates.
        kept = pairs[1:]
        ratios = [after / before for before, after in kept if before]
        low, middle, high = statistics.quantiles(ratios, n=4)
        answer[name] = {
            "before_ms": round(statistics.median(one for one, _ in kept) / TIMES[name] * 1000, 3),
            "after_ms": round(statistics.median(other for _, other in kept) / TIMES[name] * 1000, 3),
            "ratio": round(middle, 3),
            "quartiles": [round(low, 3), round(high, 3)],
        }
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, nargs="?", help="the work tree to compare this one with")
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.database)
        return
    if options.before is None:
        parser.error("name the work tree to compare this one with")
    found = compare(options.before.resolve(), options.database, options.rounds)
    print(json.dumps({"database": options.database, "rounds": options.rounds, "metrics": found}, indent=2))


if __name__ == "__main__":
    main()
