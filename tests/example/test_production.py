"""The production settings: what they refuse, and what they answer with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import PROJECT, environment, manage

KEY = "kept-secret-" + "abcdefghijklmnopqrstuvwxyz-0123456789" * 2

HEADERS = """
import json, django
django.setup()
from django.test import Client
answers = {}
for path in ("/", "/admin/login/", "/api/docs/", "/health-check/", "/nothing-here/"):
    response = Client(headers={"host": "garden.example"}).get(path, secure=True)
    answers[path] = [response.status_code, dict(response.headers)]
plain = Client(headers={"host": "garden.example"}).get("/visit/")
stranger = Client(headers={"host": "elsewhere.example"}).get("/", secure=True)
plain = [plain.status_code, plain["Location"]]
print(json.dumps({"answers": answers, "plain": plain, "stranger": stranger.status_code}))
"""


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    return environment(
        tmp_path, DJANGO_SETTINGS_MODULE="config.settings.production", SECRET_KEY=KEY, ALLOWED_HOSTS="garden.example"
    )


def test_deployment_check_is_clean(production: dict[str, str]) -> None:
    done = manage("check", "--deploy", "--fail-level", "INFO", env=production)
    assert "no issues (0 silenced)" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "sample-key-for-development-only-production-refuses-to-start-with-it"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("DEBUG", "true"),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "*"),
    ],
)
def test_unsafe_start_is_refused(production: dict[str, str], name: str, value: str) -> None:
    done = manage("check", env={**production, name: value}, check=False)
    assert done.returncode != 0
    assert f"ImproperlyConfigured: {name} must" in done.stderr


def test_demo_does_not_serve_in_production(production: dict[str, str]) -> None:
    done = manage("demo", env=production, check=False)
    assert done.returncode != 0
    assert "config.settings.development" in done.stderr


def test_fresh_database_has_no_user(production: dict[str, str]) -> None:
    manage("migrate", "--verbosity", "0", env=production)
    script = "from django.contrib.auth import get_user_model as u; print('users:', u().objects.count())"
    assert "users: 0" in manage("shell", "--command", script, env=production).stdout


def test_answers_carry_the_security_headers(production: dict[str, str], tmp_path: Path) -> None:
    manage("migrate", "--verbosity", "0", env=production)
    static = {**production, "STATIC_ROOT": str(tmp_path / "static"), "PYTHONPATH": str(PROJECT.parent)}
    manage("collectstatic", "--noinput", "--verbosity", "0", env=static)
    done = subprocess.run(
        [sys.executable, "-c", HEADERS], cwd=PROJECT, env=static, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    for path, (status, headers) in found["answers"].items():
        assert status in (200, 404), path
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy, path
        for directive in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors"):
            assert directive in policy, path
        assert "max-age=31536000; includeSubDomains; preload" in headers["Strict-Transport-Security"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert found["plain"] == [301, "https://garden.example/visit/"]
    assert found["stranger"] == 400
