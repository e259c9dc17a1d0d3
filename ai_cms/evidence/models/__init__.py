"""The tables of evidence."""

from __future__ import annotations

from .acceptance import Acceptance, AcceptedBlock, Authored, AuthoredPage
from .act import Act, ActKind, Undo

__all__ = ["Acceptance", "AcceptedBlock", "Act", "ActKind", "Authored", "AuthoredPage", "Undo"]
