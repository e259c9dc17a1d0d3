"""Read the settings of a deployment from environment variables, without another dependency.

Every function takes the variable's name first and raises ImproperlyConfigured, naming the variable and never its value,
when it cannot be understood: values may be secrets.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import django
from django.core.exceptions import ImproperlyConfigured

__all__ = ["boolean", "cache", "channel_layer", "database", "email", "integer", "items", "load_env_file", "text"]

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def load_env_file(path: Path) -> None:
    """Add the ``NAME=value`` lines of ``path``, if it exists, to the environment; what is set already stays."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        entry = line.strip().removeprefix("export ")
        if not entry or entry.startswith("#"):
            continue
        name, separator, value = entry.partition("=")
        if not separator or not name.strip().isidentifier():
            raise ImproperlyConfigured(f"{path.name}, line {number}: expected NAME=value.")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        else:
            value = value.split(" #", 1)[0].rstrip()
        os.environ.setdefault(name.strip(), value)


def text(name: str, default: str = "") -> str:
    """Return the variable's text; an empty variable counts as absent."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in TRUE or value in FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name} must be one of 1, true, yes, on, 0, false, no, off.")


def integer(name: str, default: int, *, least: int = 0) -> int:
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}.")
    return number


def items(name: str, default: list[str] | None = None) -> list[str]:
    """Return the parts of a comma-separated variable."""
    found = [part.strip() for part in text(name).split(",") if part.strip()]
    return found or list(default or [])


def database(name: str, default: Path) -> dict[str, Any]:
    """Return Django's configuration for ``postgres://user:password@host:port/name?option=…`` or ``sqlite:///path``.

    ``default``: the SQLite file that is used when the variable is absent.
    """
    value = text(name)
    if not value:
        return _sqlite(str(default))
    url = _split(name, value)
    if url.scheme in {"postgres", "postgresql"}:
        return {
            # Django's own, which in addition does not wait for a server that has fallen silent.
            "ENGINE": "ai_cms.core.postgresql",
            "NAME": unquote(url.path.lstrip("/")) or "postgres",
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": unquote(url.hostname or ""),
            "PORT": str(url.port or ""),
            "OPTIONS": {**_postgres_limits(), **dict(parse_qsl(url.query))},
            "CONN_MAX_AGE": 60,
            # A connection that the server dropped (restart, failover) is noticed before it is used.
            "CONN_HEALTH_CHECKS": True,
        }
    if url.scheme == "sqlite" and not url.netloc:
        # sqlite:///relative and sqlite:////absolute, as everywhere else.
        return _sqlite(unquote(url.path[1:]) or ":memory:")
    raise ImproperlyConfigured(f"{name} must begin with postgres://, postgresql:// or sqlite:///.")


def _postgres_limits() -> dict[str, Any]:
    """Return how long a database is waited for: two seconds for a connection or a sign of life from its host.

    ``STATEMENT_TIMEOUT``: seconds that a statement of a web process may take; ``config.wsgi`` and ``config.asgi`` say that they
    are one.
    """
    limits: dict[str, Any] = {"connect_timeout": 2, "tcp_user_timeout": 2000}
    seconds = integer("STATEMENT_TIMEOUT", 30) if boolean("WEB_PROCESS") else 0
    return limits | ({"options": f"-c statement_timeout={seconds}s"} if seconds else {})


def email(name: str, default: str = "console://") -> dict[str, Any]:
    """Return Django's settings for mail from ``smtp://``, ``smtp+tls://``, ``smtps://`` or ``console://``."""
    value = text(name, default)
    url = _split(name, value)
    if url.scheme == "console":
        return _mailer("django.core.mail.backends.console.EmailBackend", {})
    if url.scheme not in {"smtp", "smtps", "smtp+tls"}:
        raise ImproperlyConfigured(f"{name} must begin with smtp://, smtp+tls://, smtps:// or console://.")
    return _mailer(
        "django.core.mail.backends.smtp.EmailBackend",
        {
            "host": url.hostname or "localhost",
            "port": url.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[url.scheme],
            "username": unquote(url.username or ""),
            "password": unquote(url.password or ""),
            "use_tls": url.scheme == "smtp+tls",
            "use_ssl": url.scheme == "smtps",
            "timeout": 10,
        },
    )


def _mailer(backend: str, options: dict[str, Any]) -> dict[str, Any]:
    if django.VERSION >= (6, 1):
        return {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}
    names = {"username": "HOST_USER", "password": "HOST_PASSWORD"}
    return {
        "EMAIL_BACKEND": backend,
        **{f"EMAIL_{names.get(key, key.upper())}": value for key, value in options.items()},
    }


def cache(name: str) -> dict[str, Any]:
    """Return the configuration of the default cache: the Redis of the variable, else this process's memory."""
    value = text(name)
    if not value:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "example"}
    if _split(name, value).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured(f"{name} must begin with redis://, rediss:// or unix://.")
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": value}


def channel_layer(name: str) -> dict[str, Any]:
    """Return the configuration of the channel layer: memory, or the Redis of the variable where channels-redis is there."""
    value = text(name)
    if not value or not find_spec("channels_redis"):
        return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    # Its readers wait for five seconds at a time, as long as the client of Redis waits for an answer by default.
    host = {"address": value, "socket_timeout": 60}
    return {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host]}}


def _split(name: str, value: str) -> SplitResult:
    try:
        url = urlsplit(value)
        # The port is parsed lazily; asking for it here puts the variable's name on the error.
        _ = url.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a valid URL.") from None
    return url


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # A transaction takes its write lock when it begins, so that it cannot lose it half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
        },
    }
