"""The reference says what the code says."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from django.dispatch import Signal

from ai_cms.blocks import Block, Document, InlineText, blocks

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
APPS = tuple(sorted(path.parent.name for path in (ROOT / "ai_cms").glob("*/apps.py")))

_spec = spec_from_file_location("docs_tables", ROOT / "docs" / "tables.py")
assert _spec is not None
assert _spec.loader is not None
tables = module_from_spec(_spec)
_spec.loader.exec_module(tables)


def first_cells(page: str) -> set[str]:
    """Return the code in the first column of all tables of a page."""
    text = (REFERENCE / page).read_text("utf-8")
    return set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))


PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_generated_tables_and_examples_are_up_to_date(path: Path, settings: object) -> None:
    text = path.read_text("utf-8")
    assert tables.filled(text) == text, "run `make reference`"


def test_every_system_check_is_listed() -> None:
    found: set[str] = set()
    for source in (ROOT / "ai_cms").rglob("*.py"):
        found |= set(re.findall(r"\bai_cms_[a-z]+\.[EWI]\d{3}\b", source.read_text("utf-8")))
    assert found
    assert first_cells("checks.md") == found


def test_every_signal_is_listed() -> None:
    found = set()
    for app in APPS:
        if find_spec(f"ai_cms.{app}.signals"):
            module = import_module(f"ai_cms.{app}.signals")
            found |= {name for name, value in vars(module).items() if isinstance(value, Signal)}
    assert first_cells("signals.md") == found


def test_pages_name_only_files_that_exist() -> None:
    missing = []
    for page in (ROOT / "docs").rglob("*.md"):
        text = page.read_text("utf-8")
        for name in re.findall(r"`((?:ai_cms|example_project|tests|docs)/[\w./-]+(?:\.py|/))`", text):
            if not (ROOT / name).exists():
                missing.append(f"{page.relative_to(ROOT)}: {name}")
    assert missing == []


def test_the_map_of_the_house_names_only_rooms_that_exist() -> None:
    text = (ROOT / "docs" / "contributing" / "layout.md").read_text("utf-8")
    rooms = re.findall(rf"`((?:{'|'.join(APPS)})/[\w./-]*)`", text)
    assert len(rooms) > 30
    assert [room for room in rooms if not (ROOT / "ai_cms" / room).exists()] == []


@pytest.mark.parametrize("path", [*PAGES, *sorted(ROOT.glob("*.md"))], ids=lambda path: path.stem)
def test_pages_read_on_a_git_host(path: Path) -> None:
    text = re.sub(r"```\w.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert "literalinclude" not in text
    assert re.findall(r"(?<!!)\[\]\([^)]*\)", text) == [], "a link without text"
    for target in re.findall(r"(?<!!)\[[^\]]+\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (path.parent / target).exists(), target


def test_the_example_of_an_upgrade_is_right() -> None:
    """The how-to once taught a step that left the old name over, which the class refuses."""
    text = (ROOT / "docs" / "how-to" / "write-a-block.md").read_text("utf-8")
    [source] = re.findall(r"```python\n(def rename_heading.*?)```", text, re.DOTALL)
    names: dict[str, object] = {"__name__": __name__, "Block": Block, "InlineText": InlineText}
    exec(source, names)  # noqa: S102
    block_class: type[Block] = names["OpeningHoursBlock"]  # type: ignore[assignment]
    with blocks.temporarily(block_class):
        old = [{"id": "a", "type": "opening_hours", "v": 1, "props": {"heading": "Summer"}}]
        document = Document(old)
        assert document.blocks[0]["props"] == {"title": "Summer"}
        assert document.validate() == []
        assert old[0]["props"] == {"heading": "Summer"}
