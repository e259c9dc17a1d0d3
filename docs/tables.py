"""Write the tables of the reference and the examples of the other pages from the code: `make reference`.

Each table stands between ``<!-- table: NAME -->`` and ``<!-- /table -->``, each example between ``<!-- file: PATH -->``
and ``<!-- /file -->``, so that the pages read on a git host as they do in the built documentation; what is around them
is written by hand. A part of a file: ``part=NAME`` is what stands between ``# [NAME]`` and ``# [/NAME]``, or a function
as ``Class.method``. tests/test_docs.py fails when a page and the code differ.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
REFERENCE = DOCS / "reference"
APPS = (
    "core",
    "blocks",
    "assets",
    "pages",
    "posts",
    "llm",
    "assist",
    "retrieval",
    "chat",
    "portfolio",
    "evidence",
    "machines",
    "studio",
    "accounts",
    "mcp",
)
LANGUAGES = {".py": "python", ".html": "html+django", ".md": "markdown"}
INCLUDED = re.compile(
    r"<!-- file: (?P<path>\S+)(?: part=(?P<part>\S+))?(?: as (?P<caption>\S+))? -->\n.*?<!-- /file -->", re.DOTALL
)
MARKED = re.compile(r"<!-- table: (?P<name>\w+) -->\n.*?<!-- /table -->", re.DOTALL)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table; cells may hold anything on one line."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    )


def code(value: object) -> str:
    return f"`{value}`"


def first_line(item: object) -> str:
    """Return the first sentence of a docstring, which may be on several lines."""
    text = (inspect.getdoc(item) or "").split("\n\n")[0]
    return " ".join(text.replace("``", "`").split())


def signature(item: Any) -> str:
    """Return the names of a function's arguments; ``*`` stands before those that need their name, ``=`` after optional ones."""
    names = []
    star = False
    for parameter in inspect.signature(item).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            names.append("*")
            star = True
        names.append(parameter.name + ("" if parameter.default is parameter.empty else "="))
    return ", ".join(names)


def services() -> str:
    from ai_cms.pages import services as module

    functions = {name: getattr(module, name) for name in module.__all__}
    rows = [
        (code(f"{name}({signature(item)})"), first_line(item))
        for name, item in functions.items()
        if inspect.isfunction(item)
    ]
    return table(("function", "does"), rows)


def page_type_members() -> str:
    from ai_cms.pages.models import AbstractPage

    rows = []
    for name in (
        "type_name",
        "template_names",
        "get_context",
        "shown_document",
        "type_fields",
        "facets",
        "public_fields",
        "sharing_picture",
        "loaded_for_public",
        "get_excerpt",
        "search_extra",
        "refused_fields",
        "receive",
    ):
        item = getattr(AbstractPage, name)
        arguments = [one for one in signature(item).split(", ") if one != "self"]
        rows.append((code(f"{name}({', '.join(filter(None, arguments))})"), first_line(item)))
    return table(("method", "does"), rows)


def template_tags() -> str:
    from importlib import import_module

    rows = []
    for app in APPS:
        for path in sorted((ROOT / "ai_cms" / app / "templatetags").glob("ai_cms_*.py")):
            library = import_module(f"ai_cms.{app}.templatetags.{path.stem}").register
            for kind, found in (("tag", library.tags), ("filter", library.filters)):
                for name, item in sorted(found.items()):
                    rows.append((code(path.stem), kind, code(name), first_line(inspect.unwrap(item))))
    return table(("load", "kind", "name", "does"), rows)


def settings_of(app: str) -> str:
    """Return the settings of one app, in the order of its source."""
    from ai_cms.core.conf import AppSettings

    rows = []
    for group in AppSettings.groups:
        if not group.__module__.startswith(f"ai_cms.{app}."):
            continue
        for setting in group.declared():
            kinds = " or ".join("None" if kind is type(None) else kind.__name__ for kind in setting.types)
            default = "built in" if len(repr(setting.default)) > 160 else code(repr(setting.default))
            rows.append((code(setting.name), kinds, default, str(setting.help)))
    return table(("key", "type", "default", "meaning"), rows) if rows else "This app has no settings."


def swappable_models() -> str:
    from django.apps import apps

    rows = [
        (code(model._meta.swappable), code(model._meta.label))
        for model in apps.get_models(include_swapped=True)
        if (model._meta.swappable or "").startswith("AI_CMS_")
    ]
    return table(("setting", "default"), sorted(rows))


def blocks_of_library() -> str:
    from ai_cms.blocks import blocks

    rows = []
    for name, block in blocks.items():
        if not block.__module__.startswith("ai_cms."):
            continue
        meta = block.block_meta
        fields = ", ".join(
            code(field) if info.is_required() else f"{code(field)}?" for field, info in block.model_fields.items()
        )
        children = {None: "-", "*": "any"}.get(meta.allowed_children) or ", ".join(
            map(code, meta.allowed_children or ())
        )
        rows.append((code(name), (inspect.getdoc(block) or "").split("\n")[0], fields, children))
    return table(("type", "what it is", "props (? = optional)", "children"), rows)


def commands() -> str:
    from django.core.management import get_commands, load_command_class

    rows = []
    for name, app in sorted(get_commands().items()):
        if isinstance(app, str) and app.startswith("ai_cms."):
            rows.append((code(name), code(app), str(load_command_class(app, name).help)))
    return table(("command", "app", "does"), rows)


def writing_tasks() -> str:
    from ai_cms.assist.registry import tasks

    rows = []
    for name, task in tasks.items():
        if not type(task).__module__.startswith("ai_cms."):
            continue
        fields = ", ".join(
            code(field) if info.is_required() else f"{code(field)}?"
            for field, info in task.payload_model.model_fields.items()
        )
        output = ", ".join(map(code, task.output_model.model_fields))
        rows.append((code(name), str(task.description), fields, output))
    return table(("task", "what it makes", "payload (? = optional)", "the model answers"), rows)


TABLES: dict[str, Callable[[], str]] = {
    **{f"settings_{app}": (lambda app=app: settings_of(app)) for app in APPS},  # type: ignore[misc]
    "swappable_models": swappable_models,
    "blocks_of_library": blocks_of_library,
    "commands": commands,
    "writing_tasks": writing_tasks,
    "services": services,
    "page_type_members": page_type_members,
    "template_tags": template_tags,
}


def part_of(text: str, part: str | None) -> str:
    """Return the part of a Python file that has a name. Raises LookupError."""
    if part is None:
        return text
    if f"# [{part}]" in text:
        return text.split(f"# [{part}]\n")[1].split(f"# [/{part}]")[0]
    lines = text.split("\n")
    *owners, name = part.split(".")
    for node in ast.walk(ast.parse(text)):
        inside = isinstance(node, ast.ClassDef) and [node.name] == owners if owners else isinstance(node, ast.Module)
        for item in node.body if inside else ():  # type: ignore[attr-defined]
            if getattr(item, "name", None) == name:
                return textwrap.dedent("\n".join(lines[item.lineno - 1 : item.end_lineno]))
    raise LookupError(part)


def example(match: re.Match[str]) -> str:
    """Return an example made anew: a marker, the name of the file, and its text as a block of code."""
    path = ROOT / match["path"]
    opening = match[0].split("\n")[0]
    text = part_of(path.read_text("utf-8"), match["part"]).strip("\n")
    caption = f"`{match['caption']}`\n\n" if match["caption"] else ""
    return f"{opening}\n\n{caption}```{LANGUAGES[path.suffix]}\n{text}\n```\n\n<!-- /file -->"


def filled(text: str) -> str:
    """Return a page with its tables made anew."""

    def replace(match: re.Match[str]) -> str:
        return f"<!-- table: {match['name']} -->\n\n{TABLES[match['name']]()}\n\n<!-- /table -->"

    return INCLUDED.sub(example, MARKED.sub(replace, text))


def pages() -> Iterator[tuple[Path, str, str]]:
    """Yield each page that has something from the code, with its text and the text it should have."""
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text("utf-8")
        if MARKED.search(text) or INCLUDED.search(text):
            yield path, text, filled(text)


def main(argv: list[str]) -> Any:
    sys.path.insert(0, str(ROOT))
    # Every app is installed in these.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings.accounts")
    import django

    django.setup()
    stale = [(path, wanted) for path, text, wanted in pages() if text != wanted]
    for path, wanted in stale:
        if "--check" in argv:
            print(path.name, "differs from the code")
        else:
            path.write_text(wanted, "utf-8")
            print("wrote", path.name)
    return int("--check" in argv and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
