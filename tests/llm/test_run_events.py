"""The end of a run is written even when the database is away for a moment."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from ai_cms.llm.models import Run, RunStatus
from ai_cms.llm.runs.events import EventWriter


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("failures", "ends"), [(0, True), (2, True), (9, False)])
def test_the_end_is_written_when_the_database_is_back(
    monkeypatch: pytest.MonkeyPatch, failures: int, ends: bool
) -> None:
    run = Run.objects.create(handler="any", status=RunStatus.RUNNING, attempt=1, payload={})
    writer = EventWriter(run)
    writer._pieces = ["the last words"]
    left = [failures]
    write = EventWriter._write

    def busy(self: EventWriter, *args: Any, **fields: Any) -> int:
        if left[0]:
            left[0] -= 1
            raise OperationalError("database is locked")
        return write(self, *args, **fields)

    monkeypatch.setattr(EventWriter, "_write", busy)
    monkeypatch.setattr("ai_cms.llm.runs.events.time.sleep", lambda seconds: None)
    if not ends:
        with pytest.raises(OperationalError):
            writer.finish(RunStatus.DONE, "done", {})
        return
    assert writer.finish(RunStatus.DONE, "done", {})
    run.refresh_from_db()
    assert (run.status, run.text) == (RunStatus.DONE, "the last words")
    assert list(run.events.values_list("type", flat=True)) == ["delta", "done"]
