"""Many random edits in a database of their own, with the figures after each batch.

    nice python -m tests.stress.many_edits --rebases 20000 --proposals 5000 --state edits.json

Counts texts that are lost, and what is refused as a mistake (400) though it fitted the version it was made for; ends with 1 if
there is any. With ``--state`` a run that was ended goes on where it was. Each try has its number for a seed:
``--rebases 1 --first 4711`` does one of them again and prints what was done.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from .database import fresh_database


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rebases", type=int, default=1000, help="pairs of edits")
    parser.add_argument("--proposals", type=int, default=250, help="proposals of which a part is accepted")
    parser.add_argument("--first", type=int, default=0, help="the seed to begin with")
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=3600, help="end after the batch in which this time is over")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--state", type=Path, help="a file that remembers how far a run came")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, fresh_database(options.database, Path(folder)) as env:
        os.environ.update(env)
        return run(options)


def run(options: argparse.Namespace) -> int:
    """Do the batches that are left; returns the exit code."""
    import django

    django.setup()
    from django.db import connections

    from ai_cms.core.permissions import Actor
    from ai_cms.pages import services

    from . import edits

    state: dict[str, Any] = {}
    if options.state and options.state.exists():
        state = json.loads(options.state.read_text())
    started = time.monotonic()
    site = services.create_site(hostname="edits.example", title="Edits")
    for name, trial, wanted in (
        ("rebases", edits.rebase, options.rebases),
        ("proposals", edits.accept_a_part, options.proposals),
    ):
        found = state.setdefault(name, {"done": 0, "lost": 0, "misjudged": 0, "outcomes": {}})
        while found["done"] < wanted and time.monotonic() - started < options.seconds:
            # A page for each batch, or its history would be what takes the time.
            page = services.create_page(actor=Actor.system("edits"), parent=site.root, title=f"{name} {found['done']}")
            outcomes = Counter(found["outcomes"])
            for seed in range(found["done"], min(found["done"] + options.batch, wanted)):
                result = trial(page, options.first + seed)
                outcomes[result.outcome.strip()] += 1
                found["lost"] += len(result.lost)
                found["misjudged"] += len(result.misjudged)
                if result.lost or result.misjudged or wanted == 1:
                    print(json.dumps({"seed": options.first + seed, **vars(result)}, default=sorted), flush=True)
            found |= {"done": seed + 1, "outcomes": dict(outcomes.most_common())}
            if options.state:
                options.state.write_text(json.dumps(state))
            print(f"{time.monotonic() - started:6.0f} s  {name}: {json.dumps(found)}", file=sys.stderr, flush=True)
    connections.close_all()
    return int(any(found["lost"] or found["misjudged"] for found in state.values()))


if __name__ == "__main__":
    sys.exit(main())
