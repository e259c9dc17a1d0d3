"""Measure a site's own pages in this process: what a visit costs beside a bare view, and which blocks are slow to render."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections, router
from django.http import HttpRequest, HttpResponse
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import path

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.rendering.render import render_blocks
from ai_cms.core.lane.traffic import get_lane
from ai_cms.core.lane.wsgi import wsgi_application

from .addresses import public_url
from .models import Publication
from .rendering import neutral_request, published_page, render_publication

__all__ = ["BenchRefused", "BlockCost", "Cost", "SiteBench", "urlpatterns"]


def _bare(request: HttpRequest, key: int) -> HttpResponse:
    """Answer with one row, found by its index: what the project's own middleware and Django cost at least."""
    return HttpResponse(Publication.objects.values_list("title", flat=True).get(pk=key))


#: This module stands in for the project's URLs while the bare view is measured.
urlpatterns = [path("bare/<int:key>/", _bare)]


class BenchRefused(Exception):
    """The site does not answer as it should to be measured; says what it answers."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor milliseconds of this process for one request, and the queries it made; the median of all."""

    cpu_ms: float
    queries: float


@dataclass(frozen=True, slots=True)
class BlockCost:
    """What the blocks of one type cost to render. ``page``: the path of the page with the dearest of them."""

    type: str
    count: int
    cpu_ms: float
    worst_ms: float
    queries: int
    page: str


class SiteBench:
    """Ask for ``publications``, which come with their site, as an anonymous visitor of ``host``. Raises BenchRefused."""

    def __init__(self, publications: Sequence[Publication], *, host: str, rounds: int = 5) -> None:
        self.publications = publications
        self.host = host
        self.rounds = rounds
        self.connection = connections[router.db_for_read(Publication)]

    def costs(self) -> dict[str, Cost]:
        """Return what each kind of visit costs, by its name."""
        paths = [public_url(publication.path) for publication in self.publications]
        with override_settings(ROOT_URLCONF=__name__):
            bare = self._cost(WSGIHandler(), [f"/bare/{publication.pk}/" for publication in self.publications])
        handler = WSGIHandler()
        etags = [self._ask(handler, where)[1] for where in paths]
        found = {"bare view": bare, "page, stored HTML": self._cost(handler, paths)}
        if all(etags):
            found["page, not modified"] = self._cost(handler, paths, etags)
        found["page, rendered anew"] = self._of(
            [lambda one=publication: render_publication(one) for publication in self.publications]  # type: ignore[misc]
        )
        lane = wsgi_application(WSGIHandler())
        for where in paths * 2:
            self._ask(lane, where)
        hits = get_lane().hits
        kept = self._cost(lane, paths)
        if get_lane().hits - hits >= len(paths):
            found["page, out of memory"] = kept
        return found

    def blocks(self) -> list[BlockCost]:
        """Return what the blocks of the pages cost, the dearest type first; blocks within others count with these."""
        taken: dict[str, list[tuple[float, int, str]]] = {}
        for publication in self.publications:
            page = published_page(publication)
            request = neutral_request(publication.path, publication.site)
            context = {"page": page, "publication": publication, "site": publication.site, "mode": "public"}
            for block in publication.content:
                document = Document([block])

                def render(document: Document = document) -> object:
                    return render_blocks(document, request=request, context=dict(context), mode="public", page=page)  # noqa: B023

                cost = self._of([render])
                kind = str(block.get("type", ""))
                taken.setdefault(kind, []).append((cost.cpu_ms, int(cost.queries), publication.path))
        found = []
        for kind, costs in taken.items():
            worst = max(costs)
            total, queries = sum(one[0] for one in costs), sum(one[1] for one in costs)
            found.append(BlockCost(kind, len(costs), round(total, 3), round(worst[0], 3), queries, worst[2]))
        return sorted(found, key=lambda one: one.cpu_ms, reverse=True)

    def _cost(self, application: Any, paths: Sequence[str], etags: Sequence[str] = ()) -> Cost:
        given = etags or [""] * len(paths)
        return self._of(
            [
                lambda where=where, etag=etag: self._ask(application, where, etag)  # type: ignore[misc]
                for where, etag in zip(paths, given, strict=True)
            ]
        )

    def _of(self, works: Sequence[Callable[[], object]]) -> Cost:
        queries = []
        for work in works:
            # What is read once a process is not what a visit costs.
            work()
            with CaptureQueriesContext(self.connection) as captured:
                work()
            queries.append(len(captured))
        taken = []
        for _ in range(self.rounds):
            for work in works:
                began = time.process_time_ns()
                work()
                taken.append((time.process_time_ns() - began) / 1e6)
        return Cost(round(statistics.median(taken), 3), statistics.median(queries))

    def _ask(self, application: Any, where: str, etag: str = "") -> tuple[int, str]:
        path_info, _mark, query = where.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path_info.encode().decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": self.host.partition(":")[0],
            "SERVER_PORT": "443",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": self.host,
            # A project that takes nothing else would answer with a redirect to it.
            "wsgi.url_scheme": "https",
            "wsgi.input": BytesIO(),
            "wsgi.errors": BytesIO(),
            **({"HTTP_IF_NONE_MATCH": etag} if etag else {}),
        }
        found: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            found[:] = [int(status[:3]), next((value for name, value in headers if name.lower() == "etag"), "")]

        result = application(environ, start_response)
        b"".join(result)
        # Not closed: that would end the connection, which a server keeps for the next request.
        if found[0] != (304 if etag else 200):
            raise BenchRefused(f"{self.host}{where} answers {found[0]}.")
        return found[0], found[1]
