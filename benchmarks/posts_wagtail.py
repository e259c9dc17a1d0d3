"""Wagtail with the posts of ``benchmarks.posts``; run by it with a Python that has Wagtail. Its only argument: how many posts.

The pages are inserted in bulk, with the columns that Wagtail's own ``add_child`` would write; the listing is that of its API v2,
20 pages of one category with excerpt, date, author and tags, the newest first.
"""

from __future__ import annotations

import importlib
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Not the folder of this script, whose "http" is not Python's.
sys.path[0] = str(ROOT)
CHOSEN = json.loads(os.environ["BENCHMARK_DATABASE"])


def configure() -> None:
    import django
    from django.conf import settings

    engine = "postgresql" if CHOSEN["vendor"] == "postgresql" else "sqlite3"
    database = {name.upper(): value for name, value in CHOSEN.items() if name != "vendor"}
    settings.configure(
        SECRET_KEY=secrets.token_hex(),
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        ROOT_URLCONF="benchmarks.wagtail_blog.urls",
        DATABASES={"default": {"ENGINE": f"django.db.backends.{engine}", **database}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        WAGTAIL_SITE_NAME="Posts",
        WAGTAILADMIN_BASE_URL="http://testserver",
        WAGTAILAPI_LIMIT_MAX=100,
        STATIC_URL="/static/",
        INSTALLED_APPS=[
            "benchmarks.wagtail_blog",
            "wagtail.api.v2",
            "wagtail.users",
            "wagtail.images",
            "wagtail.documents",
            "wagtail.search",
            "wagtail.admin",
            "wagtail",
            "modelcluster",
            "taggit",
            "rest_framework",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        MIGRATION_MODULES={"wagtail_blog": "wagtail_blog_migrations"},
    )
    django.setup()


def load(posts: list[dict[str, Any]]) -> None:
    from django.contrib.auth import get_user_model
    from django.contrib.contenttypes.models import ContentType
    from django.core.management import call_command
    from django.db.models.sql import InsertQuery
    from taggit.models import Tag
    from wagtail.models import Page, Site

    from benchmarks.wagtail_blog.models import BlogPage, BlogPageTag, Category

    with tempfile.TemporaryDirectory() as folder:
        # A page type derives from a model with migrations, so it needs one as well.
        (Path(folder) / "wagtail_blog_migrations").mkdir()
        (Path(folder) / "wagtail_blog_migrations" / "__init__.py").touch()
        sys.path.append(folder)
        call_command("makemigrations", "wagtail_blog", verbosity=0)
        importlib.invalidate_caches()
        call_command("migrate", verbosity=0)
    root = Page.objects.get(depth=2)
    Site.objects.update(hostname="testserver")
    kind = ContentType.objects.get_for_model(BlogPage)
    users = [get_user_model().objects.create_user(f"author-{number}") for number in range(10)]
    categories = [Category.objects.create(name=f"Category {number}", slug=f"category-{number}") for number in range(20)]
    tags = [Tag.objects.create(name=f"Tag {number}", slug=f"tag-{number}") for number in range(200)]
    rows, own = [], []
    for number, post in enumerate(posts, 1):
        moment = datetime.fromisoformat(post["date"])
        values = {
            "path": Page._get_path(root.path, root.depth + 1, number),
            "depth": root.depth + 1,
            "numchild": 0,
            "title": post["title"],
            "draft_title": post["title"],
            "slug": post["slug"],
            "url_path": f"{root.url_path}{post['slug']}/",
            "content_type": kind,
            "live": True,
            "first_published_at": moment,
            "last_published_at": moment,
            "locale_id": root.locale_id,
            "owner": users[post["author"]],
        }
        rows.append(Page(**values))
    Page.objects.bulk_create(rows, batch_size=500)
    Page.objects.filter(pk=root.pk).update(numchild=len(rows))
    for page, post in zip(rows, posts, strict=True):
        child = BlogPage(
            page_ptr=page,
            date=page.first_published_at,
            excerpt=" ".join(post["texts"][0].split()[:40]),
            body=[("text", f"<p>{text}</p>") for text in post["texts"]],
            author=users[post["author"]],
            category=categories[post["category"]],
        )
        own.append(child)
    for start in range(0, len(own), 500):
        query = InsertQuery(BlogPage)
        query.insert_values(BlogPage._meta.local_concrete_fields, own[start : start + 500])
        query.get_compiler(using="default").execute_sql()
    BlogPageTag.objects.bulk_create(
        [
            BlogPageTag(content_object_id=page.pk, tag=tags[number])
            for page, post in zip(rows, posts, strict=True)
            for number in post["tags"]
        ],
        batch_size=2_000,
    )


def main(count: int) -> None:
    configure()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from benchmarks.posts import make_posts, take_turns

    load(make_posts(count))
    pids = []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SELECT pg_backend_pid()")
            pids = [cursor.fetchone()[0]]
    client = Client()
    fields = "fields=excerpt,date,author_name,category_name,tags"

    def asking(endpoint: str) -> Callable[[int], None]:
        def ask(number: int) -> None:
            query = f"type=wagtail_blog.BlogPage&category={number % 20 + 1}&order=-date&limit=20&{fields}"
            answer = client.get(f"/api/v2/{endpoint}/?{query}")
            assert answer.status_code == 200, answer.content[:500]
            found = answer.json()
            assert len(found["items"]) == 20, found
            assert found["items"][0]["tags"], found

        return ask

    subjects = {"api_listing_filtered": asking("pages"), "api_listing_filtered_joined": asking("joined")}
    counted = {}
    for name, ask in subjects.items():
        ask(1)
        with CaptureQueriesContext(connection) as queries:
            ask(2)
        counted[name] = len(queries)
    import wagtail

    take_turns({"version": wagtail.__version__, "posts": count, "queries": counted}, subjects, pids, times=4)


if __name__ == "__main__":
    main(int(sys.argv[1]))
