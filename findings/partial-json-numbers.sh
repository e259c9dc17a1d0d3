#!/usr/bin/env bash
# pydantic-core 2.50.5 (jiter), reading JSON that is still arriving, as a model streams it: with allow_partial=True a string that
# has no closing quote is held back, but half a number counts as a whole one. And the longer text may hold less: "1" is read
# as 1, "1." as nothing, "1.5" as 1.5, so that a field is there, goes, and comes back with another value. Whoever shows, or acts
# on, numbers of a partial answer sees values that were never meant; only what a later token follows is safe.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "pydantic-core==2.50.5"
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
from pydantic_core import from_json

whole = '{"loaf": "rye", "grams": 12.5e2, "slices": 18}'
seen = {}
for end in range(len(whole) + 1):
    try:
        seen[whole[:end]] = from_json(whole[:end], allow_partial=True)
    except ValueError as error:
        seen[whole[:end]] = str(error)
grams = [(text[text.index("grams") + 8 :].strip(), found.get("grams")) for text, found in seen.items() if '"grams": 1' in text and "slices" not in text]
for text, found in grams[:7]:
    print(f"grams as far as {text!r}: {found}")
texts = {found.get("loaf") for text, found in seen.items() if '"loaf"' in text and isinstance(found, dict)}
print("values that the text had meanwhile:", texts)
slices = [found.get("slices") for text, found in seen.items() if '"slices": ' in text]
print("values that the last number had:", slices)
assert texts == {None, "rye"}
assert [found for _text, found in grams][:6] == [1, 12, None, 12.5, None, 1250.0], "this has changed"
assert slices == [None, 1, 18, 18], "this has changed"
print("pydantic-core 2.50.5: half a string is held back, half a number is a number")
PY
