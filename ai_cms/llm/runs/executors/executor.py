"""What an executor is."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

__all__ = ["Executor"]


class Executor:
    """Carry out runs by id."""

    def start(self, run_id: UUID) -> None:
        """See to it that the run is carried out, soon. Called once its row has been committed."""
        raise NotImplementedError(f"{type(self).__name__} has no start().")

    def nudge(self, run_id: UUID) -> None:
        """Somebody watches a run that has waited for a while: look whether it was forgotten. Does nothing by itself."""

    def start_after_commit(self, run_id: UUID) -> None:
        """Call start() when the current transaction, if there is one, has been committed."""
        # Robust: the run has been stored, and an error would have the client start another. Who comes for it later is
        # the command, or whoever watches it.
        # No partial: to log what one raises, Django before 6.1 asks for a name that it lacks, and raises in turn.
        transaction.on_commit(lambda: self.start(run_id), robust=True)
