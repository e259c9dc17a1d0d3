"""Half of a process's threads may wait for models; the rest serve pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory

from ai_cms.llm.checks import check_threads
from ai_cms.llm.models import Run
from ai_cms.llm.runs.streaming import run_stream
from ai_cms.llm.seats import AllSeatsTaken, has_free_seat, seat

WSGI = RequestFactory().get("/")


def test_a_share_of_the_threads_may_wait(settings: Any) -> None:
    settings.AI_CMS = {"WEB_THREADS": 4}
    with seat(WSGI), seat(WSGI):
        assert not has_free_seat(WSGI)
        with pytest.raises(AllSeatsTaken) as caught, seat(WSGI):
            pass
        assert (caught.value.status_code, caught.value.code) == (503, "ai_no_free_worker")
        assert caught.value.retry_after
    assert has_free_seat(WSGI)


def test_under_asgi_nothing_is_counted(settings: Any) -> None:
    settings.AI_CMS = {"WEB_THREADS": 2}
    request = ASGIRequest({"type": "http", "method": "GET", "path": "/", "headers": []}, None)
    with seat(WSGI), seat(request), seat(request):
        assert has_free_seat(request)


@pytest.mark.django_db
def test_a_stream_that_nobody_reads_leaves_its_seat(settings: Any) -> None:
    settings.AI_CMS = {"WEB_THREADS": 2}
    run = Run.objects.create(handler="x")
    response = run_stream(WSGI, run, after=0)
    assert not has_free_seat(WSGI)
    response.close()
    assert has_free_seat(WSGI)
    # And once alone: the second end of a stream gives no seat of another's away.
    with seat(WSGI):
        response.close()
        assert not has_free_seat(WSGI)


@pytest.mark.parametrize(
    ("values", "arguments", "wanted"),
    [
        ({}, "", []),
        ({"RUNNER": "inline"}, "", ["ai_cms_llm.W004"]),
        ({"WEB_THREADS": 1}, "", ["ai_cms_llm.W005"]),
        ({"WEB_THREADS": 8}, "--workers 2 --threads 4", ["ai_cms_llm.W006"]),
        ({"WEB_THREADS": 4}, "--threads=4", []),
    ],
)
def test_a_deployment_is_checked(
    settings: Any, monkeypatch: pytest.MonkeyPatch, values: Any, arguments: str, wanted: list[str]
) -> None:
    settings.AI_CMS = values
    monkeypatch.setenv("GUNICORN_CMD_ARGS", arguments)
    assert [message.id for message in check_threads(None)] == wanted
