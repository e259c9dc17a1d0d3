"""The runs of writing tasks, as the admin lists them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.llm.models import Run
from ai_cms.llm.querysets import RunQuerySet

__all__ = ["HANDLER", "WritingRun"]

#: The name under which runs of writing tasks are started.
HANDLER = "writing_task"


class WritingRunManager(models.Manager.from_queryset(RunQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(handler=HANDLER)


class WritingRun(Run):
    """One use of a writing task; the same row as the run."""

    objects: ClassVar[Any] = WritingRunManager()

    class Meta:
        proxy = True
        verbose_name = _("AI writing")
        verbose_name_plural = _("AI writing")

    def __str__(self) -> str:
        return f"{self.task_name}: {self.target_label}" if self.task_name != self.target_label else self.task_name

    @property
    def task_name(self) -> str:
        """The name of the task; empty in rows that something else has written."""
        return str(self.payload.get("task", "")) if isinstance(self.payload, dict) else ""

    @property
    def page_id(self) -> int | None:
        """The key of the page that was written for."""
        return self._key("page")

    @property
    def parent_id(self) -> int | None:
        """The key of the page below which a new one was to be made."""
        return self._key("parent")

    def _key(self, name: str) -> int | None:
        found = self.payload.get(name) if isinstance(self.payload, dict) else None
        return found if isinstance(found, int) else None

    def proposal_id(self) -> int | None:
        """Return the key of the proposal that came of it: of a stopped draft too, whose run has no result."""
        found = self.result.get("proposal") if isinstance(self.result, dict) else None
        if found is None:
            event = self.events.filter(type="proposal").order_by("-seq").first()
            found = event.data.get("proposal") if event is not None else None
        return found if isinstance(found, int) else None
