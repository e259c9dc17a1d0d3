"""Measure lists and feeds of posts at 1,000 and 10,000 posts, beside Wagtail's API listing of the same posts; print JSON.

    python -m benchmarks.posts --database postgres --wagtail /path/to/a/venv/with/wagtail/bin/python

Every request is made in process; CPU is that of the process and of its PostgreSQL server process. "uncached" empties the
cache of lists before each request, so that the database and the templates do all of the work. Only ratios of one run mean
something.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
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


def measure(ask: Callable[[int], None], pids: list[int], *, times: int = 40, rounds: int = 3) -> float:
    """Return the least CPU milliseconds of a request over some rounds."""
    for number in range(5):
        ask(number)
    found = []
    for _ in range(rounds):
        before = time.process_time(), cpu_seconds(pids)
        for number in range(times):
            ask(number)
        found.append(1000 * (time.process_time() - before[0] + cpu_seconds(pids) - before[1]) / times)
    return round(min(found), 3)


def ours(count: int) -> dict[str, Any]:
    """Fill a fresh database with posts and measure them."""
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

    def get(client: Any, address: Callable[[int], str], *, cold: bool = False) -> Callable[[int], None]:
        def ask(number: int) -> None:
            if cold:
                cache.clear()
            answer = client.get(address(number))
            assert answer.status_code == 200, (address(number), answer.status_code)

        return ask

    def queries(ask: Callable[[int], None]) -> int:
        ask(1)
        with CaptureQueriesContext(connection) as found:
            ask(2)
        return len(found)

    category = "/category/category-{}/"
    subjects = {
        "content_list_filtered": get(
            anonymous,
            lambda n: f"/api/content/?type=ai_cms_posts.post&categories=category-{n % CATEGORIES}&page_size=20",
        ),
        "posts_list_filtered": get(
            member, lambda n: f"/api/posts/?categories=category-{n % CATEGORIES}&is_published=true&page_size=20"
        ),
        "category_page": get(anonymous, lambda n: category.format(n % CATEGORIES)),
        "category_page_uncached": get(anonymous, lambda n: category.format(n % CATEGORIES), cold=True),
        "feed": get(anonymous, lambda n: "/feed/"),
        "feed_uncached": get(anonymous, lambda n: f"{category.format(n % CATEGORIES)}feed/", cold=True),
        "archive_uncached": get(anonymous, lambda n: f"/posts/archive/?page={n % 20 + 1}", cold=True),
    }
    return {
        "posts": count,
        "load_seconds": round(seconds, 1),
        "queries": {name: queries(ask) for name, ask in subjects.items()},
        "cpu_ms": {name: measure(ask, pids) for name, ask in subjects.items()},
    }


def run(arguments: list[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(arguments, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--wagtail", default="", help="A Python that has Wagtail (and psycopg); measured beside.")
    parser.add_argument("--one", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(ours(options.one)))
        return
    environment = {"DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
    results: dict[str, Any] = {"database": options.database, "ai_cms": [], "wagtail": []}
    for size in options.sizes:
        with fresh_database(options.database):
            results["ai_cms"].append(run([sys.executable, "-m", "benchmarks.posts", "--one", str(size)], environment))
        if options.wagtail and size == options.sizes[-1]:
            with fresh_database(options.database):
                script = str(Path(__file__).with_name("posts_wagtail.py"))
                results["wagtail"].append(run([options.wagtail, script, str(size)], {}))
    small, large = results["ai_cms"][0]["cpu_ms"], results["ai_cms"][-1]["cpu_ms"]
    results["growth"] = {name: round(large[name] / small[name], 2) for name in large}
    if results["wagtail"]:
        # Against the better of the two: as it comes, and with its author and category joined.
        peer = min(results["wagtail"][-1]["cpu_ms"].values())
        results["times_wagtail"] = {name: round(peer / value, 1) for name, value in large.items()}
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
