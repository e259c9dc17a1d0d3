"""Hold the streams against the protocols' own clients: ``python -m tests.chat.streams.clients.run``.

Needs npm and its registry, and works in a temporary folder. Prints what the clients say and exits with 1 if one of them is
not content. ``ai`` 7 needs Node 22 or newer; the npm package ``node`` brings one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
#: Pinned: a new release of a client must not turn an unchanged tree red.
NPM = (
    *("node@22.22.0", "ai@7.0.173", "@ai-sdk/react@4.0.177", "react@19.3.1", "@ag-ui/client@1.0.0"),
    *("@ag-ui/core@1.0.0", "zod@4.1.12"),
)
TESTS = ("ai_sdk.test.mjs", "ag_ui.test.mjs")
EXAMPLES = 300


def write_logs(target: Path) -> None:
    """Write streams of logs that nobody thought of, for both protocols."""
    import hypothesis

    from ..logs import PROTOCOLS, frames_of, logs

    found: list[dict[str, Any]] = []

    @hypothesis.settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None)
    @hypothesis.given(events=logs())
    def collect(events: Any) -> None:
        streams = {name: [frame.part for frame in frames_of(events, protocol)] for name, protocol in PROTOCOLS.items()}
        found.append({"log": events, **streams})

    collect()
    target.write_text(json.dumps(found), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--keep", type=Path, help="work in this folder, leave everything there and use what is installed"
    )
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings.base")
    import django

    django.setup()
    from tests.chat.streams.clients.server import serving

    folder = options.keep or Path(tempfile.mkdtemp(prefix="ai-cms-streams-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if not (folder / "node_modules").exists():
            subprocess.run(["npm", "init", "--yes"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            install = ["npm", "install", "--no-fund", "--no-audit", "--save-exact", "--silent", *NPM]
            subprocess.run(install, cwd=folder, check=True)
        write_logs(folder / "logs.json")
        for name in (*TESTS, "stitch.mjs"):
            shutil.copy(HERE / name, folder / name)
        with serving() as address:
            node = folder / "node_modules" / ".bin" / "node"
            done = subprocess.run(
                [str(node), "--test", "--test-reporter=spec", *TESTS],
                cwd=folder,
                env={**os.environ, "SERVER": address, "NODE_NO_WARNINGS": "1"},
            )
        return done.returncode
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
