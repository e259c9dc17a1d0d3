"""The example site, set up by its own command and served by its own server in another process."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

PROJECT = Path(__file__).resolve().parents[2] / "example_project"


class NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass
class Answer:
    status: int
    headers: Any
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


def fetch(url: str, *, token: str = "", data: Any = None, method: str | None = None) -> Answer:
    """Ask for ``url`` without following redirects; errors are answers too."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = None
    if data is not None:
        body = json.dumps(data).encode()
        headers["Content-Type"] = "application/json"
    request = Request(url, data=body, headers=headers, method=method)
    try:
        with build_opener(NoRedirects).open(request, timeout=20) as response:
            return Answer(response.status, response.headers, response.read().decode(errors="replace"))
    except HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read().decode(errors="replace"))


def environment(folder: Path, **extra: str) -> dict[str, str]:
    """Return the environment of a command of the example site that keeps its data in ``folder``."""
    kept = ("PATH", "HOME", "LANG", "SYSTEMROOT", "VIRTUAL_ENV", "TMPDIR")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "MEDIA_ROOT": str(folder / "media"),
        "PRIVATE_MEDIA_ROOT": str(folder / "private_media"),
        "DEMO_PASSWORD": "correct horse battery",
        **extra,
    }


def manage(*arguments: str, env: dict[str, str], check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` of the example site; warnings are errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


@dataclass
class DemoSite:
    """The running site: ``base`` is its address without a slash at the end, ``log`` what its server has printed."""

    base: str
    report: dict[str, Any]
    log: Path
    env: dict[str, str] = field(repr=False)

    def get(self, path: str, **options: Any) -> Answer:
        return fetch(self.base + path, **options)

    def user(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(user for user in self.report["users"] if user["email"].startswith(f"{name}@"))
        return found


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    folder = tmp_path_factory.mktemp("demo")
    # As `make demo` runs it.
    env = environment(folder, DEBUG="0")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    report = json.loads(manage("demo", "--no-serve", "--json", "--port", str(port), env=env).stdout)
    base = f"http://127.0.0.1:{port}"
    path = folder / "server.log"
    log = path.open("w")
    server = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(port)], cwd=PROJECT, env=env, stdout=log, stderr=log
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                fetch(f"{base}/health-check/")
                break
            except (URLError, ConnectionError):
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(path.read_text())
                time.sleep(0.1)
        yield DemoSite(base, report, path, env)
    finally:
        server.terminate()
        server.wait(timeout=10)
        log.close()


@pytest.fixture
def browser() -> Iterator[Any]:
    """Return headless Chromium, for one test; skips, with the reason, where there is none.

    Not for longer: as long as Playwright runs, this thread has an event loop that other tests would stumble over.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (group browser)")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as session:
        chromium = session.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield chromium
        chromium.close()
