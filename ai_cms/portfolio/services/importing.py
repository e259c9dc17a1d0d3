"""Take a résumé in: a JSON Resume, or LinkedIn's export; and, where that is wanted, make rows of what it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from django.db import router, transaction
from django.utils.translation import gettext as _
from pydantic_core import PydanticCustomError

from ai_cms.blocks.types.text import check_url
from ai_cms.core import strictjson
from ai_cms.core.exceptions import InvalidInput, TooLarge
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, ActorLike

from .. import get_project_model, get_resume_model, get_skill_model
from ..conf import portfolio_settings
from ..exceptions import ImportRefused, ResumeInvalid
from ..resumes.dates import is_date
from ..resumes.linkedin import is_archive, read_export
from ..resumes.schema import resume_problems
from .rows import create_row

if TYPE_CHECKING:
    from ..models import AbstractResume

__all__ = ["Imported", "import_resume", "read_resume"]

_LONGEST_TITLE = 200


@dataclass(frozen=True)
class Imported:
    """What an import made; names that were there already are not among them."""

    resume: Any
    projects: list[Any]
    skills: list[Any]


def read_resume(file: IO[bytes]) -> JsonObject:
    """Return the JSON Resume in a file, or the one that an export of LinkedIn makes.

    Raises ImportRefused, ResumeInvalid, TooLarge.
    """
    if is_archive(file):
        if _size(file) > portfolio_settings.LINKEDIN_MAX_BYTES:
            raise TooLarge(_("The archive is over %(most)d bytes.") % {"most": portfolio_settings.LINKEDIN_MAX_BYTES})
        content: Any = read_export(file)
    else:
        raw = file.read(portfolio_settings.RESUME_MAX_BYTES + 1)
        if len(raw) > portfolio_settings.RESUME_MAX_BYTES:
            raise TooLarge(_("The file is over %(most)d bytes.") % {"most": portfolio_settings.RESUME_MAX_BYTES})
        try:
            content = strictjson.loads(raw)
        except InvalidInput as error:
            raise ImportRefused(
                _("This is neither a JSON Resume nor an export of LinkedIn: %(problem)s") % {"problem": error.detail}
            ) from error
    problems = resume_problems(content)
    if problems:
        raise ResumeInvalid(problems)
    found: JsonObject = content
    return found


def import_resume(
    content: JsonObject, *, actor: ActorLike, title: str = "", rows: bool = False, owner: object = None
) -> Imported:
    """Keep a JSON Resume as a résumé of the actor's (or ``owner``'s); it is stored as it came.

    ``title``: default the name and label in it. ``rows``: also make a project and a skill of each that it names and that is
    not there by that name yet. All or nothing. Raises ResumeInvalid, TooMany and what permissions raise.
    """
    who = Actor.of(actor)
    account = owner if owner is not None else who.account
    model = get_resume_model()
    with transaction.atomic(using=router.db_for_write(model)):
        named = title or _title(content)
        resume = create_row(model, actor=who, owner=account, title=named[:_LONGEST_TITLE], content=content)
        if not rows:
            return Imported(resume, [], [])
        return Imported(resume, _projects(resume, who, account), _skills(resume, who, account))


def _size(file: IO[bytes]) -> int:
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    return size


def _title(content: JsonObject) -> str:
    basics = content.get("basics")
    words = [basics.get(name) for name in ("name", "label")] if isinstance(basics, dict) else []
    return ", ".join(word for word in words if isinstance(word, str) and word) or _("Résumé")


def _projects(resume: AbstractResume, actor: Actor, account: Any) -> list[Any]:
    model = get_project_model()
    known = _names(model.objects.of_owner(account.pk).values_list("title", flat=True))
    made = []
    for item in resume.part("projects"):
        name = item.get("name", "").strip()[:200]
        if not name or name.casefold() in known:
            continue
        known.add(name.casefold())
        words = [word.strip()[:60] for word in item.get("keywords", []) if word.strip()]
        text = "\n".join([item.get("description", ""), *(f"- {point}" for point in item.get("highlights", []))])
        made.append(
            create_row(
                model,
                actor=actor,
                owner=account,
                title=name,
                description=text.strip()[:5_000],
                link=_link(item.get("url", "")),
                technologies=words[:50],
                start_date=_date(item.get("startDate")),
                end_date=_date(item.get("endDate")),
            )
        )
    return made


def _skills(resume: AbstractResume, actor: Actor, account: Any) -> list[Any]:
    model = get_skill_model()
    known = _names(model.objects.of_owner(account.pk).values_list("name", flat=True))
    made = []
    for item in resume.part("skills"):
        name = item.get("name", "").strip()[:100]
        if name and name.casefold() not in known:
            known.add(name.casefold())
            made.append(create_row(model, actor=actor, owner=account, name=name))
    return made


def _names(values: Iterable[str]) -> set[str]:
    return {value.casefold() for value in values}


def _date(value: Any) -> str:
    return value if is_date(value) else ""


def _link(value: str) -> str:
    try:
        return check_url(value) if len(value) <= 2_000 else ""
    except PydanticCustomError:
        return ""
