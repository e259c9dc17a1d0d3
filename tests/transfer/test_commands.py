"""What the import commands print, for people and for programs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ai_cms.transfer.command import ProgressBar

from .wxr_maker import Item, page, write_wxr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_drawn_on_terminals_alone() -> None:
    screen, pipe = Terminal(), io.StringIO()
    for stream in (screen, pipe):
        bar = ProgressBar(stream)
        for done in range(1, 11):
            bar(done, 10, "read")
        bar(0, 0, "write")
        bar.close()
    assert screen.getvalue().endswith("10/10\n")
    assert pipe.getvalue() == ""


def test_a_summary_for_people(root: Any, tmp_path: Path) -> None:
    path = write_wxr(
        tmp_path / "a.xml", [page(1, "Rye", parent=9), *(Item(n, status="private", comments=1) for n in range(2, 30))]
    )
    out = io.StringIO()
    call_command("import_wordpress", str(path), dry_run=True, stdout=out)
    said = out.getvalue()
    assert "A dry run" in said
    assert "29 created, 0 changed, 0 unchanged, 0 skipped below /" in said
    assert "1 pages and 28 posts: 1 published, 28 drafts" in said
    # What is about the whole import is not lost behind what is about each item.
    assert "30 warnings:\n  28 comments were not imported.\n" in said
    assert "… and 10 more" in said
    assert "line " in said


def test_errors_for_programs(root: Any, tmp_path: Path) -> None:
    path = tmp_path / "broken.xml"
    path.write_text("<rss>\n<channel>\n</rss>")
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"broken\.xml, line 3: .* Nothing was imported\."):
        call_command("import_wordpress", str(path), as_json=True, stdout=out)
    error = json.loads(out.getvalue())["error"]
    assert (error["code"], error["source"], error["line"]) == ("import_refused", "broken.xml", 3)
    assert "mismatched tag" in error["reason"]


def test_site_commands_speak_both(root: Any, tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("export_site", str(tmp_path / "a"), stdout=out)
    call_command("import_site", str(tmp_path / "a"), hostname="b.example", stdout=out)
    said = out.getvalue()
    assert "Exported testserver: 1 pages" in said
    assert "Imported b.example: 1 pages, 0 of them published, 1 revisions" in said
    assert "without being it" in said
    out = io.StringIO()
    call_command("export_site", str(tmp_path / "a"), as_json=True, stdout=out)
    assert json.loads(out.getvalue()) == {
        "site": "testserver",
        "pages": 1,
        "templates": 0,
        "redirects": 0,
        "files": 4,
        "written": 0,
        "removed": 0,
    }
