"""Measure the project's side of the peer workload and print one JSON object.

    python -m benchmarks.run --pages 1000 --database postgres

The numbers of one run may be compared with each other; those of different machines or days may not.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.metadata import distributions
from typing import Any

from . import http, workload
from .databases import fresh_database
from .processes import cpu_seconds, database_backends


def timed(work: Callable[[], Any], times: int) -> float:
    """Return the median milliseconds of ``work``."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(found), 3)


class Run:
    """One run on one fresh database; each method fills in some metrics."""

    def __init__(self, pages: int, seconds: float) -> None:
        from ai_cms.core.permissions import Actor

        self.pages = pages
        self.seconds = seconds
        self.actor = Actor.system("benchmark")
        self.metrics: dict[str, Any] = {}
        self.made: dict[int | None, Any] = {}

    def cpu(self) -> float:
        database = json.loads(os.environ["BENCHMARK_DATABASE"])
        backends = database_backends(database["name"]) if database["vendor"] == "postgresql" else []
        return cpu_seconds([os.getpid(), *backends])

    def queries(self, work: Callable[[], Any]) -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            work()
        control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
        return sum(not query["sql"].startswith(control) for query in captured.captured_queries)

    def create(self) -> None:
        from ai_cms.pages import services

        site = services.create_site(hostname="localhost", title="Benchmark")
        services.publish_page(site.root, actor=self.actor)
        self.made[None] = site.root
        plan = [
            (number, parent, workload.page(number))
            for number, parent, _level in workload.tree(workload.SHAPES[self.pages])
        ]

        def make(number: int, parent: int | None, page: dict[str, Any]) -> None:
            self.made[number] = services.create_page(actor=self.actor, parent=self.made[parent], publish=True, **page)

        cpu, started = self.cpu(), time.perf_counter()
        for number, parent, page in plan:
            make(number, parent, page)
        took = time.perf_counter() - started
        self.metrics["create_pages_per_s"] = round(len(plan) / took, 1)
        self.metrics["create_cpu_ms"] = round((self.cpu() - cpu) / len(plan) * 1000, 2)
        counted = [
            self.queries(
                lambda number=number: make(900_000 + number, None, {**workload.page(number), "slug": f"q-{number}"})
            )  # type: ignore[misc]
            for number in range(20)
        ]
        self.metrics["create_sql_queries"] = statistics.median(counted)
        self.metrics["create_in_one_transaction_pages_per_s"] = self.bulk(workload.MOVE_SHAPE, 100_000, self.made[0])

    def bulk(self, shape: tuple[int, ...], first: int, parent: Any) -> float:
        """Create the pages of a shape in one transaction, the way importers do; returns pages a second.

        One by one in one transaction is not measured: every creation shifts the rows to its right, whose dead versions no
        vacuum can take before the end, so that the time grows with the cube. ``bulk_create_pages`` is there for it.
        """
        from ai_cms.pages import services

        specs: dict[int | None, Any] = {None: services.PageSpec(title="")}
        plan = [(number, above, workload.page(number)) for number, above, _level in workload.tree(shape, first)]
        started = time.perf_counter()
        for number, above, page in plan:
            specs[number] = services.PageSpec(publish=True, **page)
            specs[above].children.append(specs[number])
        services.bulk_create_pages(specs[None].children, actor=self.actor, parent=parent)
        took = time.perf_counter() - started
        self.made.update({number: specs[number].page for number, _above, _page in plan})
        return round(len(plan) / took, 1)

    def blocks(self) -> None:
        from ai_cms.blocks.documents.document import Document
        from ai_cms.blocks.documents.prepare import prepare_document

        for size, times in ((100, 30), (1000, 11)):
            text = prepare_document(workload.block_value(size)).dumps()

            def strict(text: str = text) -> None:
                document = Document.loads(text)
                if document.validate(strict=True):
                    raise RuntimeError("the workload's blocks are not valid")
                document.dumps()

            self.metrics[f"blocks_{size}_load_validate_dump_ms"] = timed(strict, times)
            self.metrics[f"blocks_{size}_load_dump_ms"] = timed(lambda text=text: Document.loads(text).dumps(), times)  # type: ignore[misc]

    def publish(self) -> None:
        from ai_cms.pages import get_page_model, services

        saves, publishes, both = [], [], []
        cpu = self.cpu()
        numbers = workload.sample(self.pages, 200, "publish")
        for turn, number in enumerate(numbers):
            page = get_page_model().objects.get(pk=self.made[number].pk)
            content = workload.edited(page.content_json.to_json(), turn)
            started = time.perf_counter()
            page = services.update_page(
                page, actor=self.actor, fields={"title": f"{page.title} {turn}"}, content=content
            )
            saved = time.perf_counter()
            services.publish_page(page, actor=self.actor)
            ended = time.perf_counter()
            saves.append(saved - started)
            publishes.append(ended - saved)
            both.append(ended - started)
        self.metrics["draft_and_publish_cpu_ms"] = round((self.cpu() - cpu) / len(numbers) * 1000, 2)
        for name, found in (("draft_save", saves), ("publish", publishes), ("draft_and_publish", both)):
            self.metrics[f"{name}_ms"] = round(statistics.median(found) * 1000, 2)
        page = get_page_model().objects.get(pk=self.made[numbers[0]].pk)
        content = workload.edited(page.content_json.to_json(), 9_999)

        def once() -> None:
            services.publish_page(
                services.update_page(page, actor=self.actor, fields={"title": "Counted"}, content=content),
                actor=self.actor,
            )

        self.metrics["draft_and_publish_sql_queries"] = self.queries(once)

    def move(self) -> None:
        from ai_cms.pages import get_page_model, services
        from ai_cms.pages.models import Publication

        rows = get_page_model().objects
        top = [number for number, parent, _level in workload.tree(workload.SHAPES[self.pages]) if parent is None]
        subtree = rows.get(pk=self.made[100_000].pk)
        took = []
        for target in (top[-1], top[0], top[-1], top[0]):
            goal = rows.get(pk=self.made[target].pk)
            subtree = rows.get(pk=subtree.pk)
            started = time.perf_counter()
            services.move_page(subtree, goal, actor=self.actor)
            took.append(time.perf_counter() - started)
        self.metrics["move_subtree_with_redirects_s"] = round(statistics.median(took), 4)
        goal, subtree = rows.get(pk=self.made[top[-1]].pk), rows.get(pk=subtree.pk)
        self.metrics["move_subtree_sql_queries"] = self.queries(
            lambda: services.move_page(subtree, goal, actor=self.actor)
        )
        subtree = rows.get(pk=subtree.pk)
        below = Publication.objects.filter(
            page__tree_id=subtree.tree_id, page__lft__gt=subtree.lft, page__rght__lt=subtree.rght
        )
        if below.count() != 999 or below.exclude(path__startswith=subtree.path).exists():
            raise RuntimeError("a move left wrong paths")

    def concurrent(self) -> None:
        from django.db import connection

        from ai_cms.pages import get_page_model, services
        from ai_cms.pages.treecheck import check_tree

        if connection.vendor == "sqlite":
            # One writer at a time: the figure would be that of the create metric.
            return
        rows = get_page_model().objects
        parent = services.create_page(actor=self.actor, parent=self.made[None], title="Concurrent", publish=True)
        failed: list[str] = []

        def together(work: Callable[[int], None]) -> float:
            def thread(index: int) -> None:
                try:
                    work(index)
                finally:
                    connection.close()

            threads = [threading.Thread(target=thread, args=(index,)) for index in range(8)]
            started = time.perf_counter()
            for one in threads:
                one.start()
            for one in threads:
                one.join()
            return time.perf_counter() - started

        def tried(work: Callable[[], Any]) -> None:
            try:
                work()
            except Exception as error:
                failed.append(repr(error))

        def insert(index: int) -> None:
            for number in range(25):
                tried(
                    lambda number=number: services.create_page(  # type: ignore[misc]
                        actor=self.actor, parent=rows.get(pk=parent.pk), title=f"c {index} {number}", publish=True
                    )
                )

        took = together(insert)
        self.metrics["concurrent_insert_per_s"] = round((200 - len(failed)) / took, 1)
        self.metrics["concurrent_insert_failed"] = len(failed)
        self.metrics["concurrent_insert_tree_problems"] = len(list(check_tree()))
        failed.clear()
        sides = [
            services.create_page(actor=self.actor, parent=self.made[None], title=f"Side {n}", publish=True)
            for n in (1, 2)
        ]
        spec = services.PageSpec
        movable = [
            page
            for side in sides
            for page in services.bulk_create_pages(
                [
                    spec(title=f"m{n}", publish=True, children=[spec(title=name, publish=True) for name in "ab"])
                    for n in range(20)
                ],
                actor=self.actor,
                parent=side,
            )
            if page.level == 2
        ]

        def mixed(index: int) -> None:
            dice = workload.Writer(f"mixed:{index}").dice
            for number in range(15):
                goal = rows.get(pk=dice.choice(sides).pk)
                if dice.random() < 0.5:
                    page = rows.get(pk=dice.choice(movable).pk)
                    tried(lambda page=page, goal=goal: services.move_page(page, goal, actor=self.actor))  # type: ignore[misc]
                else:
                    tried(
                        lambda goal=goal, number=number: services.create_page(  # type: ignore[misc]
                            actor=self.actor, parent=goal, title=f"x {index} {number}", publish=True
                        )
                    )

        took = together(mixed)
        self.metrics["concurrent_mixed_per_s"] = round((120 - len(failed)) / took, 1)
        self.metrics["concurrent_mixed_failed"] = len(failed)
        problems = list(check_tree())
        self.metrics["concurrent_mixed_tree_problems"] = len(problems)
        self.metrics["concurrent_mixed_wrong_urls"] = sum("path" in problem.column for problem in problems)

    def search(self) -> None:
        from ai_cms.pages.models import Publication
        from ai_cms.pages.search import search

        took = []
        for query in workload.queries():
            started = time.perf_counter()
            list(search(Publication.objects.public(), query).values_list("title", flat=True)[:20])
            took.append((time.perf_counter() - started) * 1000)
        self.metrics["search_p50_ms"] = round(statistics.median(took), 2)
        self.metrics["search_p99_ms"] = round(sorted(took)[98], 2)

    def analyze(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")

    def web(self) -> None:
        from django.contrib.auth import get_user_model
        from django.db import connection
        from django.test import Client

        from ai_cms.core.tokens import create_token

        pages = [self.made[number] for number in workload.sample(self.pages, 200, "http")]
        count = max(self.pages // workload.PAGE_SIZE, 1)
        offsets = [1 + number % count for number in workload.sample(self.pages, 200, "offsets")]
        loads = {
            "api_detail": [f"/api/content/{page.pk}/" for page in pages],
            "api_listing": [f"/api/content/?page={offset}" for offset in offsets],
            "api_listing_full": [f"/api/content/?page={offset}&full=true" for offset in offsets],
            "html": [page.path for page in pages],
            "floor": [f"/floor/{page.pk}/" for page in pages],
        }
        client = Client()
        for name, paths in loads.items():
            client.get(paths[0])
            client.get(paths[0])
            if name != "floor":
                self.metrics[f"{name}_sql_queries"] = self.queries(lambda paths=paths: client.get(paths[0]))  # type: ignore[misc]
        user = get_user_model().objects.create_superuser("bench", "bench@example.com", None)
        _token, secret = create_token(user, scopes=["read", "write", "publish"], name="benchmark")
        root = self.made[None].pk
        connection.close()
        with http.server(application="benchmarks.bare") as (port, pid):
            self.metrics.update(http.measure("bare_wsgi", port, pid, ["/"], seconds=self.seconds))
        with http.server(lane="off") as (port, pid):
            self.reads(loads, port, pid, "_without_lane")
        loads.pop("floor")
        with http.server() as (port, pid):
            self.reads(loads, port, pid, "")
            took = []
            for number in range(100):
                page = workload.page(200_000 + number)
                body = {
                    "title": page["title"],
                    "slug": f"rest-{number}",
                    "parent": root,
                    "content_json": page["content"],
                    "publish": True,
                }
                started = time.perf_counter()
                status, answer, _headers = http.request(
                    port, "/api/pages/", {"Authorization": f"Bearer {secret}"}, body
                )
                took.append((time.perf_counter() - started) * 1000)
                if status != 201:
                    raise RuntimeError(f"{status} {answer[:500]!r}")
        self.metrics["rest_create_publish_ms"] = round(statistics.median(took), 2)
        self.metrics["rest_create_publish_http_requests"] = 1

    def reads(self, loads: dict[str, list[str]], port: int, pid: int, suffix: str) -> None:
        """Measure every load with one server; ``suffix``: behind the names of its metrics."""
        for path in loads["html"]:
            http.request(port, path)
        for name, paths in loads.items():
            named = name if name == "floor" else f"{name}{suffix}"
            self.metrics.update(http.measure(named, port, pid, paths, seconds=self.seconds))
        _status, _body, headers = http.request(port, loads["api_detail"][0])
        self.metrics.update(
            http.measure(
                f"not_modified{suffix}",
                port,
                pid,
                loads["api_detail"][:1],
                seconds=self.seconds,
                headers={"If-None-Match": headers["ETag"]},
                expect=304,
            )
        )

    def environment(self) -> None:
        code = (
            "import time; began = time.perf_counter(); import django; django.setup(); "
            "from django.urls import get_resolver; get_resolver().url_patterns; print(time.perf_counter() - began)"
        )
        runs = [
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)
        ]
        found = [float(run.stdout) for run in runs]
        self.metrics["startup_s"] = round(statistics.median(found), 3)
        self.metrics["installed_distributions"] = len({one.metadata["Name"].lower() for one in distributions()})


STEPS = ("create", "analyze", "blocks", "publish", "move", "concurrent", "search", "web", "environment")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, choices=sorted(workload.SHAPES), default=1000)
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of one round of HTTP load")
    parser.add_argument("--only", nargs="*", choices=STEPS, default=STEPS, help="steps to run; create is always run")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    with fresh_database(options.database):
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        run = Run(options.pages, options.seconds)
        for step in STEPS:
            if step == "create" or step in options.only:
                print(f"{step} …", file=sys.stderr, flush=True)
                getattr(run, step)()
        connections.close_all()
    print(json.dumps({"pages": options.pages, "database": options.database, "metrics": run.metrics}, indent=2))


if __name__ == "__main__":
    main()
