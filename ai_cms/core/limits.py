"""Rate limits that hold under parallel load: one conditional upsert decides and counts.

A window begins with the first request and lasts ``window`` seconds. Limits are keyed on the account where there is one,
else on the address.
"""

from __future__ import annotations

import ipaddress
import math
from datetime import timedelta

from django.db import connections, router
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .conf import core_settings
from .exceptions import LimitExceeded
from .models import RateLimitCounter

__all__ = ["check_limit", "client_address", "reset_limit", "subject_of"]

_UPSERT = """
INSERT INTO {table} (scope, {key}, {count}, expires_at) VALUES (%s, %s, 1, %s)
ON CONFLICT (scope, {key}) DO UPDATE SET
  {count} = CASE WHEN {table}.expires_at <= %s THEN 1 ELSE {table}.{count} + 1 END,
  expires_at = CASE WHEN {table}.expires_at <= %s THEN excluded.expires_at ELSE {table}.expires_at END
WHERE {table}.expires_at <= %s OR {table}.{count} < %s
RETURNING {count}
"""


def check_limit(scope: str, key: str, limit: int, window: int) -> int:
    """Count one use of ``scope`` by ``key`` and return how many are left in the window.

    ``limit`` uses in ``window`` seconds, unless ``AI_CMS["RATE_LIMITS"]`` has another pair for the scope.
    Raises LimitExceeded with ``retry_after`` when none is left. Outside a transaction the count lasts whatever happens
    to the request; inside one it is undone with it.
    """
    rate = core_settings.RATE_LIMITS.get(scope, (limit, window))
    if rate is None:
        return limit
    limit, window = rate
    if limit <= 0:
        raise LimitExceeded(retry_after=window)
    hashed = _hashed(key)
    now = timezone.now()
    connection = connections[router.db_for_write(RateLimitCounter)]
    quote = connection.ops.quote_name
    # Only names of our own model are put into the statement; every value is a parameter.
    statement = _UPSERT.format(table=quote(RateLimitCounter._meta.db_table), key=quote("key"), count=quote("count"))
    moment = connection.ops.adapt_datetimefield_value(now)
    end = connection.ops.adapt_datetimefield_value(now + timedelta(seconds=window))
    with connection.cursor() as cursor:
        cursor.execute(statement, [scope, hashed, end, moment, moment, moment, limit])
        row = cursor.fetchone()
    if row is not None:
        return int(limit - row[0])
    expiry = RateLimitCounter.objects.filter(scope=scope, key=hashed).values_list("expires_at", flat=True).first()
    wait = (expiry - now).total_seconds() if expiry else 0
    raise LimitExceeded(retry_after=max(1, math.ceil(wait)))


def reset_limit(scope: str, key: str) -> None:
    """Forget what ``key`` used of ``scope``, as after a successful login."""
    RateLimitCounter.objects.filter(scope=scope, key=_hashed(key)).delete()


def subject_of(request: HttpRequest) -> str:
    """Return the key of who sends ``request``: the account, else the address."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    return f"address:{client_address(getattr(request, '_request', request))}"


def client_address(request: HttpRequest) -> str:
    """Return the address of the client; an IPv6 address stands for its /64 network, which one household has whole.

    ``X-Forwarded-For`` counts only as far as ``AI_CMS["TRUSTED_PROXY_COUNT"]`` proxies in front wrote it.
    """
    raw = request.META.get("REMOTE_ADDR", "")
    proxies = core_settings.TRUSTED_PROXY_COUNT
    if proxies:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        # The last entry was written by the nearest proxy; what stands further left may be the client's invention.
        if len(hops) >= proxies:
            raw = hops[-proxies]
    return _normalised(raw)


def _normalised(raw: str) -> str:
    host = raw.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _hashed(key: str) -> str:
    return salted_hmac("ai_cms.core.limits", key, algorithm="sha256").hexdigest()
