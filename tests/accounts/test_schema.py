"""What the OpenAPI document says of accounts, as validators and generators of clients read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ai_cms.core.api.schema import build_schema


def properties(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each part of a document with its path."""
    if isinstance(value, dict):
        yield path, value
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from properties(item, f"{path}/{key}")


def test_no_type_is_named_twice_and_defaults_fit() -> None:
    found = dict(properties(build_schema("/api/")["components"]["schemas"]))
    assert any(path.endswith("/properties/profile_pic") for path in found)
    for path, part in found.items():
        kinds = part.get("type")
        if isinstance(kinds, list):
            assert len(kinds) == len(set(kinds)), path
        if isinstance(part.get("default"), str):
            assert len(part["default"]) >= part.get("minLength", 0), path


def test_only_routes_that_take_an_idempotency_key_name_one() -> None:
    paths = build_schema("/api/")["paths"]

    def names_key(path: str) -> bool:
        return any(item["name"] == "Idempotency-Key" for item in paths[path]["post"].get("parameters", []))

    secret = [
        path for path in paths if path.endswith(("/login/", "/refresh/", "/second-factor/")) and "post" in paths[path]
    ]
    assert secret and not any(map(names_key, secret))
    assert not any("422" in paths[path]["post"]["responses"] for path in secret)
    assert all(names_key(path) for path in ("/api/auth/register/", "/api/auth/forget-password/"))
