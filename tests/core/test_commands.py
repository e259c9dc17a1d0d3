from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from ai_cms.core.management.commands import purge_expired
from ai_cms.core.models import IdempotencyRecord, RateLimitCounter

pytestmark = pytest.mark.django_db


def make_rows(hours: int, number: int) -> None:
    end = timezone.now() + timedelta(hours=hours)
    for index in range(number):
        IdempotencyRecord.objects.create(
            principal="user:1", key=f"{hours}-{index}", request_hash="", leased_until=end, expires_at=end
        )
        RateLimitCounter.objects.create(scope="s", key=f"{hours}-{index}", count=1, expires_at=end)


def run(*arguments: Any) -> str:
    out = StringIO()
    call_command("purge_expired", *arguments, stdout=out)
    return out.getvalue()


def test_expired_rows_go_and_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge_expired, "BATCH", 2)
    make_rows(-1, 5)
    make_rows(1, 2)
    assert json.loads(run("--json")) == {"idempotency_records": 5, "rate_limit_counters": 5}
    assert IdempotencyRecord.objects.count() == RateLimitCounter.objects.count() == 2
    assert run() == "Removed 0 idempotency records.\nRemoved 0 rate limit counters.\n"
    assert str(IdempotencyRecord(principal="user:1", pk=5)) == "user:1 #5"
    assert str(RateLimitCounter.objects.first()) == "s: 1"
