"""Every write of portfolios and of what they are made of. The first keyword everywhere is ``actor``."""

from __future__ import annotations

from .guide import Guide, Step, guide_of
from .importing import Imported, import_resume
from .portfolios import create_portfolio, delete_portfolio, ensure_index, update_portfolio
from .rows import create_row, delete_row, update_row
from .starting import starter_pages
from .tailoring import accept_resume_proposal, propose_resume, reject_resume_proposal

__all__ = [
    "Guide",
    "Imported",
    "Step",
    "accept_resume_proposal",
    "create_portfolio",
    "create_row",
    "delete_portfolio",
    "delete_row",
    "ensure_index",
    "guide_of",
    "import_resume",
    "propose_resume",
    "reject_resume_proposal",
    "starter_pages",
    "update_portfolio",
    "update_row",
]
