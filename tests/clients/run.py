"""Make clients of the REST interface with the usual generators, and check their types: ``python tests/clients/run.py``.

Run by the project's own Python; needs npm and the registries of npm and PyPI, and works in a temporary folder. Prints
what is wrong and exits with 1.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
#: Pinned: a new release of a generator must not turn an unchanged tree red.
NPM = ("openapi-typescript@7.13.0", "typescript@5.9.3")
PYPI = ("openapi-python-client==0.29.1", "openapi-spec-validator==0.9.0", "mypy==2.4.1", "ruff==0.17.5")


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command and return what it printed. Raises CalledProcessError with it."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout)
    return done.stdout


def write_schema(target: Path) -> None:
    """Write the OpenAPI document of all apps; these settings have every one."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings.accounts")
    import django

    django.setup()
    from ai_cms.core.api.schema import build_schema

    target.write_text(json.dumps(build_schema("/api/"), default=str), "utf-8")


def check_specification(folder: Path, bin: Path) -> None:
    run(bin / "openapi-spec-validator", "schema.json", cwd=folder)


def check_typescript(folder: Path, bin: Path) -> None:
    run("npm", "init", "--yes", cwd=folder)
    run("npm", "install", "--no-fund", "--no-audit", "--save-exact", *NPM, cwd=folder)
    tools = folder / "node_modules" / ".bin"
    run(tools / "openapi-typescript", "schema.json", "-o", "api.d.ts", cwd=folder)
    shutil.copy(HERE / "use.ts", folder / "use.ts")
    run(tools / "tsc", "--strict", "--target", "es2022", "--noEmit", "api.d.ts", "use.ts", cwd=folder)


def check_python(folder: Path, bin: Path) -> None:
    path = f"{bin}{os.pathsep}{os.environ['PATH']}"
    said = run(
        *(bin / "openapi-python-client", "generate", "--path", "schema.json"),
        *("--meta", "none", "--output-path", "client", "--fail-on-warning"),
        cwd=folder,
        PATH=path,
    )
    # It exits with 0 too where it left an operation out.
    if "will not be generated" in said or "Unable to parse" in said:
        raise subprocess.CalledProcessError(1, "openapi-python-client", said)
    (folder / "client" / "py.typed").touch()
    shutil.copy(HERE / "use_python.py", folder / "use_python.py")
    run(bin / "python", "use_python.py", cwd=folder)
    # Its own code is not strict; what it says of its types is what a user's code is held to.
    run(bin / "mypy", "--strict", "--follow-imports=silent", "use_python.py", cwd=folder)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="work in this folder and leave everything there")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="ai-cms-clients-"))
    folder.mkdir(parents=True, exist_ok=True)
    wrong = 0
    try:
        write_schema(folder / "schema.json")
        venv.create(folder / "venv", with_pip=True)
        bin = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        # openapi-python-client formats what it wrote by ruff, if there is one.
        run(bin / "python", "-m", "pip", "install", "--quiet", *PYPI, cwd=folder)
        for check in (check_specification, check_typescript, check_python):
            name = check.__name__.removeprefix("check_")
            try:
                check(folder, bin)
            except subprocess.CalledProcessError as error:
                wrong += 1
                print(f"{name}: failed: {error.cmd}\n{error.stdout or error.output}")
            else:
                print(f"{name}: ok")
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
