"""What the example site reads from the environment, and how it says what it cannot read."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment as env
from config.llm import configured_backends
from config.logs import RedactingFormatter


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgres://ada:p%40ss@db.example:5433/garden?sslmode=require",
            {
                "ENGINE": "ai_cms.core.postgresql",
                "NAME": "garden",
                "USER": "ada",
                "PASSWORD": "p@ss",
                "HOST": "db.example",
                "PORT": "5433",
                "OPTIONS": {"connect_timeout": 2, "tcp_user_timeout": 2000, "sslmode": "require"},
                "CONN_HEALTH_CHECKS": True,
            },
        ),
        ("postgresql:///garden", {"NAME": "garden", "HOST": "", "PORT": ""}),
        (
            "sqlite:////var/lib/garden.sqlite3",
            {"ENGINE": "django.db.backends.sqlite3", "NAME": "/var/lib/garden.sqlite3"},
        ),
        ("sqlite:///garden.sqlite3", {"NAME": "garden.sqlite3"}),
        ("", {"NAME": "default.sqlite3"}),
    ],
)
def test_database_url(monkeypatch: pytest.MonkeyPatch, url: str, expected: dict[str, object]) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    found = env.database("DATABASE_URL", Path("default.sqlite3"))
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"STATEMENT_TIMEOUT": "5"}, None),
        ({"WEB_PROCESS": "1"}, "-c statement_timeout=30s"),
        ({"WEB_PROCESS": "1", "STATEMENT_TIMEOUT": "5"}, "-c statement_timeout=5s"),
        ({"WEB_PROCESS": "1", "STATEMENT_TIMEOUT": "0"}, None),
    ],
)
def test_statements_of_web_processes_alone_have_a_limit(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str | None
) -> None:
    for name in ("WEB_PROCESS", "STATEMENT_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**variables, "DATABASE_URL": "postgres://db/garden"}.items():
        monkeypatch.setenv(name, value)
    assert env.database("DATABASE_URL", Path("x"))["OPTIONS"].get("options") == expected


def test_sqlite_waits_and_takes_its_lock_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    options = env.database("DATABASE_URL", Path("x"))["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] == 20
    assert "WAL" in options["init_command"]


@pytest.mark.parametrize("url", ["mysql://host/name", "postgres://secret:secret@host:port/x", "nonsense-with-secret"])
def test_wrong_database_url_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as caught:
        env.database("DATABASE_URL", Path("x"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://u:p%40@mail.example", {"port": 465, "use_ssl": True, "use_tls": False, "password": "p@"}),
        ("smtp+tls://mail.example", {"port": 587, "use_tls": True, "use_ssl": False, "host": "mail.example"}),
        ("smtp://localhost:1025", {"port": 1025, "use_tls": False, "use_ssl": False}),
    ],
)
def test_email_url(monkeypatch: pytest.MonkeyPatch, url: str, expected: dict[str, object]) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    found = env.email("EMAIL_URL")
    if "MAILERS" in found:
        options = found["MAILERS"]["default"]["OPTIONS"]
    else:
        assert found["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
        options = {name.removeprefix("EMAIL_").removeprefix("HOST_").lower(): value for name, value in found.items()}
    assert {key: options[key] for key in expected} == expected


def test_mail_is_printed_without_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMAIL_URL", raising=False)
    assert "console" in str(env.email("EMAIL_URL"))


def test_other_kinds_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", " a, b ,,c ")
    assert env.items("X") == ["a", "b", "c"]
    monkeypatch.setenv("X", "ON")
    assert env.boolean("X") is True
    monkeypatch.setenv("X", "")
    assert env.boolean("X", True) is True
    assert env.integer("X", 7) == 7
    for wrong in ("maybe", "-1"):
        monkeypatch.setenv("X", wrong)
        with pytest.raises(ImproperlyConfigured, match=r"^X "):
            env.boolean("X") if wrong == "maybe" else env.integer("X", 1)


def test_env_file_adds_what_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# comment\nexport ENV_TEST_A='one two'\nENV_TEST_B=three # why\nENV_TEST_C=file\n")
    for name in ("ENV_TEST_A", "ENV_TEST_B"):
        # Recorded, so that what load_env_file() sets is taken away again.
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    monkeypatch.setenv("ENV_TEST_C", "environment")
    env.load_env_file(file)
    assert [env.text(f"ENV_TEST_{name}") for name in "ABC"] == ["one two", "three", "environment"]
    file.write_text("not an assignment")
    with pytest.raises(ImproperlyConfigured, match="line 1"):
        env.load_env_file(file)


LLM_VARIABLES = [
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "OLLAMA_BASE_URL",
    "OLLAMA_MODEL",
    "GEMINI_API_KEY",
    "GEMINI_MODEL",
    "DEFAULT_LLM_PROVIDER",
    "DEFAULT_MODEL",
]


@pytest.mark.parametrize(
    ("variables", "aliases", "default"),
    [
        ({}, {"default", "local"}, "local"),
        ({"OPENAI_API_KEY": "k"}, {"default", "local", "openai"}, "openai"),
        ({"OPENAI_API_KEY": "k", "DEFAULT_LLM_PROVIDER": "local"}, {"default", "local", "openai"}, "local"),
        (
            {"OLLAMA_MODEL": "m", "GEMINI_API_KEY": "k", "DEFAULT_LLM_PROVIDER": "gemini"},
            {"default", "local", "ollama", "gemini"},
            "gemini",
        ),
    ],
)
def test_a_key_makes_its_alias(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], aliases: set[str], default: str
) -> None:
    for name in LLM_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = configured_backends()
    assert set(found) == aliases
    assert found["default"]["BACKEND"] == found[default]["BACKEND"]


def test_unknown_default_provider_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEFAULT_LLM_PROVIDER", "oracle")
    with pytest.raises(ImproperlyConfigured, match="DEFAULT_LLM_PROVIDER"):
        configured_backends()


@pytest.mark.parametrize(
    "line",
    [
        "connecting to postgres://ada:hunter2@db/garden",
        "Authorization: Bearer hunter2hunter2",
        '{"password": "hunter2"}',
        "api_key=hunter2&x=1",
        "sk-hunter2hunter2",
    ],
)
def test_log_lines_keep_no_secrets(line: str) -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, line, None, None)
    shown = RedactingFormatter("%(message)s").format(record)
    assert "hunter2" not in shown
    assert "***" in shown


def test_env_example_names_every_variable() -> None:
    named = {
        line.split("=")[0].strip("# ")
        for line in (Path(env.__file__).parents[1] / ".env.example").read_text("utf-8").splitlines()
        if "=" in line
    }
    asked = [
        "SECRET_KEY",
        "DEBUG",
        "ALLOWED_HOSTS",
        "CORS_ALLOWED_ORIGINS",
        "DATABASE_URL",
        "REDIS_URL",
        "EMAIL_URL",
        "JWT_SECRET_KEY",
        "JWT_ACCESS_TOKEN_EXPIRE_MINUTES",
        "JWT_REFRESH_TOKEN_EXPIRE_DAYS",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_MODEL",
        "OLLAMA_BASE_URL",
        "OLLAMA_MODEL",
        "GEMINI_API_KEY",
        "DEFAULT_LLM_PROVIDER",
        "DEFAULT_MODEL",
        "ALLOW_REGISTRATION",
        "AI_TEXT_CREDITS",
        "AI_IMAGE_CREDITS",
        "AWS_STORAGE_BUCKET_NAME",
        "AWS_S3_ENDPOINT_URL",
    ]
    assert set(asked) <= named
