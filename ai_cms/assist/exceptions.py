"""The errors of assist.

::

    AssistError
    ├── UnknownTask (400)
    ├── InvalidPayload (400)     messages by path under "payload"
    ├── PageNeeded (400)         the task works on a page, and none was named
    ├── NoPage (400)             the task works on something else, and a page was named
    ├── NoNewPage (400)          the task makes no page, or works on one already, and a parent was named
    └── InvalidGoldenSet (400)   a file of cases that cannot be used
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from pydantic import ValidationError

from ai_cms.core.exceptions import AICMSError, InvalidInput

__all__ = ["AssistError", "InvalidGoldenSet", "InvalidPayload", "NoNewPage", "NoPage", "PageNeeded", "UnknownTask"]


class AssistError(AICMSError):
    """Base of the errors of assist."""


class UnknownTask(AssistError, InvalidInput):
    """There is no writing task of that name."""

    def __init__(self, name: object, known: Iterable[str]) -> None:
        shown = str(name)[:100]
        super().__init__(
            errors={
                "task": [
                    _("There is no task %(name)r. Choose one of: %(known)s.")
                    % {"name": shown, "known": ", ".join(known)}
                ]
            }
        )


class InvalidPayload(AssistError, InvalidInput):
    """The payload is not what the task takes."""

    @classmethod
    def of(cls, error: ValidationError) -> InvalidPayload:
        """Return the refusal of what Pydantic found."""
        problems = [
            {"loc": [str(step) for step in problem["loc"]], "type": problem["type"], "msg": problem["msg"]}
            for problem in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        return cls(errors={"payload": problems})


class PageNeeded(AssistError, InvalidInput):
    """The task changes a page and none was named."""

    def __init__(self) -> None:
        super().__init__(errors={"page": [_("This task works on a page; name its id.")]})


class NoPage(AssistError, InvalidInput):
    """A page was named for a task that works on something else."""

    def __init__(self) -> None:
        super().__init__(errors={"page": [_("This task does not work on a page; leave the page out.")]})


class NoNewPage(AssistError, InvalidInput):
    """A place for a new page was named where none is made."""

    def __init__(self, *, with_page: bool) -> None:
        message = _("Name a page or a parent, not both.") if with_page else _("This task makes no page of its own.")
        super().__init__(errors={"parent": [message]})


class InvalidGoldenSet(AssistError, InvalidInput):
    """A file of golden cases cannot be used."""

    def __init__(self, path: str, problems: Iterable[str]) -> None:
        super().__init__(_("%(path)s: %(problems)s") % {"path": path, "problems": "; ".join(problems)})
