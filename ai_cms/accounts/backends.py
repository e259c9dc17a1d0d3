"""Django's log-in, admin included, for those whose address is proven."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

__all__ = ["EmailBackend"]


class EmailBackend(ModelBackend):
    """ModelBackend that lets in only users who are active, not deleted, and whose address is verified."""

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and bool(getattr(user, "can_log_in", True))
