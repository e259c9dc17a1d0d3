"""Rate limits of REST views."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from ai_cms.core.limits import check_limit, subject_of

__all__ = ["RateLimitThrottle"]


class RateLimitThrottle(BaseThrottle):
    """Apply ``view.rate_limit = (scope, limit, seconds)``, counted by account, by address for anonymous visitors.

    It refuses by raising LimitExceeded, which carries the time to wait.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        rate = getattr(view, "rate_limit", None)
        if rate is not None:
            scope, limit, window = rate
            check_limit(scope, subject_of(request), limit, window)
        return True
