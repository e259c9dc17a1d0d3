"""Golden sets: files of writing tasks with what is asked of their answers.

::

    {"name": "bakery", "cases": [
      {"id": "opening", "task": "page_draft", "payload": {"brief": "…"}, "checks": {"words": [40, 300], "language": "en"}}
    ]}
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ai_cms.assist.exceptions import AssistError, InvalidGoldenSet
from ai_cms.assist.registry import get_task
from ai_cms.assist.services import prepared
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor

__all__ = ["SHIPPED", "Checks", "GoldenCase", "GoldenSet", "read_set", "read_sets"]

#: The set that comes with the library.
SHIPPED = Path(__file__).resolve().parent.parent / "golden" / "writing.json"

Phrases = list[Annotated[str, Field(min_length=1, max_length=500)]]
Range = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class Checks(BaseModel):
    """What is asked of an answer, beyond that it is valid.

    ``contains``, ``excludes``: phrases, upper and lower case alike; ``keeps``: protected phrases, to the letter. ``words``: of
    all text, at least and at most; ``characters``, ``items``: the same of a text or list of the output, by its name.
    ``language``: its tag. ``block_types``: those that may be used; ``needs_blocks``: those that have to be. ``no_new_numbers``,
    ``no_new_links``: only such as stand in the payload.
    """

    model_config = ConfigDict(extra="forbid")

    contains: Phrases = []
    excludes: Phrases = []
    keeps: Phrases = []
    words: Range | None = None
    characters: dict[str, Range] = {}
    items: dict[str, Range] = {}
    language: str = ""
    block_types: list[str] = []
    needs_blocks: list[str] = []
    no_new_numbers: bool = False
    no_new_links: bool = False


class GoldenCase(BaseModel):
    """One use of a task. ``id``: unlike that of all others; ``note``: what it is there for."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=80)]
    task: str
    payload: JsonObject
    checks: Checks = Checks()
    note: str = ""


class GoldenSet(BaseModel):
    """The cases of a file."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80)]
    cases: Annotated[list[GoldenCase], Field(min_length=1)]

    @field_validator("cases")
    @classmethod
    def once(cls, cases: list[GoldenCase]) -> list[GoldenCase]:
        """Refuse cases of one id: a report could not tell them apart."""
        ids = [case.id for case in cases]
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise ValueError(f"More than one case is called {', '.join(twice)}.")
        return cases


def read_set(path: Path) -> GoldenSet:
    """Return the set of a JSON or YAML file, its tasks known and its payloads valid. Raises InvalidGoldenSet."""
    try:
        text = path.read_text("utf-8")
        found: Any = yaml.safe_load(text) if path.suffix in (".yaml", ".yml") else json.loads(text)
        golden = GoldenSet.model_validate(found)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:10]]
        raise InvalidGoldenSet(str(path), problems) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidGoldenSet(str(path), [str(error)]) from error
    problems = [told for case in golden.cases if (told := _problem(case))]
    if problems:
        raise InvalidGoldenSet(str(path), problems)
    return golden


def read_sets(paths: Iterable[Path]) -> list[GoldenCase]:
    """Return the cases of several files. Raises InvalidGoldenSet, also for one id in two of them."""
    cases: dict[str, GoldenCase] = {}
    for path in paths:
        golden = read_set(path)
        if twice := sorted(cases.keys() & {case.id for case in golden.cases}):
            raise InvalidGoldenSet(str(path), [f"Another set has a case called {', '.join(twice)}."])
        cases |= {case.id: case for case in golden.cases}
    return list(cases.values())


def _problem(case: GoldenCase) -> str:
    """Return what is wrong with a case's task or payload; "" for nothing."""
    try:
        prepared(get_task(case.task), Actor.system("ai_eval"), case.payload, None, None)
    except (AssistError, RequestRefused) as error:
        return f"{case.id}: {json.dumps(getattr(error, 'errors', None) or str(error), default=str)}"
    return ""
