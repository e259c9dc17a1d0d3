"""The errors of chat.

::

    ChatError
    ├── InvalidAgent (400)        messages by field: a value that its AI service does not support, a name that is taken
    ├── InvalidMessage (400)      messages by field: empty, too long, an attachment that is not there
    ├── NoAgent (409)             nobody is there who could answer
    ├── AnswerOpen (409)          the answer is still being written
    ├── NotPossible (409)         this cannot be done with this message: it is no answer, deleted, not cut short
    ├── OwnerStays (409)          a room's owner leaves only when another member is its owner
    ├── ApprovalClosed (409)      decided already, or too late
    ├── PersonNeeded (403)        a program wanted to decide for a person
    ├── SessionNeeded (403)       a ticket for a WebSocket is a browser's; a program sends its token
    ├── TooMany (409)             as many agents, members, invitations as allowed
    └── TooManyAnswers (429)      as many answers of one user at once as allowed
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import AICMSError, Conflict, InvalidInput, LimitExceeded, PermissionRefused

__all__ = [
    "AnswerOpen",
    "ApprovalClosed",
    "ChatError",
    "InvalidAgent",
    "InvalidMessage",
    "NoAgent",
    "NotPossible",
    "OwnerStays",
    "PersonNeeded",
    "SessionNeeded",
    "TooMany",
    "TooManyAnswers",
]


class ChatError(AICMSError):
    """Base of the errors of chat."""


class InvalidAgent(ChatError, InvalidInput):
    """An agent as it may not be."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(errors=errors)


class InvalidMessage(ChatError, InvalidInput):
    """A message as it may not be."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(errors={field: [message]})


class NoAgent(ChatError, Conflict):
    """The conversation has no agent that answers."""

    def __init__(self) -> None:
        super().__init__(_("This conversation has no active agent. Choose one."), code="no_agent")


class AnswerOpen(ChatError, Conflict):
    """The answer is still being written."""

    def __init__(self) -> None:
        super().__init__(
            _("The answer is still being written. Wait for its end, or stop it."), code="answer_open", retry_after=2
        )


class NotPossible(ChatError, Conflict):
    """This cannot be done with this message."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="not_possible")


class OwnerStays(ChatError, Conflict):
    """The owner of a room cannot go."""

    def __init__(self) -> None:
        super().__init__(
            _("The owner of a room cannot leave it. Make another member its owner, or delete the room."),
            code="owner_stays",
        )


class ApprovalClosed(ChatError, Conflict):
    """The approval is no longer open."""

    def __init__(self, status: str) -> None:
        super().__init__(_("This was decided already, or has waited too long."), code="approval_closed", status=status)


class PersonNeeded(ChatError, PermissionRefused):
    """A program wanted to decide for a person."""

    def __init__(self) -> None:
        super().__init__(
            _("Only a person who is logged in may decide this; a token of a program may not."), code="person_needed"
        )


class SessionNeeded(ChatError, PermissionRefused):
    """A program asked for a ticket."""

    def __init__(self) -> None:
        super().__init__(
            _("A ticket is for a browser that is logged in. A program sends its token as the first message."),
            code="session_needed",
        )


class TooMany(ChatError, Conflict):
    """As many as allowed are there."""

    def __init__(self, most: int, what: str) -> None:
        super().__init__(
            _("There are %(most)d %(what)s already, and no more may be.") % {"most": most, "what": what},
            code="too_many",
        )


class TooManyAnswers(ChatError, LimitExceeded):
    """As many answers are being written for the user as may be at once."""

    def __init__(self) -> None:
        super().__init__(
            _("Several answers are being written for you already. Wait for one of them."),
            code="too_many_answers",
            retry_after=5,
        )
