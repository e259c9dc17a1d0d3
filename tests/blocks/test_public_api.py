"""What ai_cms.blocks offers."""

from __future__ import annotations

import subprocess
import sys

import pytest

import ai_cms.blocks

PUBLIC = {
    "Applied", "Block", "BlockError", "BlockMeta", "BlockPart", "BlockRegistry", "BlocksField", "Document", "ImageRef",
    "InlineText", "InsertOperation", "InvalidDocument", "InvalidOperation", "Merged", "MoveOperation", "Operation",
    "RemoveOperation", "RenderContext", "RenderFailed", "RequiredUrl", "RichText", "Text", "UpdateOperation", "Url",
    "apply_operations", "blocks", "diff_documents", "make_provenance", "merge_documents", "parse_operations",
    "prepare_document", "provenance_summary", "references", "render_blocks", "resolve_reference", "sanitize_html",
}  # fmt: skip


def test_public_names() -> None:
    names = list(ai_cms.blocks.__all__)
    assert names == sorted(PUBLIC)
    assert not PUBLIC.difference(dir(ai_cms.blocks))
    for name in PUBLIC:
        assert getattr(ai_cms.blocks, name) is not None


def test_unknown_names() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = ai_cms.blocks.nonsense


def test_importing_the_package_loads_next_to_nothing() -> None:
    heavy = ["django", "pydantic", "nh3", "rest_framework"]
    code = f"import sys, ai_cms.blocks; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
