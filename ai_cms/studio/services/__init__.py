"""Every write of the studio's own tables: comments, presences, and grants of rights by subtree."""

from __future__ import annotations

from .commenting import Said, add_comment, delete_comment, reopen_thread, resolve_thread
from .granting import grant_rights, revoke_rights
from .presences import keep_present, leave_page

__all__ = [
    "Said",
    "add_comment",
    "delete_comment",
    "grant_rights",
    "keep_present",
    "leave_page",
    "reopen_thread",
    "resolve_thread",
    "revoke_rights",
]
