"""Import HTML files: title, description, the main part of each page as blocks, links between the files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ai_cms.blocks.convert.html_reader import HtmlReader
from ai_cms.blocks.convert.html_tree import order_tree
from ai_cms.blocks.html.markup import Element, parse_html, text_of
from ai_cms.blocks.html.richtext import clean_text

from ..base import ImportItem, Notices, digest_of
from ..exceptions import ImportRefused
from ..registry import importers
from ..tidy import is_title, plain_text
from .files import FileImporter, SourceFile, find_files, read_text

__all__ = ["HtmlImporter"]

SUFFIXES = (".html", ".htm", ".xhtml")


@importers.register
class HtmlImporter(FileImporter):
    """Read files and folders.

    Source: one path, or a list of them. Option: ``source_name``, what tells these files from others if the name of their
    folder does not.
    """

    name = "html"
    revision = 2
    index_stems = ("index", "default")

    def __init__(self, source: Any, *, notices: Notices | None = None, **options: Any) -> None:
        super().__init__(source, notices=notices, **options)
        paths = source if isinstance(source, list | tuple) else [source]
        self.paths = [Path(path) for path in paths]
        if not self.paths:
            raise ImportRefused("Name at least one file.")

    def identity(self) -> str:
        return str(self.options.get("source_name") or "") or self.root().name

    def root(self) -> Path:
        """Return the folder that all sources are in."""
        folders = [path.resolve() if path.is_dir() else path.resolve().parent for path in self.paths]
        return Path(os.path.commonpath(folders))

    def list_files(self) -> list[SourceFile]:
        root = self.root()
        found: dict[str, SourceFile] = {}
        for path in self.paths:
            if path.is_dir():
                base = path.resolve()
                for file in find_files(base, SUFFIXES, self.notices):
                    name = file.path.relative_to(root).as_posix()
                    found.setdefault(name, SourceFile(file.path, name))
            elif path.is_file():
                resolved = path.resolve()
                name = resolved.relative_to(root).as_posix()
                found.setdefault(name, SourceFile(resolved, name))
            else:
                raise ImportRefused("There is no such file.", source=str(path))
        return [found[name] for name in sorted(found)]

    def read_file(self, file: SourceFile) -> ImportItem:
        text = read_text(file)
        return ImportItem(key="", title=_title(parse_html(text)), digest=digest_of(text))

    def fill(self, item: ImportItem) -> None:
        if item.kind == "container":
            super().fill(item)
            return
        file = self.files[item.where]
        tree = parse_html(clean_text(read_text(file)))
        # The tree itself, not its HTML anew: the lines of warnings are those of the file.
        reader = HtmlReader()
        reader.warnings += order_tree(tree)
        reader.read(_main_part(tree).children)
        item.blocks = reader.finish()
        for block in item.blocks:
            block.pop("line", None)
        for warning in reader.warnings:
            self.notices.add(warning.message, item=file.name, line=warning.line)
        first = item.blocks[0] if item.blocks else None
        if first is not None and is_title(first, item.title):
            item.blocks = item.blocks[1:]
        metas = _metas(tree)
        if metas.get("description"):
            item.fields["seo_description"] = metas["description"]
        if metas.get("author"):
            item.metadata["author"] = metas["author"]
        keywords = [word.strip() for word in metas.get("keywords", "").split(",") if word.strip()]
        if keywords:
            item.metadata["tags"] = list(dict.fromkeys(keywords))


def _main_part(tree: Element) -> Element:
    """Return what the page is about: ``<main>``, else the only ``<article>``, else the body, else everything."""
    main = tree.find("main")
    if main is not None:
        return main
    articles = list(tree.find_all("article"))
    if len(articles) == 1:
        return articles[0]
    body = tree.find("body") or tree
    part = Element("", {}, body.line)
    # What frames the page is the site's own business.
    part.children = [
        child
        for child in body.children
        if not (
            isinstance(child, Element) and child.name in ("header", "footer", "nav", "head", "title", "meta", "link")
        )
    ]
    return part if text_of(part).strip() or part.find("img", "iframe", "video", "audio") else body


def _title(tree: Element) -> str:
    """Return the first heading if it is part of the title ("Rye | The bakery"), else the title, else the heading."""
    element = tree.find("title")
    title = plain_text("".join(str(child) for child in element.children)) if element is not None else ""
    heading_element = tree.find("h1")
    heading = " ".join(text_of(heading_element).split()) if heading_element is not None else ""
    if heading and (not title or heading.casefold() in title.casefold()):
        return heading
    return title


def _metas(tree: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.find_all("meta"):
        name = element.attrs.get("name", "").lower()
        content = " ".join(element.attrs.get("content", "").split())
        if name and content:
            found.setdefault(name, content)
    return found
