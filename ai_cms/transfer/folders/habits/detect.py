"""Find out which generator a folder belongs to: by its name, or by the files that configure it."""

from __future__ import annotations

from pathlib import Path

from ...exceptions import ImportRefused
from .eleventy import Eleventy
from .habit import Habits, read_config
from .hexo import Hexo
from .hugo import Hugo
from .jekyll import Jekyll
from .mkdocs import MkDocs
from .pelican import Pelican

__all__ = ["GENERATORS", "find_habits"]

GENERATORS: dict[str, type[Habits]] = {
    kind.name: kind for kind in (Habits, Eleventy, Hexo, Hugo, Jekyll, MkDocs, Pelican)
}

_FILES: tuple[tuple[str, type[Habits]], ...] = (
    ("hugo.toml", Hugo),
    ("hugo.yaml", Hugo),
    ("hugo.yml", Hugo),
    ("hugo.json", Hugo),
    ("config/_default", Hugo),
    ("mkdocs.yml", MkDocs),
    ("mkdocs.yaml", MkDocs),
    ("pelicanconf.py", Pelican),
    ("eleventy.config.js", Eleventy),
    ("eleventy.config.mjs", Eleventy),
    ("eleventy.config.cjs", Eleventy),
    (".eleventy.js", Eleventy),
)


def find_habits(source: Path, name: str = "") -> Habits:
    """Return the habits of the generator called ``name``, else of the one whose files are in the folder or above it.

    Raises ImportRefused for a name that nobody has.
    """
    if name:
        if name not in GENERATORS:
            raise ImportRefused(f"There is no generator {name!r}; known are {', '.join(sorted(GENERATORS))}.")
        return GENERATORS[name](source)
    for root in (source, source.resolve().parent):
        found = _kind_of(root)
        if found is not None:
            return found(root)
    return Habits(source)


def _kind_of(root: Path) -> type[Habits] | None:
    for file, kind in _FILES:
        if (root / file).exists():
            return kind
    if (root / "_config.yml").is_file() or (root / "_config.yaml").is_file():
        config = read_config(root, "_config.yml", "_config.yaml")
        is_hexo = (root / "source" / "_posts").is_dir() or {"new_post_name", "public_dir"} & config.keys()
        return Hexo if is_hexo else Jekyll
    if (root / "config.toml").is_file() and (root / "archetypes").is_dir():
        return Hugo
    return None
