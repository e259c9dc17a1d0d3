"""Sphinx configuration; `make docs` builds with warnings as errors."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def read_version() -> str:
    """Return ``__version__`` without importing the package, so that the docs need none of its dependencies."""
    for node in ast.parse((ROOT / "ai_cms" / "__init__.py").read_text("utf-8")).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id == "__version__" and isinstance(node.value, ast.Constant):
                return str(node.value.value)
    raise LookupError("ai_cms/__init__.py has no __version__")


project = "django-ai-cms"
author = "The django-ai-cms contributors"
copyright = author
release = version = read_version()

# The index is for readers on a git host too, so the tables of contents stand beside it.
root_doc = "contents"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = f"django-ai-cms {release}"
html_static_path = []
html_show_sphinx = False
html_copy_source = False
