"""Tell a WebSub hub that feeds have changed, so that readers need not ask: one POST for everything a transaction published.

The hub's address is a setting and nothing else. The POST is a task that starts after the commit; it holds no transaction and
no lock, follows no redirect, and a hub that is away costs a line in the log: readers still ask by themselves.
"""

from __future__ import annotations

import http.client
import logging
import ssl
from urllib.parse import urlencode, urlsplit

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ai_cms.core.redaction import one_line
from ai_cms.core.tasks import enqueue, task

from .conf import posts_settings

__all__ = ["HubRefused", "announce", "ping", "ping_task"]

logger = logging.getLogger("ai_cms.posts")

_PORTS = {"https": 443, "http": 80}
#: Addresses in one POST; the site's own feeds come first.
MAX_TOPICS = 60


class HubRefused(Exception):
    """The hub could not be reached, or answered with an error."""


def announce(topics: list[str], *, using: str) -> None:
    """Have the hub told of the feeds at ``topics`` once the transaction has committed; nothing without a hub.

    What one transaction announces is told at once, each address one time.
    """
    if not posts_settings.WEBSUB_HUB or not topics:
        return
    connection = connections[using]
    waiting: dict[str, None] | None = connection.__dict__.get("_ai_cms_websub")
    # A rollback forgets what was to be done after the commit, and what waits for it.
    if waiting is not None and connection.in_atomic_block and _is_scheduled(connection, waiting):
        waiting.update(dict.fromkeys(topics))
        return
    fresh = dict.fromkeys(topics)
    connection.__dict__["_ai_cms_websub"] = fresh

    def send() -> None:
        connection.__dict__.pop("_ai_cms_websub", None)
        enqueue(ping_task, list(fresh)[:MAX_TOPICS])

    send.topics = fresh  # type: ignore[attr-defined]
    transaction.on_commit(send, using=using, robust=True)


def _is_scheduled(connection: BaseDatabaseWrapper, waiting: dict[str, None]) -> bool:
    return any(getattr(entry[1], "topics", None) is waiting for entry in connection.run_on_commit)


@task()
def ping_task(topics: list[str]) -> bool:
    """Tell the hub; return whether it took the news."""
    try:
        ping(posts_settings.WEBSUB_HUB, topics, timeout=posts_settings.WEBSUB_SECONDS)
    except HubRefused as error:
        logger.warning(
            'The hub AI_CMS["WEBSUB_HUB"] was not told of %d changed feeds: %s', len(topics), one_line(str(error))
        )
        return False
    return True


def ping(hub: str, topics: list[str], *, timeout: float) -> None:
    """Send one POST to ``hub`` that names the changed ``topics``. Raises HubRefused."""
    parts = urlsplit(hub)
    secure = parts.scheme == "https"
    port = parts.port or _PORTS[parts.scheme]
    body = urlencode([("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)])
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "django-ai-cms"}
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if secure:
        connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("POST", path, body.encode(), headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise HubRefused(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise HubRefused(f"it answered {status}")
