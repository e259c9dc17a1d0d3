"""Install the built wheel into a fresh virtualenv and run two host projects, outside of this repository, with it.

``blocks_host`` uses ``ai_cms.core`` and ``ai_cms.blocks`` alone, ``pages_host`` swaps the page model; the how-to pages
show their files. Usage: ``python tests/wheel/run.py [--wheel FILE] [--keep]``. Needs ``build``.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
STEPS = (
    ("makemigrations", "--verbosity", "0"),
    ("makemigrations", "--check", "--dry-run"),
    ("check", "--fail-level", "WARNING"),
    ("migrate", "--verbosity", "0"),
    ("test", "--verbosity", "1"),
)
#: What a wheel that was built from an incomplete list of files would lack.
NEEDED = (
    "ai_cms/py.typed",
    "ai_cms/blocks/templates/ai_cms/blocks/heading.html",
    "ai_cms/pages/templates/ai_cms/pages/page.html",
    "ai_cms/pages/migrations/0001_initial.py",
)


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> None:
    """Run a command, show it, and end the program if it fails."""
    print("$", " ".join(str(part) for part in command), flush=True)
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=False)
    if done.returncode:
        sys.exit(f"failed with {done.returncode}: {' '.join(str(part) for part in command)}")


def build_wheel(folder: Path) -> Path:
    """Build the sdist and, from it, the wheel."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


def check_contents(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    missing = [name for name in NEEDED if name not in names]
    strangers = sorted({name.split("/")[0] for name in names if not name.startswith(("ai_cms/", "django_ai_cms-"))})
    if missing or strangers:
        sys.exit(f"{wheel.name}: missing {missing}, not ours {strangers}")


def correct_dependency(migration: Path) -> None:
    """Do by code what the how-to asks of a person who swaps the page model.

    makemigrations depends on the last migration of ai_cms_pages, which itself depends on the page model.
    """
    text = migration.read_text("utf-8")
    migration.write_text(re.sub(r"\('ai_cms_pages', '\d{4}_\w+'\)", "('ai_cms_pages', '0001_initial')", text), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="a wheel that is there already")
    parser.add_argument("--keep", action="store_true", help="leave the folder for a look")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ai-cms-hosts-"))
    try:
        wheel = options.wheel.resolve() if options.wheel else build_wheel(folder)
        check_contents(wheel)
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=folder)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTHON"))}
        for project, app in (("blocks_host", "recipes"), ("pages_host", "products")):
            shutil.copytree(HERE / project, folder / project, ignore=shutil.ignore_patterns("__pycache__"))
            # makemigrations writes the host's first migration, as it does for a stranger.
            migrations = folder / project / app / "migrations"
            migrations.mkdir()
            (migrations / "__init__.py").touch()
            for step in STEPS:
                run(python, "-W", "error", "manage.py", *step, cwd=folder / project, env=environment)
                if step is STEPS[0]:
                    correct_dependency(migrations / "0001_initial.py")
        print("both host projects work with", wheel.name)
    finally:
        if options.keep:
            print("kept:", folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
