"""The errors of evidence.

::

    InvalidInput (400)
    └── NothingSelected     an undo names neither run, call, token nor agent
    Unprocessable (422)
    └── TooManyActs         more than one undo takes on
    Conflict (409)
    └── PlanChanged         what would be undone is no longer what was looked at
"""

from __future__ import annotations

from typing import ClassVar

from ai_cms.core.exceptions import Conflict, InvalidInput, Unprocessable

__all__ = ["NothingSelected", "PlanChanged", "TooManyActs"]


class NothingSelected(InvalidInput):
    """Without one of them everything that any program ever did would be taken back."""

    default_code = "nothing_selected"
    default_detail = "Name a run, a call, a token or an agent."


class TooManyActs(Unprocessable):
    """One undo holds locks for as long as it takes."""

    default_code = "too_many_acts"

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(
            f"{count} acts are more than the {limit} of UNDO_MAX_ACTS that one undo takes back. Name a later time.",
            count=count,
            limit=limit,
        )


class PlanChanged(Conflict):
    """Somebody worked on the pages since the plan was shown."""

    default_code = "plan_changed"
    default_detail: ClassVar[str] = "What would be undone is another than you looked at. Look at it again."
