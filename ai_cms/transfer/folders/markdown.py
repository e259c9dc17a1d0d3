"""Import a folder of Markdown files: front matter, folders as the tree, links between the files.

Front matter that is understood: ``title``, ``slug``, ``order`` (or ``weight``, ``nav_order``), ``draft``, ``published``,
``date``, ``tags``, ``categories``, ``author``, ``description``, ``seo_title``, ``excerpt`` (or ``summary``),
``in_menus`` (or ``menu``), ``image``, ``type`` (a page type). Everything else is kept in ``metadata.front_matter``.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

from django.utils import timezone

from ai_cms.blocks.convert.markdown import convert_markdown
from ai_cms.blocks.convert.result import file_url

from ..base import ImportItem, digest_of
from ..exceptions import ImportRefused
from ..registry import importers
from ..tidy import is_title, plain_text
from .files import FileImporter, SourceFile, find_files, read_text
from .front_matter import split_front_matter

__all__ = ["MarkdownImporter"]

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd")
_UNDERSTOOD = frozenset(
    "title slug order weight nav_order draft published date tags tag categories category author authors description "
    "seo_title excerpt summary in_menus menu image type".split()
)


@importers.register
class MarkdownImporter(FileImporter):
    """Read a folder. Option: ``source_name``, what tells this folder from others if its name does not."""

    name = "markdown"
    index_stems = ("index", "_index", "readme")

    def list_files(self) -> list[SourceFile]:
        return find_files(Path(self.source), SUFFIXES, self.notices)

    def read_file(self, file: SourceFile) -> ImportItem:
        text = read_text(file)
        values, body, _line = split_front_matter(text, source=file.name)
        values = {key.lower() if key.lower() in _UNDERSTOOD else key: value for key, value in values.items()}
        reader = _Values(values, file.name)
        order = next((values[name] for name in ("order", "weight", "nav_order") if values.get(name) is not None), None)
        if order is not None and (isinstance(order, bool) or not isinstance(order, int | float)):
            raise ImportRefused(f"“order” is a number, not {order!r}.", source=file.name)
        draft = reader.flag("draft", False) or not reader.flag("published", True)
        title = reader.text("title")
        return ImportItem(
            key="",
            title=plain_text(title) if title else _first_heading(body),
            slug=reader.text("slug").strip("/").rpartition("/")[2],
            publish=not draft,
            status="draft" if draft else "publish",
            created_at=reader.moment("date"),
            page_type=reader.text("type") or None,
            digest=digest_of(text),
            data=order,
        )

    def fill(self, item: ImportItem) -> None:
        if item.kind == "container":
            super().fill(item)
            return
        file = self.files[item.where]
        values, body, first_line = split_front_matter(read_text(file), source=file.name)
        values = {key.lower() if key.lower() in _UNDERSTOOD else key: value for key, value in values.items()}
        reader = _Values(values, file.name)
        converted = convert_markdown(body)
        for warning in converted.warnings:
            line = first_line + warning.line - 1 if warning.line else None
            self.notices.add(warning.message, item=file.name, line=line)
        item.blocks = converted.blocks
        if item.blocks and is_title(item.blocks[0], item.title):
            item.blocks = item.blocks[1:]
        for name in sorted(set(_relative_images(item.blocks))):
            self.notices.add(
                f"The picture {name[:300]!r} is kept as it is named; put the file where the site serves it.",
                item=file.name,
            )
        item.metadata = reader.metadata()
        item.fields = {"in_menus": reader.flag("in_menus", reader.flag("menu", False))}
        if reader.text("description"):
            item.fields["seo_description"] = reader.text("description")
        if reader.text("seo_title"):
            item.fields["seo_title"] = reader.text("seo_title")


class _Values:
    """Read front matter by kind; what is of another kind is refused with the name of the file."""

    def __init__(self, values: dict[str, Any], source: str) -> None:
        self.values = values
        self.source = source

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, dict | list):
            raise ImportRefused(f"“{name}” is a text.", source=self.source)
        return str(value).strip()

    def flag(self, name: str, default: bool) -> bool:
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            if name == "menu":
                # Other generators name a menu here.
                return bool(value)
            raise ImportRefused(f"“{name}” is true or false, not {value!r}.", source=self.source)
        return value

    def words(self, *names: str) -> list[str]:
        found: list[str] = []
        for name in names:
            value = self.values.get(name)
            if value is None:
                continue
            if isinstance(value, dict):
                raise ImportRefused(f"“{name}” is a list of words.", source=self.source)
            many = value if isinstance(value, list) else str(value).split(",")
            found.extend(str(word).strip() for word in many if word is not None and str(word).strip())
        return list(dict.fromkeys(found))

    def moment(self, name: str) -> datetime.datetime | None:
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                value = datetime.datetime.fromisoformat(value)
            except ValueError:
                raise ImportRefused(
                    f"“{name}” is a date such as 2024-05-31, not {value!r}.", source=self.source
                ) from None
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            value = datetime.datetime(value.year, value.month, value.day)
        if not isinstance(value, datetime.datetime):
            raise ImportRefused(f"“{name}” is a date such as 2024-05-31, not {value!r}.", source=self.source)
        return value if timezone.is_aware(value) else timezone.make_aware(value)

    def metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, keys in (("tags", ("tags", "tag")), ("categories", ("categories", "category"))):
            words = self.words(*keys)
            if words:
                found[name] = words
        authors = self.words("authors") if isinstance(self.values.get("authors"), list) else []
        author = ", ".join(authors) or self.text("author")
        if author:
            found["author"] = author
        moment = self.moment("date")
        if moment is not None:
            found["published_at"] = moment.isoformat()
        excerpt = self.text("excerpt") or self.text("summary")
        if excerpt:
            found["excerpt"] = plain_text(excerpt)
        image = file_url(self.text("image"))
        if image:
            found["image"] = image
        rest = {key: _json(value) for key, value in self.values.items() if key not in _UNDERSTOOD}
        if rest:
            found["front_matter"] = rest
        return found


def _json(value: Any) -> Any:
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value if isinstance(value, str | int | bool | None) or value == value else None


def _first_heading(body: str) -> str:
    match = re.match(r"\s*#[ \t]+(.+?)[ \t#]*(?:\n|\Z)", body)
    if match:
        return plain_text(re.sub(r"[*_`]|!?\[([^\]]*)\]\([^)]*\)", r"\1", match[1]))
    match = re.match(r"\s*(\S.*)\n=+[ \t]*(?:\n|\Z)", body)
    return plain_text(match[1]) if match else ""


def _relative_images(blocks: list[dict[str, Any]]) -> list[str]:
    """Return the pictures and files that are named by a path inside the folder."""
    found: list[str] = []
    for block in blocks:
        props = block.get("props") or {}
        sources = [
            props.get("src"),
            *(image.get("src") for image in props.get("images") or () if isinstance(image, dict)),
        ]
        sources += re.findall(r'<img[^>]* src="([^"]*)"', str(props.get("html", "")))
        found += [
            src for src in sources if isinstance(src, str) and src and not re.match(r"[a-z][a-z0-9+.-]*:|/", src, re.I)
        ]
        found += _relative_images(block.get("children") or [])
    return found
