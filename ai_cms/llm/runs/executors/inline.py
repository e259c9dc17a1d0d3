"""Runs carried out by whoever starts them."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import connection, transaction

from ..execution import execute_run
from .executor import Executor

__all__ = ["InlineExecutor"]


class InlineExecutor(Executor):
    """Carry the run out at once, in the caller: for tests and scripts."""

    def start_after_commit(self, run_id: UUID) -> None:
        # A test's own transaction never commits; only the transactions of the code are waited for.
        blocks = connection.atomic_blocks
        if blocks and not getattr(blocks[-1], "_from_testcase", False):
            transaction.on_commit(partial(self.start, run_id))
        else:
            self.start(run_id)

    def start(self, run_id: UUID) -> None:
        execute_run(run_id)
