"""System checks of the registered blocks.

========= ================================================================================================
E001      ``allowed_children`` or ``allowed_parents`` names a type that is not registered
E002      a block has no template
E003      a template puts children where comments are text: in title, textarea, select, script, style
E004      no JSON Schema can be made of a block's fields
E005      the example of a block is not valid
E006      a BlocksField can be NULL (see ai_cms.blocks.fields)
W001      a BlocksField admits types that are not registered
W002      (with --database) finished documents hold blocks that their class refuses
========= ================================================================================================

Two classes of one type cannot be registered at all; the registry says so at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError
from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines
from django.template.loader import select_template
from pydantic import ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError

from .discovery import all_stores
from .documents.validation import load_block
from .rendering.render import template_names
from .types.annotations import field_problem
from .types.base import Block
from .types.registry import blocks

__all__ = ["check_blocks", "check_stored_documents"]

#: How many documents of each kind the check of the database looks at.
SAMPLE = 200

_CHILDREN_AS_TEXT = re.compile(
    r"<(title|textarea|select|script|style)\b(?:(?!</\1).)*\{\{\s*children\b", re.IGNORECASE | re.DOTALL
)
_CHILDREN_IN_ATTRIBUTE = re.compile(r"<[a-z][^<>]*=\s*[\"'][^\"'<>]*\{\{\s*children\s*(\||\}\})", re.IGNORECASE)


@register("blocks")
def check_blocks(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check every registered block class."""
    messages: list[CheckMessage] = []
    for _name, block_class in blocks.items():
        for check in (_check_types, _check_template, _check_schema, _check_example):
            messages.extend(check(block_class))
    return messages


@register("blocks", Tags.database)
def check_stored_documents(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Compare the oldest finished documents of each kind with the classes: a new required field makes blocks vanish."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        for label, store in all_stores():
            if not store.finished:
                continue
            try:
                batch = next(store.documents(using=alias, batch=SAMPLE), [])
            except DatabaseError:
                # Not migrated yet.
                continue
            wrong = [(key, errors[0]) for key, document in batch if (errors := document.validate(strict=True))]
            if wrong:
                key, error = wrong[0]
                found.append(
                    Warning(
                        f"{len(wrong)} of {len(batch)} documents of {label} hold blocks that their class refuses, "
                        f"so that they are not shown; {key}: {'.'.join(error.loc)}: {error.msg}",
                        hint="Give the class a new Meta.version and a step in upgrades that fills in what it needs. "
                        "`manage.py check_blocks --finished` lists them all.",
                        id="ai_cms_blocks.W002",
                    )
                )
    return found


def _check_types(block_class: type[Block]) -> Iterator[CheckMessage]:
    meta = block_class.block_meta
    for attribute in ("allowed_children", "allowed_parents"):
        names = getattr(meta, attribute)
        unknown = [name for name in names or () if name not in blocks and name not in ("", "*")]
        if unknown:
            yield Error(
                f"Meta.{attribute} names block types that are not registered: {', '.join(unknown)}.",
                hint="Register them, or take them out.",
                obj=block_class,
                id="ai_cms_blocks.E001",
            )


def _check_template(block_class: type[Block]) -> Iterator[CheckMessage]:
    # A headless site need not have any templates.
    if not engines.all():
        return
    names = template_names(block_class)
    try:
        template = select_template(names)
    except TemplateDoesNotExist:
        yield Error(
            f"The block type {block_class.block_meta.type!r} has no template.",
            hint=f"Write one of: {', '.join(names)}.",
            obj=block_class,
            id="ai_cms_blocks.E002",
        )
        return
    except TemplateSyntaxError as error:
        yield Error(
            f"The template of the block type {block_class.block_meta.type!r} cannot be read: {error}",
            obj=block_class,
            id="ai_cms_blocks.E002",
        )
        return
    source = getattr(getattr(template, "template", None), "source", "")
    if _CHILDREN_AS_TEXT.search(source) or _CHILDREN_IN_ATTRIBUTE.search(source):
        yield Error(
            "The template puts {{ children }} where HTML is text.",
            hint="Children cannot stand in title, textarea, select, script, style, or an attribute: "
            "the editor's comments would show.",
            obj=block_class,
            id="ai_cms_blocks.E003",
        )


def _check_schema(block_class: type[Block]) -> Iterator[CheckMessage]:
    try:
        block_class.model_json_schema(mode="validation")
    except PydanticInvalidForJsonSchema as error:
        problem = f"No JSON Schema can be made of the fields: {error.message}."
    except (PydanticUserError, NameError) as error:
        # A class with a forward reference is only looked at when it is first used.
        problem = (field_problem(block_class) or str(error)).split("\n")[0]
    else:
        return
    yield Error(
        problem,
        hint="Use types that JSON has, or give the field a JSON Schema of its own.",
        obj=block_class,
        id="ai_cms_blocks.E004",
    )


def _check_example(block_class: type[Block]) -> Iterator[CheckMessage]:
    example = block_class.block_meta.example
    if not example:
        return
    try:
        load_block(block_class, dict(example))
    except PydanticUserError:
        # The fields are wrong, which another check says.
        return
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        yield Error(
            f"Meta.example is not valid: {'.'.join(map(str, first['loc']))}: {first['msg']}.",
            obj=block_class,
            id="ai_cms_blocks.E005",
        )
