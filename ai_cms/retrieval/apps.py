from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps


class RetrievalConfig(RequiresApps, AppConfig):
    name = "ai_cms.retrieval"
    label = "ai_cms_retrieval"
    verbose_name = _("Retrieval")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core", "ai_cms.blocks", "ai_cms.llm", "ai_cms.pages")

    def ready(self) -> None:
        from ai_cms.llm.retrieval import register_retriever

        from . import checks as checks
        from . import receivers as receivers
        from . import runs as runs
        from .finding import NAME, PublicationRetriever
        from .permissions import register_retrieval_policies
        from .search.index import install
        from .search.pgvector import install as install_pgvector

        register_retrieval_policies()
        register_retriever(NAME, PublicationRetriever())
        post_migrate.connect(install, sender=self, dispatch_uid="ai_cms_retrieval.search")
        post_migrate.connect(install_pgvector, sender=self, dispatch_uid="ai_cms_retrieval.pgvector")
