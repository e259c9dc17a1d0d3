"""Find passages for a question: by words and by meaning, in one order, of what the actor may read now."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ai_cms.core.permissions import ActorLike
from ai_cms.llm.retrieval import Source
from ai_cms.pages.addresses import public_url
from ai_cms.pages.current_site import site_for_host
from ai_cms.pages.models import Site

from .conf import retrieval_settings
from .models import Passage, Vector
from .querysets import PassageQuerySet
from .search.fusion import fused
from .search.numbers import nearest
from .search.pgvector import available, nearest_by_pgvector
from .search.words import passages_with_words
from .services.embedding import query_vector
from .spaces import space_in_use

__all__ = ["NAME", "PublicationRetriever", "find_passages"]

#: The name of the retriever.
NAME = "publications"
#: Of each way of finding.
CANDIDATES = 50
_MOST_QUERY = 1_000
#: Words that a browser looks for on the page.
_WORDS_IN_ADDRESS = 8


def find_passages(query: str, *, actor: ActorLike, site: Site, locale: str = "", limit: int = 8) -> list[Source]:
    """Return at most ``limit`` passages of ``site`` that ``actor`` may read, the best first; empty where nothing fits.

    ``locale``: only pages in this language. Whether a page is published, on this site and open to the actor is asked in each
    query, the last one included. Where a model makes vectors, that of ``query`` costs the actor's credits; without any, words
    alone count. Not to be called inside a transaction.
    """
    query = " ".join(query.split())[:_MOST_QUERY]
    if not query or limit < 1:
        return []
    # First, so that no connection is held while a provider thinks.
    wanted = query_vector(query, actor=actor)
    rows = Passage.objects.readable(actor).on_site(site.pk).in_language(locale)
    by_words = passages_with_words(rows, query, locale=locale or site.locale).values_list("pk", flat=True)
    by_meaning = _by_meaning(rows, wanted) if wanted is not None else []
    order = fused(list(by_words[:CANDIDATES]), by_meaning)[:limit]
    if not order:
        return []
    columns = ("publication__page_id", "publication__title", "publication__path", "publication__locale")
    found = (
        rows.filter(pk__in=order)
        .select_related("publication")
        .only("version", "block", "anchor", "heading", "text", "digest", *columns)
    )
    by_key = {row.pk: _source(row) for row in found}
    return [by_key[key] for key in order if key in by_key]


def _by_meaning(rows: PassageQuerySet, wanted: bytes) -> list[int]:
    space = space_in_use()
    least = retrieval_settings.RETRIEVAL_MIN_SIMILARITY
    if available(rows.db):
        return nearest_by_pgvector(rows, wanted, space=space, limit=CANDIDATES, least=least) or []
    readable = rows.order_by().values("digest")
    stored = Vector.objects.using(rows.db).made(space).filter(digest__in=readable).values_list("digest", "data")
    pairs = ((digest, bytes(data)) for digest, data in stored.iterator())
    best = dict(nearest(wanted, pairs, limit=CANDIDATES, least=least))
    if not best:
        return []
    keys = rows.filter(digest__in=best).order_by("pk").values_list("pk", "digest")
    return [pk for pk, _digest in sorted(keys, key=lambda pair: -best[pair[1]])][:CANDIDATES]


def _source(row: Passage) -> Source:
    publication = row.publication
    return Source(
        key=f"{row.pk}:{row.digest}",
        title=publication.title,
        url=_address(publication.path, row),
        text=row.text,
        page=publication.page_id,
        version=row.version,
        anchor=row.block,
        heading=tuple(row.heading),
        locale=publication.locale,
        retriever=NAME,
    )


def _address(path: str, row: Passage) -> str:
    """Return the address of a passage: the nearest element with an id, and the words that browsers scroll to and mark."""
    words = " ".join(row.text.partition("\n")[0].split()[:_WORDS_IN_ADDRESS])
    marked = quote(words, safe="").replace("-", "%2D")
    return f"{public_url(path)}#{quote(row.anchor, safe='')}:~:text={marked}"


class PublicationRetriever:
    """What is published, for :mod:`ai_cms.llm.retrieval`."""

    def search(self, query: str, *, actor: ActorLike, host: str, limit: int) -> list[Source]:
        """Return passages of the site of ``host``, of the default site where there is none of that name."""
        site = site_for_host(host)
        return find_passages(query, actor=actor, site=site, limit=limit) if site is not None else []

    def still_there(self, sources: Sequence[Source], *, actor: ActorLike) -> set[str]:
        """Return the keys of those whose words are still published, for ``actor`` to read."""
        keys = [key for source in sources if (key := source.key.partition(":")[0]).isdecimal()]
        rows = Passage.objects.readable(actor).filter(pk__in=keys).values_list("pk", "digest")
        return {f"{pk}:{digest}" for pk, digest in rows} & {source.key for source in sources}
