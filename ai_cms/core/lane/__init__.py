"""The fast lane: finished answers for anonymous visitors, kept in process memory in front of Django, and never stale.

A view says that its answer may be kept (:func:`keep`), an app which tables such answers are made of (:func:`watch`). Triggers
count every change of these tables; each request reads the count by one raw statement before anything kept is looked at. See
``docs/explanation/speed.md``.

``slots`` and ``watching`` are what apps use; ``triggers`` count, ``changes`` reads the count; ``keys`` decides which requests may
be answered from memory and under which key, ``answers`` which answers may be kept; ``store`` keeps them; ``traffic`` puts it
together; ``wsgi``, ``asgi`` and ``ai_cms.core.middleware.FastLaneMiddleware`` are its three entrances.
"""

from __future__ import annotations

from .slots import keep, on_answer
from .watching import expires, forgets, watch

__all__ = ["expires", "forgets", "keep", "on_answer", "watch"]
