"""Count what models are sent with each request: the schema of a page draft, and the list of the MCP tools; print one JSON object.

    python -m benchmarks.tokens
    python -m benchmarks.tokens --beside tools.json

Of the example site. Counted with o200k_base by ``bpe-openai`` or ``tiktoken`` where one is installed (the project needs neither),
else estimated as the gateway does. ``--beside``: a list of tools as an MCP server answers ``tools/list``, counted in the same
way; ``benchmarks/wagtail_mcp.py`` writes that of wagtail-mcp.

``valid``: of answers that keep to the schema and are otherwise made by chance, the share whose blocks are all valid as they come,
and the share of blocks that is left once what is wrong was taken out; beside the same for the schema that names everything.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = 400
GOALS = {"page_draft_tokens": 2_500, "mcp_tools_tokens": 2_500}


def counter() -> tuple[str, Callable[[str], int]]:
    """Return by what tokens are counted, and what counts them."""
    for name in ("bpe_openai", "tiktoken"):
        try:
            encoding = __import__(name).get_encoding("o200k_base")
        except Exception:  # noqa: S112 - not installed, or its file of ranks is elsewhere
            continue
        return f"o200k_base ({name})", partial(_encoded, encoding)
    from ai_cms.llm.tokens import estimate_text

    return "estimate of ai_cms.llm", estimate_text


def _encoded(encoding: Any, text: str) -> int:
    return len(encoding.encode(text))


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def by_chance(node: Any, definitions: dict[str, Any], dice: random.Random, depth: int = 0) -> Any:
    """Return a value that keeps to a schema; deep down, the shortest."""
    if "$ref" in node:
        return by_chance(definitions[node["$ref"].rpartition("/")[2]], definitions, dice, depth + 1)
    if "enum" in node:
        return dice.choice(node["enum"])
    if "anyOf" in node:
        return by_chance(dice.choice(node["anyOf"]), definitions, dice, depth)
    kind = node.get("type")
    if kind == "object":
        return {name: by_chance(each, definitions, dice, depth) for name, each in node["properties"].items()}
    if kind == "array":
        least = node.get("minItems", 0)
        count = least if depth > 6 else min(dice.randint(max(least, 1), max(least, 3)), node.get("maxItems", 3))
        return [by_chance(node["items"], definitions, dice, depth + 1) for _ in range(count)]
    if kind == "integer":
        return dice.randint(node.get("minimum", 0), min(node.get("maximum", 9), node.get("minimum", 0) + 9))
    if kind == "boolean":
        return dice.random() < 0.5
    if kind == "null":
        return None
    # Models leave empty what they have nothing for, where they may.
    text = dice.choice(["", "Bread", "Open from 8 to 12.", "Slow bread from the mill next door, baked at night."])
    return (text or "Bread") if node.get("minLength") else text


def validity(schema: dict[str, Any], types: tuple[str, ...]) -> dict[str, float]:
    """Return how much of chance answers is valid at once, and how much is left of their blocks."""
    from ai_cms.assist.mending import usable_blocks
    from ai_cms.core.permissions import Actor

    dice = random.Random(7)
    actor = Actor.system("benchmark")
    whole = kept = asked = 0
    for _ in range(ANSWERS):
        blocks = by_chance(schema["properties"]["blocks"], schema["$defs"], dice)
        asked += len(blocks)
        try:
            made, left_out = usable_blocks(blocks, types, actor)
        except ValueError:
            continue
        kept += len(made)
        whole += not left_out
    return {"whole": round(whole / ANSWERS, 3), "blocks_kept": round(kept / asked, 3)}


def measure(beside: Path | None) -> dict[str, Any]:
    """Return the figures."""
    from django.template.loader import render_to_string

    from ai_cms.assist.registry import get_task
    from ai_cms.assist.services import prepared
    from ai_cms.blocks.schema import document_schema
    from ai_cms.core.permissions import Actor
    from ai_cms.llm.schema import strict_schema, without_limits
    from ai_cms.mcp.tools import ORDER, load, tools

    if not list(tools):
        # The example site has no server of its own.
        load()
    by, count = counter()
    task = get_task("page_draft")
    job = prepared(task, Actor.system("benchmark"), {"brief": "Bread."}, None, None)
    types = job.material["types"]
    schema: Any = task.response_schema(job)
    # Without the library and a prompt of the site's own: no database is asked.
    told = render_to_string(task.template_name, {"options": {"length": "medium"}, "page": False})
    document = dict(document_schema(types, writing=True))
    definitions = document.pop("$defs")
    output: Any = task.output_model.model_json_schema()
    everything = {**output, "properties": {**output["properties"], "blocks": document}, "$defs": definitions}
    full = strict_schema(everything, limits=True)[0]
    listed = [tools[name].described() for name in ORDER]
    found: dict[str, Any] = {
        "counted_by": by,
        "page_draft_tokens": count(compact(schema)),
        "page_draft_tokens_without_limits": count(compact(without_limits(schema))),
        "page_draft_tokens_naming_everything": count(compact(full)),
        "page_draft_instructions_tokens": count(f"{told}\n\n{task.guidance(job)}"),
        "page_draft_types": len(types),
        "valid": validity(schema, types),
        "valid_naming_everything": validity(full, types),
        "mcp_tools": len(listed),
        "mcp_tools_tokens": count(compact({"tools": listed})),
    }
    if beside is not None:
        other = json.loads(beside.read_text("utf-8"))
        tools_beside = other["tools"] if isinstance(other, dict) else other
        found["beside"] = {"tools": len(tools_beside), "tokens": count(compact({"tools": tools_beside}))}
    # An estimate is made to be too high rather than too low: no goal is judged by it.
    found["held"] = {name: found[name] <= goal for name, goal in GOALS.items()} if by.startswith("o200k") else {}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--beside", type=Path, metavar="FILE", help="another server's tools, as JSON")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "example_project"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    import django

    django.setup()
    print(json.dumps(measure(options.beside), indent=1))


if __name__ == "__main__":
    main()
