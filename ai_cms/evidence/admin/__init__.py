"""The admin of evidence: what agents did and how it is taken back, who answers for what, what models wrote."""

from __future__ import annotations

from django.contrib import admin

from ..models import Acceptance, Act, Undo
from .acceptances import AcceptanceAdmin
from .acts import ActAdmin, UndoAdmin

__all__ = ["AcceptanceAdmin", "ActAdmin", "UndoAdmin"]

for model, model_admin in ((Act, ActAdmin), (Undo, UndoAdmin), (Acceptance, AcceptanceAdmin)):
    admin.site.register(model, model_admin)
