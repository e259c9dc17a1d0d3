"""The shapes of what the REST interface of pages reads and writes; one module a noun."""

from __future__ import annotations
