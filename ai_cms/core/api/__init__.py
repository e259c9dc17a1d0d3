"""The REST ground: routes, views, parsing, errors, versions, idempotency and the OpenAPI schema."""
