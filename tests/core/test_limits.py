from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from ai_cms.core.exceptions import LimitExceeded
from ai_cms.core.limits import check_limit, client_address, reset_limit
from ai_cms.core.models import RateLimitCounter


@pytest.mark.django_db
def test_a_limit_counts_down_and_then_refuses() -> None:
    assert [check_limit("s", "a", 3, 60) for _ in range(3)] == [2, 1, 0]
    with pytest.raises(LimitExceeded) as refused:
        check_limit("s", "a", 3, 60)
    assert 58 <= (refused.value.retry_after or 0) <= 60
    assert check_limit("s", "b", 3, 60) == 2
    assert check_limit("other", "a", 3, 60) == 2


@pytest.mark.django_db
def test_the_window_ends() -> None:
    check_limit("s", "a", 1, 60)
    RateLimitCounter.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert check_limit("s", "a", 1, 60) == 0
    with pytest.raises(LimitExceeded):
        check_limit("s", "a", 1, 60)
    assert RateLimitCounter.objects.count() == 1


@pytest.mark.django_db
def test_a_limit_is_one_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        check_limit("s", "a", 3, 60)
    with django_assert_num_queries(1):
        check_limit("s", "a", 3, 60)


@pytest.mark.django_db
def test_counters_can_be_forgotten_and_name_nobody() -> None:
    check_limit("login", "user@example.com", 1, 60)
    assert "example" not in RateLimitCounter.objects.get().key
    reset_limit("login", "user@example.com")
    assert check_limit("login", "user@example.com", 1, 60) == 0


@pytest.mark.django_db
def test_the_setting_replaces_limits(settings: Any) -> None:
    settings.AI_CMS = {"RATE_LIMITS": {"s": (1, 10), "free": None, "shut": (0, 5)}}
    check_limit("s", "a", 100, 60)
    with pytest.raises(LimitExceeded) as refused:
        check_limit("s", "a", 100, 60)
    assert (refused.value.retry_after or 0) <= 10
    for _ in range(3):
        check_limit("free", "a", 1, 60)
    with pytest.raises(LimitExceeded):
        check_limit("shut", "a", 1, 60)


@pytest.mark.django_db
def test_a_view_answers_429(api_client: APIClient, member: Any, client_of: Any) -> None:
    assert [api_client.get("/t/limited/").status_code for _ in range(3)] == [200, 200, 429]
    answer = api_client.get("/t/limited/", headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.status_code == 429
    assert answer.json() == {"detail": "Too many requests.", "code": "limit_exceeded"}
    assert int(answer["Retry-After"]) > 0
    # An account has a limit of its own, wherever it comes from.
    assert client_of(member).get("/t/limited/").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "nonsense", "unknown"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8::1]:443", "2001:db8::/64"),
        (1, "2001:db8::ffff:1", "2001:db8::/64"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "fe80::1%eth0", "fe80::/64"),
    ],
)
def test_addresses(settings: Any, proxies: int, forwarded: str, expected: str) -> None:
    settings.AI_CMS = {"TRUSTED_PROXY_COUNT": proxies}
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == expected


def test_a_socket_has_no_address() -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) == "unknown"
