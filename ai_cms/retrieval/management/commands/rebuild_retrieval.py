"""``manage.py rebuild_retrieval``: cut what is behind into passages, and have vectors made of those that lack one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from ai_cms.core.exceptions import AICMSError
from ai_cms.core.permissions import Actor
from ai_cms.retrieval.models import Vector
from ai_cms.retrieval.search import index, pgvector
from ai_cms.retrieval.services.embedding import embed_missing, prune_vectors
from ai_cms.retrieval.services.indexing import rebuild
from ai_cms.retrieval.spaces import space_in_use


class Command(BaseCommand):
    """Publishing does this by itself; needed for sites that had pages before, and after settings of retrieval changed."""

    help = (
        "Cut publications into passages, those that are behind or all, and have vectors made of passages that lack one. "
        "May be interrupted and started again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="cut every publication anew, and make the word index anew"
        )
        parser.add_argument(
            "--vectors", action="store_true", help="throw all vectors away first; they are paid for again"
        )
        parser.add_argument("--no-vectors", action="store_true", help="ask no model")
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help="the database to work on; vectors are the default's"
        )

    def handle(self, *args: object, **options: Any) -> None:
        using: str = options["database"]
        count = sum(rebuild(using=using, everything=options["all"]))
        if options["all"]:
            index.rebuild(using)
        pgvector.install(using)
        made = 0
        if using == DEFAULT_DB_ALIAS and not options["no_vectors"]:
            made = self._vectors(anew=options["vectors"])
        if options["verbosity"]:
            self.stdout.write(f"{count} publications cut, {made} vectors made.")

    def _vectors(self, *, anew: bool) -> int:
        if anew:
            Vector.objects.all().delete()
        prune_vectors()
        pgvector.prune(DEFAULT_DB_ALIAS)
        try:
            made, _left = embed_missing(actor=Actor.system("rebuild_retrieval"))
        except AICMSError as error:
            raise CommandError(f"No more vectors could be made, those so far are kept: {error}") from error
        pgvector.fill(DEFAULT_DB_ALIAS, space_in_use())
        return made
