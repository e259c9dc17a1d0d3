"""A live server with the studio for the benchmarks that drive a browser: databases of its own, one superuser, one site."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Served", "chromium_path", "served"]


class Served:
    """What a benchmark needs: where the server is, who is logged in, and below which page it may write."""

    def __init__(self, base: str, user: Any, root: Any) -> None:
        self.base = base
        self.user = user
        self.root = root

    def page(self, title: str, blocks: list[Any]) -> Any:
        """Return a new page with these blocks."""
        from ai_cms.core.permissions import Actor
        from ai_cms.pages import services

        return services.create_page(actor=Actor.of(self.user), parent=self.root, title=title, content=blocks)


def chromium_path() -> str:
    """Return where this machine's Chromium is. Raises SystemExit without one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("There is no Chromium on this machine.")
    return found


@contextmanager
def served() -> Iterator[Served]:
    """Serve the studio of the test settings until the block ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings.base")
    # Playwright runs an event loop in this thread.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    import django
    from django.test.utils import get_runner, setup_test_environment

    django.setup()
    setup_test_environment()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    from ai_cms.pages import services

    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    user = get_user_model().objects.create_superuser("bench", "bench@example.com", "password")
    root = services.create_site(hostname="localhost", name="Bench", title="Home").root
    server = LiveServerThread("localhost", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    try:
        yield Served(f"http://localhost:{server.port}", user, root)
    finally:
        server.terminate()
        runner.teardown_databases(databases)
