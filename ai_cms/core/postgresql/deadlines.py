"""How long a PostgreSQL server may be silent: together less than two seconds."""

from __future__ import annotations

__all__ = ["KEPT_DEADLINE", "NEW_DEADLINE", "REST"]

#: Seconds that a kept connection may take to answer ``SELECT 1``.
KEPT_DEADLINE = 0.8
#: Seconds that a server may take to answer the first bytes of a new connection.
NEW_DEADLINE = 1.0
#: Seconds for which a server that was silent is not asked again.
REST = 1.0
