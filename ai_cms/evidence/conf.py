"""The settings of ``ai_cms.evidence``."""

from __future__ import annotations

from ai_cms.core.conf import AppSettings, Setting, not_negative, positive

__all__ = ["EvidenceSettings", "evidence_settings"]


class EvidenceSettings(AppSettings):
    """Settings of ``ai_cms.evidence``."""

    UNDO_MAX_ACTS = Setting(
        5_000, int, "Acts that one undo takes back; of more a later time has to be named.", validate=positive
    )
    JOURNAL_KEEP_DAYS = Setting(
        0,
        int,
        "Days for which `prune_journal` keeps what agents did, for undoing; 0 keeps all. Acceptances always stay.",
        validate=not_negative,
    )


evidence_settings = EvidenceSettings()
