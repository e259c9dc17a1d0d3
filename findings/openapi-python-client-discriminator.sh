#!/usr/bin/env bash
# openapi-python-client 0.29.1 makes a union of a oneOf with a discriminator, and never looks at the discriminator: answers are
# given to the first class of the list whose from_dict() raises nothing. Where the classes tell each other apart by the mapping
# alone (the property is any string in each of them, as OpenAPI allows), every dog comes back as a cat, with what is a dog's own
# among the additional properties. A "const" in each class is what makes the generated code choose rightly.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "openapi-python-client==0.29.1" "ruff==0.17.5"
cd "$folder"
export PATH="$folder/venv/bin:$PATH"
cat >make.py <<'PY'
import json, sys

told = {"cat": {"indoor": "boolean"}, "dog": {"leash": "boolean"}}
names = {"cat": "Cat", "dog": "Dog"}
schemas = {
    names[kind]: {
        "type": "object",
        "required": ["kind", "name"],
        "properties": {
            "kind": {"type": "string", "const": kind} if sys.argv[1] == "const" else {"type": "string"},
            "name": {"type": "string"},
            **{name: {"type": type_} for name, type_ in own.items()},
        },
    }
    for kind, own in told.items()
}
links = {kind: f"#/components/schemas/{name}" for kind, name in names.items()}
schemas["Pet"] = {"oneOf": [{"$ref": link} for link in links.values()], "discriminator": {"propertyName": "kind", "mapping": links}}
pet = {"200": {"description": "A pet", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}}
document = {"openapi": "3.1.0", "info": {"title": sys.argv[1], "version": "1"}, "paths": {"/pet/": {"get": {"operationId": "pet", "responses": pet}}}, "components": {"schemas": schemas}}
json.dump(document, open(f"{sys.argv[1]}.json", "w"))
PY
for kind in mapping const; do
    python make.py "$kind"
    openapi-python-client generate --path "$kind.json" >/dev/null
done
PYTHONPATH="$folder/mapping-client:$folder/const-client" python - <<'PY'
import httpx
from const_client.api.default import pet as by_const
from const_client.client import Client as ConstClient
from mapping_client.api.default import pet as by_mapping
from mapping_client.client import Client as MappingClient


def answer(request):
    return httpx.Response(200, json={"kind": "dog", "name": "Rex", "leash": True})


seen = {}
for name, module, client in (("mapping", by_mapping, MappingClient), ("const", by_const, ConstClient)):
    made = client(base_url="http://shelter.example", httpx_args={"transport": httpx.MockTransport(answer)})
    found = module.sync(client=made)
    seen[name] = (type(found).__name__, dict(found.additional_properties))
    print(f"told apart by {name}: {seen[name]}")
assert seen == {"mapping": ("Cat", {"leash": True}), "const": ("Dog", {})}, "this has changed"
print("openapi-python-client 0.29.1: the discriminator's mapping is not read")
PY
