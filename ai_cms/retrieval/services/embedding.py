"""Have a model make vectors of passages: after publishing, outside of any transaction, once for the same words.

A worker claims words by an empty row before it asks, so that two never pay for the same; a claim that its worker did not live
to fill runs out.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from ai_cms.core.exceptions import AICMSError
from ai_cms.core.permissions import ActorLike
from ai_cms.llm.gateway import CallOptions, CallResult, Carrier, embed
from ai_cms.pages.models import Publication

from ..conf import retrieval_settings
from ..exceptions import WrongEmbeddings
from ..models import Passage, Vector
from ..querysets import PassageQuerySet
from ..search.numbers import packed
from ..search.pgvector import fill
from ..spaces import space_in_use
from .indexing import embedded_text

__all__ = ["embed_missing", "missing", "prune_vectors", "query_vector"]

logger = logging.getLogger("ai_cms.retrieval")

#: Characters of a passage that a vector is made of: only one long word is longer, and no model takes it.
_MOST_CHARACTERS = 10_000
#: Longer than a call with all its attempts may take.
CLAIM = timedelta(minutes=20)


def missing(space: str) -> int:
    """Return how many different words of published passages have no vector yet."""
    return _published().without_vector(space).values("digest").distinct().count()


def embed_missing(*, actor: ActorLike, run: Carrier | None = None, batches: int | None = None) -> tuple[int, bool]:
    """Make vectors of passages that have none; return how many, and whether some may be left.

    ``batches``: how many calls at most, ``None`` for as many as it takes. Raises WrongEmbeddings, LLMError; what was made by
    then stays.
    """
    space = space_in_use()
    count = 0
    while space:
        if batches is not None:
            if batches == 0:
                return count, True
            batches -= 1
        claim = uuid.uuid4()
        texts = _claimed(space, claim)
        if not texts:
            break
        try:
            vectors = _asked(list(texts.values()), actor, run)
            count += _store(space, claim, dict(zip(texts, vectors, strict=True)))
        finally:
            Vector.objects.filter(space=space, claim=claim, data=None).delete()
    return count, False


def query_vector(query: str, *, actor: ActorLike) -> bytes | None:
    """Return the vector of a question; ``None`` where no model makes one, now or for this actor. Costs the actor's credits."""
    if not space_in_use():
        return None
    blocks = connections[DEFAULT_DB_ALIAS].atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        logger.warning("Found by words alone: inside a transaction no model is asked for the vector of a question.")
        return None
    try:
        return _asked([query], actor, None, task="retrieval_query")[0]
    except AICMSError as error:
        # A provider that is down, credits that are used up, an anonymous visitor: words find something too.
        logger.info("Found by words alone, without a vector of the question: %s", error)
        return None


def prune_vectors() -> int:
    """Delete vectors of words that stand nowhere any more, and those of other models; return how many."""
    count, _rows = Vector.objects.unused(space_in_use()).delete()
    return count


def _published() -> PassageQuerySet:
    return Passage.objects.filter(publication__in=Publication.objects.public().order_by())


def _claimed(space: str, claim: uuid.UUID) -> dict[str, str]:
    """Claim the words of the next passages; return them by their digest."""
    rows = _published().without_vector(space).order_by("pk")
    columns = ("digest", "publication__title", "heading", "text")
    texts: dict[str, str] = {}
    for digest, title, heading, text in rows.values_list(*columns)[: retrieval_settings.RETRIEVAL_BATCH]:
        texts[digest] = embedded_text(title, heading, text)[:_MOST_CHARACTERS]
    until = timezone.now() + CLAIM
    wanted = Vector.objects.filter(space=space, digest__in=texts)
    wanted.filter(data=None, claimed_until__lte=timezone.now()).update(claim=claim, claimed_until=until)
    Vector.objects.bulk_create(
        [Vector(space=space, digest=digest, claim=claim, claimed_until=until) for digest in texts],
        ignore_conflicts=True,
    )
    mine = set(wanted.filter(claim=claim).values_list("digest", flat=True))
    return {digest: text for digest, text in texts.items() if digest in mine}


def _asked(texts: Sequence[str], actor: ActorLike, run: Carrier | None, task: str = "retrieval") -> list[bytes]:
    """Return the vectors of ``texts`` from the alias itself: a fallback's are of another model."""
    alias = retrieval_settings.RETRIEVAL_ALIAS
    options: CallOptions = {"alias": alias, "task": task, "run": run}
    result: CallResult = embed(
        texts,
        actor=actor,
        model=retrieval_settings.RETRIEVAL_MODEL,
        dimensions=retrieval_settings.RETRIEVAL_DIMENSIONS,
        **options,
    )
    if result.log.alias != alias:
        raise WrongEmbeddings(
            f"AI_CMS['RETRIEVAL_ALIAS']: {result.log.alias!r} answered for {alias!r}. Vectors of two models cannot be compared; "
            "name an alias without FALLBACK."
        )
    try:
        return [packed(vector) for vector in result.response.vectors]
    except ValueError as error:
        raise WrongEmbeddings(f"AI_CMS['RETRIEVAL_ALIAS']: {alias!r} sent {error}.") from None


def _store(space: str, claim: uuid.UUID, vectors: dict[str, bytes]) -> int:
    known = Vector.objects.made(space).values_list("data", flat=True).first()
    sizes = {len(data) // 4 for data in vectors.values()} | ({len(known) // 4} if known is not None else set())
    if len(sizes) > 1:
        raise WrongEmbeddings(
            f"{space}: vectors of {sorted(sizes)} numbers cannot be compared. Set AI_CMS['RETRIEVAL_DIMENSIONS'], or run "
            "rebuild_retrieval --vectors."
        )
    rows = list(Vector.objects.filter(space=space, claim=claim, digest__in=vectors))
    for row in rows:
        row.data, row.claim, row.claimed_until = vectors[row.digest], None, None
    Vector.objects.bulk_update(rows, ["data", "claim", "claimed_until"])
    fill(DEFAULT_DB_ALIAS, space, list(vectors))
    return len(rows)
