"""The reference says what the code says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.dispatch import Signal

from ai_cms.blocks import Block, Document, InlineText, blocks

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
APPS = tuple(sorted(path.parent.name for path in (ROOT / "ai_cms").glob("*/apps.py")))


def first_cells(page: str) -> set[str]:
    """Return the code in the first column of all tables of a page."""
    text = (REFERENCE / page).read_text("utf-8")
    return set(re.findall(r"^\| `([^`]+)`", text, re.MULTILINE))


PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.skipif(find_spec("jwt") is None, reason="the tables cover ai_cms.accounts, whose extra is not installed")
def test_generated_tables_and_examples_are_up_to_date() -> None:
    """In a process of its own, as the tables cover every app and these settings may leave one out."""
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-W", "error", str(ROOT / "docs" / "tables.py"), "--check"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"run `make reference`\n{done.stdout}{done.stderr}"


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


def test_the_index_links_every_page() -> None:
    docs = ROOT / "docs"
    linked = set(re.findall(r"\]\(([\w/-]+\.md)\)", (docs / "index.md").read_text("utf-8")))
    assert linked == {path.relative_to(docs).as_posix() for path in docs.glob("*/*.md")}


def test_pages_use_no_markup_that_a_git_host_shows_as_it_is() -> None:
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
        assert re.findall(r"(?<!`)\{[a-z]+\}`|^:::|^: ", text, re.MULTILINE) == [], page
