"""What the script of the pages says, in the visitor's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

__all__ = ["words"]

_WORDS: dict[str, Any] = {
    "logged_out": _("You have been logged out. Log in again in another tab; what you wrote is kept here."),
    "log_in": _("Log in"),
    "unreachable": _("The site cannot be reached at the moment. What you wrote is kept here."),
    "refused": _("That did not work."),
    "slow": _("That took too long."),
    "again": _("Try again"),
    "copied": _("Copied."),
    "copy": _("Copy"),
    "copy_code": _("Copy code"),
    "stopped": _("Stopped."),
    "writing": _("An answer is being written."),
    "answered": _("Answer:"),
    "waiting": _("Your approval is needed."),
    "undo": _("Undo"),
    "deleted": _("The conversation is deleted."),
    "room_deleted": _("The room is deleted."),
    "message_deleted": _("The message is deleted."),
    "new_title": _("New name"),
    "save": _("Save"),
    "cancel": _("Cancel"),
    "edit": _("Your question, changed"),
    "ask": _("Ask again"),
    "earlier": _("Earlier messages are shown."),
    "too_long": _("This is too long: at most %(most)s characters."),
    "uploading": _("%(name)s is being sent …"),
    "remove": _("Remove %(name)s"),
    "left_out": _("%(count)s earlier messages are no longer sent to the model."),
    "gauge": _("Context: %(percent)s percent full"),
    "new_messages": _("New messages"),
    "here": _("Here now: %(names)s"),
    "and_more": _("%(names)s and %(count)s more"),
    "types": _("%(names)s is typing …"),
    "type": _("%(names)s are typing …"),
    "unread": _("unread"),
    "kept": _("Not sent yet: kept from your last visit."),
}


def words() -> dict[str, Any]:
    """Return the sentences by name."""
    return _WORDS
