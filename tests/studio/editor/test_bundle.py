"""The committed scripts are those that the sources make, and say everything in words that can be translated."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import ai_cms.studio
from ai_cms.studio.editor.words import WORDS

BUILT = Path(ai_cms.studio.__file__).parent / "static/ai_cms/studio/editor"
SOURCES = Path(__file__).parents[3] / "studio_frontend"
FILES = ("editor.css", "editor.js", "frame.css", "logged_in.js", "richtext.js", "LICENSES.txt")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the sources with the packages that the lock file names."""
    if not SOURCES.exists():
        pytest.skip("the sources are not part of what is installed")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm on this machine")
    place = tmp_path_factory.mktemp("studio") / "studio_frontend"
    shutil.copytree(SOURCES, place, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and re.search(r"ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH", done.stderr):
        pytest.skip("the registry of npm cannot be reached")
    assert done.returncode == 0, done.stderr
    return place


def test_the_bundle_is_what_the_sources_make(packages: Path, tmp_path: Path) -> None:
    for command in (["npx", "--no-install", "tsc", "--noEmit"], ["node", "build.mjs", str(tmp_path)]):
        done = subprocess.run(command, cwd=packages, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    different = [name for name in FILES if (tmp_path / name).read_bytes() != (BUILT / name).read_bytes()]
    assert not different, "run npm run build in studio_frontend and commit what it writes"
    done = subprocess.run(
        ["node", "words.mjs", str(tmp_path / "words.py")], cwd=packages, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = re.findall(r'gettext_noop\(\s*((?:"[^"]*"\s*|\'[^\']*\'\s*)+)\)', (tmp_path / "words.py").read_text("utf-8"))
    assert len(said) == len(WORDS)


def test_every_package_is_pinned_and_no_registry_is_named() -> None:
    if not SOURCES.exists():
        pytest.skip("the sources are not part of what is installed")
    named = json.loads((SOURCES / "package.json").read_text("utf-8"))
    versions = {**named["dependencies"], **named["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values()), versions
    assert "://" not in re.sub(r'"url": "[^"]*"', "", (SOURCES / "package-lock.json").read_text("utf-8"))


def test_the_editor_is_light() -> None:
    at_once = sum(len(gzip.compress((BUILT / name).read_bytes())) for name in ("editor.js", "editor.css", "frame.css"))
    with_text = at_once + len(gzip.compress((BUILT / "richtext.js").read_bytes()))
    assert at_once < 80_000
    assert with_text < 250_000


def test_every_word_of_the_script_can_be_translated() -> None:
    if not SOURCES.exists():
        pytest.skip("the sources are not part of what is installed")
    for path in (SOURCES / "src").rglob("*.ts*"):
        for text in re.findall(r'\b(?:t|later)\(\s*"((?:[^"\\]|\\.)*)"', path.read_text("utf-8")):
            assert json.loads(f'"{text}"') in WORDS, f"{path.name}: {text}: run node studio_frontend/words.mjs"


def test_licences_are_shipped() -> None:
    text = (BUILT / "LICENSES.txt").read_text("utf-8")
    for name in ("preact", "@tiptap/core", "prosemirror-view"):
        assert f"\n{name} " in text
    assert "MIT" in text
