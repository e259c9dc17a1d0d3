"""Measure lists and feeds of posts at 1,000 and 10,000 posts, beside Wagtail's API listing of the same posts; print JSON.

    python -m benchmarks.posts --database postgres --wagtail /path/to/a/venv/with/wagtail/bin/python

Every request is made in process; CPU is that of the process and of its PostgreSQL server process. "uncached" empties the
cache of lists before each request, so that the database and the templates do all of the work. The sizes and the peer are
measured in turn, round by round; a ratio is the median of the rounds' ratios, so that a machine whose speed changes slows all
alike. Only ratios of one run mean something.

"uncounted" forgets how many entries a list has before each request; else that is counted at most every ten seconds and after
each change, and a turn asks for each of twenty categories a dozen times.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .databases import fresh_database
from .processes import cpu_seconds

CATEGORIES, TAGS, AUTHORS = 20, 200, 10
WORDS = (
    "rye sour flour water salt time oven crumb crust seed malt grain stone mill bran heat steam loaf knead rest".split()
)


def make_posts(count: int) -> list[dict[str, Any]]:
    """Return posts as plain values, the same for every subject."""
    found = []
    start = datetime(2016, 1, 1, tzinfo=UTC)
    for number in range(count):
        chance = random.Random(number)
        texts = [" ".join(chance.choices(WORDS, k=80)) for _ in range(5)]
        found.append(
            {
                "title": f"{chance.choice(WORDS).title()} {number}",
                "slug": f"post-{number}",
                "texts": texts,
                "category": number % CATEGORIES,
                "tags": sorted({chance.randrange(TAGS) for _ in range(3)}),
                "author": number % AUTHORS,
                "date": (start + timedelta(hours=7 * number)).isoformat(),
            }
        )
    return found


def measure(ask: Callable[[int], None], pids: list[int], *, times: int) -> float:
    """Return the CPU milliseconds of a request."""
    before = time.process_time(), cpu_seconds(pids)
    for number in range(times):
        ask(number)
    return 1000 * (time.process_time() - before[0] + cpu_seconds(pids) - before[1]) / times


def take_turns(
    facts: dict[str, Any], subjects: dict[str, Callable[[int], None]], pids: list[int], *, times: int
) -> None:
    """Print ``facts``, then what each subject costs for every line that is read, until there is none.

    ``times``: the requests of a turn; six times as many of what is kept between them.
    """
    for ask in subjects.values():
        for number in range(20):
            ask(number)
    print(json.dumps(facts), flush=True)
    for _line in sys.stdin:
        found = {}
        for name, ask in subjects.items():
            asked = times if name.endswith(("uncached", "uncounted")) else times * 6
            found[name] = measure(ask, pids, times=asked)
        print(json.dumps(found), flush=True)


def ours(count: int) -> None:
    """Fill a fresh database with posts and measure them turn by turn."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.cache import cache
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from rest_framework.test import APIClient

    from ai_cms.core.permissions import Actor
    from ai_cms.pages import services
    from ai_cms.pages.counts import kept_counts
    from ai_cms.posts import get_post_model
    from ai_cms.posts.services import blog_of, create_category, tags_named

    call_command("migrate", verbosity=0)
    system = Actor.system("benchmark")
    site = services.create_site(hostname="testserver", name="Posts", title="Home")
    users = [get_user_model().objects.create_user(f"author-{number}") for number in range(AUTHORS)]
    categories = [create_category(actor=system, name=f"Category {number}") for number in range(CATEGORIES)]
    names = [f"Tag {number}" for number in range(TAGS)]
    tags = [tag for start in range(0, TAGS, 50) for tag in tags_named(names[start : start + 50], locale=site.locale)]
    blog = blog_of(site)
    begin = time.perf_counter()
    posts = make_posts(count)
    for start in range(0, count, 500):
        specs = [
            services.PageSpec(
                title=post["title"],
                slug=post["slug"],
                content=[{"type": "rich_text", "props": {"html": f"<p>{text}</p>"}} for text in post["texts"]],
                fields={
                    "metadata": {"published_at": post["date"]},
                    "author": users[post["author"]].pk,
                    "categories": [categories[post["category"]].pk],
                    "tags": [tags[number].pk for number in post["tags"]],
                },
                page_type=get_post_model(),
                publish=True,
            )
            for post in posts[start : start + 500]
        ]
        services.bulk_create_pages(specs, actor=system, parent=blog)
    seconds = time.perf_counter() - begin
    if connection.vendor == "postgresql":
        connection.commit()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SELECT pg_backend_pid()")
            pids = [cursor.fetchone()[0]]
    else:
        pids = []
    anonymous, member = Client(), APIClient()
    member.force_authenticate(users[0])

    def get(
        client: Any, address: Callable[[int], str], *, cold: bool = False, uncounted: bool = False
    ) -> Callable[[int], None]:
        def ask(number: int) -> None:
            if cold:
                cache.clear()
            if uncounted:
                kept_counts().clear()
            answer = client.get(address(number))
            assert answer.status_code == 200, (address(number), answer.status_code)

        return ask

    def queries(ask: Callable[[int], None]) -> int:
        ask(1)
        with CaptureQueriesContext(connection) as found:
            ask(2)
        return len(found)

    def posts_of(number: int) -> str:
        return f"/api/posts/?categories=category-{number % CATEGORIES}&is_published=true&page_size=20"

    category = "/category/category-{}/"
    subjects = {
        "content_list_filtered": get(
            anonymous,
            lambda n: f"/api/content/?type=ai_cms_posts.post&categories=category-{n % CATEGORIES}&page_size=20",
        ),
        "posts_list_filtered": get(member, posts_of),
        "posts_list_uncounted": get(member, posts_of, uncounted=True),
        "category_page": get(anonymous, lambda n: category.format(n % CATEGORIES)),
        "category_page_uncached": get(anonymous, lambda n: category.format(n % CATEGORIES), cold=True),
        "feed": get(anonymous, lambda n: "/feed/"),
        "feed_uncached": get(anonymous, lambda n: f"{category.format(n % CATEGORIES)}feed/", cold=True),
        "archive_uncached": get(anonymous, lambda n: f"/posts/archive/?page={n % 20 + 1}", cold=True),
    }
    counted = {name: queries(ask) for name, ask in subjects.items()}
    facts = {"posts": count, "load_seconds": round(seconds, 1), "queries": counted}
    take_turns(facts, subjects, pids, times=40)


class Subject:
    """A process that has filled its database and waits for its turns."""

    def __init__(self, arguments: list[str]) -> None:
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.facts = self._line()
        self.turns: list[dict[str, float]] = []

    def turn(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.turns.append(self._line())

    def end(self) -> dict[str, Any]:
        """Have it end; return its facts and the median of its turns."""
        self.process.communicate()
        cpu = {name: round(statistics.median(turn[name] for turn in self.turns), 3) for name in self.turns[0]}
        return {**self.facts, "cpu_ms": cpu}

    def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args!r} has ended with {self.process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--wagtail", default="", help="A Python that has Wagtail (and psycopg); measured beside.")
    parser.add_argument("--one", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        ours(options.one)
        return
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    with ExitStack() as databases:

        def subject(*arguments: str) -> Subject:
            databases.enter_context(fresh_database(options.database))
            return Subject(list(arguments))

        own = [subject(sys.executable, "-m", "benchmarks.posts", "--one", str(size)) for size in options.sizes]
        peers = []
        if options.wagtail:
            script = str(Path(__file__).with_name("posts_wagtail.py"))
            peers.append(subject(options.wagtail, script, str(options.sizes[-1])))
        for _ in range(options.rounds):
            for each in [*own, *peers]:
                each.turn()
        small, large = own[0].turns, own[-1].turns
        results: dict[str, Any] = {"database": options.database, "rounds": options.rounds}
        results["growth"] = {name: median_ratio(large, small, name) for name in large[0]}
        if peers:
            # Against the better of the two in each round: as it comes, and with its author and category joined.
            best = [dict.fromkeys(large[0], min(turn.values())) for turn in peers[0].turns]
            results["times_wagtail"] = {name: median_ratio(best, large, name) for name in large[0]}
        results["ai_cms"] = [each.end() for each in own]
        results["wagtail"] = [each.end() for each in peers]
    print(json.dumps(results, indent=1))


def median_ratio(one: list[dict[str, float]], other: list[dict[str, float]], name: str) -> float:
    """Return the median over the rounds of what ``name`` costs in ``one`` for each that it costs in ``other``."""
    return round(statistics.median(first[name] / second[name] for first, second in zip(one, other, strict=True)), 2)


if __name__ == "__main__":
    main()
