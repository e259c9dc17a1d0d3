"""Ask the product for every address that a generator made, and compare the titles; called by static-site-addresses.sh."""

from __future__ import annotations

import html
import re
import sys
from pathlib import Path
from urllib.parse import quote

import django

django.setup()

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from ai_cms.core.permissions import Actor
from ai_cms.pages.services import create_site, publish_page

#: What generators write beside pages: feeds lead to feeds, the rest is no page.
FEEDS = (".xml",)
#: Lists of terms that are one list here, by their heading.
INDEXES = {
    "A Pelican site",
    "Tags",
    "Categories",
    "Series",
    "Authors",
    "Archives",
    "Tag index",
    "All categories",
    "Authors list",
}


def heading(text: str) -> str:
    """Return the first heading of a page, else its title."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL) or re.search(r"<title>(.*?)</title>", text, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", found[1])).split()) if found else ""


def main(generator: str, source: str, output: str) -> int:
    publish_page(create_site(hostname="testserver", name="Test", title="Home").root, actor=Actor.system("finding"))
    for name in ("Ann", "Bert"):
        get_user_model().objects.create_user(email=f"{name.lower()}@example.org", username=name, password=None)
    call_command("import_markdown", source, generator=generator, verbosity=0, stdout=sys.stderr)
    client, wrong, asked = Client(), [], 0
    for file in sorted(Path(output).rglob("*")):
        name = file.relative_to(output).as_posix()
        if not file.is_file() or name.startswith(("theme/", "drafts/")) or name == "sitemap.xml":
            continue
        is_feed = name.endswith(FEEDS)
        if not is_feed and not name.endswith(".html"):
            continue
        page = file.read_text("utf-8")
        path = "/" + re.sub(r"(\A|/)index\.html\Z", r"\1", name)
        if 'http-equiv="refresh"' in page:
            page = ""
        asked += 1
        first = client.get(quote(path))
        last = client.get(first["Location"]) if first.status_code == 301 else first
        if first.status_code not in (200, 301) or last.status_code != 200:
            wrong.append(f"{path}: {first.status_code} {first.get('Location', '')} {last.status_code}")
            continue
        if is_feed:
            if "xml" not in last["Content-Type"]:
                wrong.append(f"{path}: no feed, {last['Content-Type']}")
            continue
        theirs, ours = expected(generator, path, title_of(generator, page)), heading(last.content.decode())
        if theirs and theirs.casefold() != ours.casefold():
            wrong.append(f"{path}: “{theirs}” became “{ours}” at {first.get('Location', path)}")
    print(f"{generator}: {asked} addresses, {len(wrong)} wrong")
    for line in wrong:
        print("  ", line)
    return len(wrong)


def title_of(generator: str, page: str) -> str:
    """Return the title of a generator's page."""
    if generator != "pelican":
        return heading(page)
    # Its first heading is the site's name on every page; the title is "A Pelican site - Ann", or the text's own.
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    title = html.unescape(found[1]).strip() if found else ""
    return re.sub(r"\AA Pelican site - |\A(?:Articles (?:by|tagged with|in the)) | category\Z", "", title)


def expected(generator: str, path: str, title: str) -> str:
    """Return the title to be found; "" where a list has no title of its own, and for the home page, which is the site's."""
    if title in INDEXES or path == "/" or (generator == "hexo" and path.startswith("/archives/")):
        return ""
    return title


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:4]))
