"""Write the tables of the reference from the code: `make reference`.

Each table stands between ``<!-- table: NAME -->`` and ``<!-- /table -->`` in a page of docs/reference; what is around
it is written by hand. tests/test_docs.py fails when a page and the code differ.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).resolve().parent / "reference"
APPS = ("core", "blocks", "assets", "pages", "llm", "assist")
MARKED = re.compile(r"<!-- table: (?P<name>\w+) -->\n.*?<!-- /table -->", re.DOTALL)


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table; cells may hold anything on one line."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in lines
    )


def code(value: object) -> str:
    return f"`{value}`"


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
}


def filled(text: str) -> str:
    """Return a page with its tables made anew."""

    def replace(match: re.Match[str]) -> str:
        return f"<!-- table: {match['name']} -->\n\n{TABLES[match['name']]()}\n\n<!-- /table -->"

    return MARKED.sub(replace, text)


def pages() -> Iterator[tuple[Path, str, str]]:
    """Yield each reference page with its text and the text it should have."""
    for path in sorted(REFERENCE.glob("*.md")):
        text = path.read_text("utf-8")
        if MARKED.search(text):
            yield path, text, filled(text)


def main(argv: list[str]) -> Any:
    sys.path.insert(0, str(REFERENCE.parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings.base")
    import django

    django.setup()
    for path, text, wanted in pages():
        if text != wanted:
            path.write_text(wanted, "utf-8")
            print("wrote", path.name)


if __name__ == "__main__":
    main(sys.argv)
