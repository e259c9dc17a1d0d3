"""Import many posts made by repeating a real export's, each count into a database of its own; one JSON object.

    nice python -m tests.stress.many_posts export.xml --counts 1000 8000 50000

Each import is one process: its CPU seconds and the most memory it held are those of somebody who runs the command.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .database import ROOT, fresh_database

IMPORT = """
import json, resource, sys
import django
django.setup()
from django.core.management import call_command
from ai_cms.pages import get_page_model, services
services.create_site(hostname="many.example", title="Many")
call_command("import_wordpress", sys.argv[1], verbosity=0)
used = resource.getrusage(resource.RUSAGE_SELF)
print("FOUND " + json.dumps({
    "pages": get_page_model().objects.count(),
    "cpu_s": round(used.ru_utime + used.ru_stime, 1),
    "memory_mb": round(used.ru_maxrss / 1024),
}))
"""


def repeated(source: Path, target: Path, count: int) -> None:
    """Write to ``target`` an export with ``count`` posts: those of ``source`` over and over, each its own id, slug and title."""
    text = source.read_text("utf-8")
    head, *rest = re.split(r"(?=<item>)", text)
    items = [item.partition("</item>")[0] + "</item>\n" for item in rest]
    posts = [item for item in items if "<wp:post_type><![CDATA[post]]>" in item or "<wp:post_type>post<" in item]
    if not posts:
        raise SystemExit(f"{source} holds no posts")
    with target.open("w", encoding="utf-8") as out:
        out.write(head)
        for number in range(count):
            item = posts[number % len(posts)]
            item = re.sub(r"<wp:post_id>\D*\d+\D*</wp:post_id>", f"<wp:post_id>{900_000 + number}</wp:post_id>", item)
            item = re.sub(r"<wp:post_name>.*?</wp:post_name>", f"<wp:post_name>p-{number}</wp:post_name>", item)
            item = re.sub(r"<link>.*?</link>", f"<link>https://many.example/old/{number}/</link>", item)
            item = re.sub(r"<guid.*?</guid>", f'<guid isPermaLink="false">many-{number}</guid>', item)
            out.write(re.sub(r"<title>.*?</title>", f"<title>Post {number}</title>", item, flags=re.DOTALL))
        out.write("</channel></rss>\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="an export with posts")
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 8000, 50000])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--megabytes", type=int, default=400, help="what one import may hold at most")
    options = parser.parse_args()
    found: dict[int, dict[str, float]] = {}
    for count in options.counts:
        with tempfile.TemporaryDirectory() as folder, fresh_database(options.database, Path(folder)) as env:
            export = Path(folder) / "export.xml"
            repeated(options.source, export, count)
            done = subprocess.run(
                [sys.executable, "-c", IMPORT, str(export)],
                env={**os.environ, **env},
                cwd=ROOT,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise SystemExit(done.stderr[-4000:])
            found[count] = json.loads(done.stdout.partition("FOUND ")[2])
            found[count]["cpu_ms_a_post"] = round(found[count]["cpu_s"] / count * 1000, 2)
            print(count, json.dumps(found[count]), file=sys.stderr, flush=True)
    print(json.dumps({"database": options.database, "counts": found}, indent=2))
    return int(any(figures["memory_mb"] > options.megabytes for figures in found.values()))


if __name__ == "__main__":
    sys.exit(main())
