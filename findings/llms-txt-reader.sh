#!/usr/bin/env bash
# llms-txt 0.0.7, the reader that the llms.txt proposal's own project publishes, takes much less than Markdown:
# - a link whose address holds a closing bracket is cut there, and its description is gone with the rest of the line;
# - a title with a square bracket, escaped as Markdown wants it or not, makes it raise AttributeError for the whole file;
# - so does one sentence between a section's heading and its links, or a bullet written "*";
# - a file with a heading, an empty line and sections, but no summary, is a TypeError.
# Whoever writes llms.txt by CommonMark's rules is read in part or not at all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "llms-txt==0.0.7"
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
from llms_txt import parse_llms_file

HEAD = "# Mill and Oven\n\n> What we grind and bake.\n\nOpen on weekdays.\n\n## Recipes\n\n"


def read(text):
    try:
        return [(link["title"], link["url"], link["desc"]) for links in parse_llms_file(text)["sections"].values() for link in links]
    except Exception as error:
        return type(error).__name__


seen = {
    "plain": read(HEAD + "- [Rye](https://mill.example/rye.md): A dark loaf\n"),
    "address with brackets": read(HEAD + "- [Rye](https://mill.example/rye_(dark).md): A dark loaf\n"),
    "escaped bracket in a title": read(HEAD + "- [Rye \\[dark\\]](https://mill.example/rye.md): A dark loaf\n"),
    "a sentence before the links": read(HEAD + "By the season.\n\n- [Rye](https://mill.example/rye.md): A dark loaf\n"),
    "bullets by a star": read(HEAD + "* [Rye](https://mill.example/rye.md): A dark loaf\n"),
    "no summary": read("# Mill and Oven\n\n## Recipes\n\n- [Rye](https://mill.example/rye.md): A dark loaf\n"),
}
for name, found in seen.items():
    print(f"{name}: {found}")
assert seen == {
    "plain": [("Rye", "https://mill.example/rye.md", "A dark loaf")],
    "address with brackets": [("Rye", "https://mill.example/rye_(dark", None)],
    "escaped bracket in a title": "AttributeError",
    "a sentence before the links": "AttributeError",
    "bullets by a star": "AttributeError",
    "no summary": "TypeError",
}, "this has changed"
print("llms-txt 0.0.7: reads one shape of line, and refuses the file for any other")
PY
