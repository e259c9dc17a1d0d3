"""Write the list of tools of wagtail-mcp as its package answers ``tools/list``, for ``python -m benchmarks.tokens --beside``.

It runs in an environment of its own, with stock settings, and needs nothing of this project::

    python -m venv /tmp/beside && /tmp/beside/bin/pip install wagtail-mcp
    /tmp/beside/bin/python -m benchmarks.wagtail_mcp > tools.json
    python -m benchmarks.tokens --beside tools.json
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

#: What Wagtail needs to start; wagtail-mcp with its own defaults.
APPS = (
    *(
        "wagtail_mcp",
        "wagtail.api.v3",
        "wagtail.api.v2",
        "wagtail.contrib.redirects",
        "wagtail.sites",
        "wagtail.users",
        "wagtail.snippets",
    ),
    *("wagtail.documents", "wagtail.images", "wagtail.search", "wagtail.admin", "wagtail", "modelcluster", "taggit"),
    *("django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"),
    *("django.contrib.messages", "django.contrib.staticfiles"),
)


urlpatterns: list[Any] = []


def main() -> None:
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="benchmark",  # noqa: S106
        INSTALLED_APPS=APPS,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        ROOT_URLCONF=__name__,
        STATIC_URL="/static/",
        WAGTAIL_SITE_NAME="Benchmark",
        WAGTAILADMIN_BASE_URL="http://127.0.0.1",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from wagtail_mcp.server import get_server

    listed: Any = asyncio.run(get_server().list_tools())
    tools = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed]
    print(json.dumps({"tools": tools}, ensure_ascii=False))


if __name__ == "__main__":
    main()
