from __future__ import annotations

from typing import Any

import pydantic
import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from django.http import Http404, UnreadablePostError
from django.test import override_settings
from rest_framework import exceptions as rest
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.test import APIClient

from ai_cms.core import exceptions
from ai_cms.core.api.routers import ApiRouter
from ai_cms.core.api.versions import etag_for
from ai_cms.core.api.viewsets import ServiceMixin
from ai_cms.core.models import RuntimeFlag
from ai_cms.core.tokens import create_token

from . import views

pytestmark = pytest.mark.django_db


class Pair(pydantic.BaseModel):
    left: int
    right: list[int]


def pydantic_error() -> Exception:
    try:
        Pair.model_validate({"left": "x", "right": [1, "y"]})
    except pydantic.ValidationError as error:
        return error
    raise AssertionError


def from_driver(error: Exception, state: str) -> Exception:
    cause = Exception("driver")
    cause.sqlstate = state  # type: ignore[attr-defined]
    error.__cause__ = cause
    return error


ERRORS: list[tuple[Exception, int, dict[str, Any]]] = [
    (exceptions.NotFound(), 404, {"detail": "Not found.", "code": "not_found"}),
    (Http404("No Page matches the given query."), 404, {"detail": "Not found.", "code": "not_found"}),
    (rest.NotFound(), 404, {"detail": "Not found.", "code": "not_found"}),
    (
        PermissionDenied("inner words"),
        403,
        {"detail": "You do not have permission to perform this action.", "code": "permission_denied"},
    ),
    (exceptions.StaleVersion(current_version=3), 412, {"current_version": 3, "code": "stale_version"}),
    (exceptions.Conflict("Odd.", code="odd"), 409, {"detail": "Odd.", "code": "odd"}),
    (exceptions.InvalidInput(errors={"title": ["No."]}), 400, {"title": ["No."]}),
    (exceptions.TooLarge(), 413, {"code": "too_large"}),
    (exceptions.Unprocessable(), 422, {"code": "unprocessable"}),
    (exceptions.Unavailable(retry_after=9), 503, {"code": "unavailable"}),
    (rest.ValidationError({"a": ["b"]}), 400, {"a": ["b"]}),
    (rest.ValidationError(["b"]), 400, {"non_field_errors": ["b"]}),
    (rest.Throttled(wait=3), 429, {"code": "throttled"}),
    (rest.ParseError(), 400, {"code": "parse_error"}),
    (ValidationError({"a": ["b"], "__all__": ["c"]}), 400, {"a": ["b"], "non_field_errors": ["c"]}),
    (ValidationError("c"), 400, {"non_field_errors": ["c"]}),
    (SuspiciousOperation("inner words"), 400, {"code": "malformed"}),
    (UnreadablePostError("gone"), 400, {"code": "malformed"}),
    (OperationalError("database is locked"), 503, {"code": "database_busy"}),
    (OperationalError("database table is locked: x"), 503, {"code": "database_busy"}),
    (from_driver(OperationalError("deadlock detected"), "40P01"), 503, {"code": "database_busy"}),
    (from_driver(OperationalError("terminating connection"), "57P01"), 503, {"code": "database_unavailable"}),
    (OperationalError("connection refused"), 503, {"code": "database_unavailable"}),
    (InterfaceError("connection already closed"), 503, {"code": "database_unavailable"}),
    (IntegrityError("UNIQUE constraint failed: a.b"), 409, {"code": "conflict"}),
    (from_driver(IntegrityError("duplicate key"), "23505"), 409, {"code": "conflict"}),
    (DataError("value too long"), 400, {"code": "invalid"}),
]


@pytest.mark.parametrize(("error", "status", "body"), ERRORS, ids=lambda value: type(value).__name__)
def test_errors(
    api_client: APIClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, body: dict[str, Any]
) -> None:
    monkeypatch.setattr(views.RaisingView, "error", error)
    answer = api_client.get("/t/raise/")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "private, no-store"
    found = answer.json()
    assert body.items() <= found.items()
    assert b"inner words" not in answer.content
    if status == 503 or isinstance(error, rest.Throttled):
        assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("x"),
        ProgrammingError("no such table"),
        IntegrityError("NOT NULL constraint failed: a.b"),
        from_driver(OperationalError("out of some odd thing"), "42000"),
    ],
)
def test_mistakes_in_the_code_are_not_hidden(
    api_client: APIClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(views.RaisingView, "error", error)
    with pytest.raises(type(error)):
        api_client.get("/t/raise/")


def test_pydantic_errors_say_where(api_client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views.RaisingView, "error", pydantic_error())
    answer = api_client.get("/t/raise/").json()
    assert answer["left"] == ["Input should be a valid integer, unable to parse string as an integer"]
    assert answer["right"][0]["loc"] == ["1"]
    assert answer["right"][0]["type"] == "int_parsing"


def test_strangers_are_asked_who_they_are(api_client: APIClient, flag_policy: Any) -> None:
    answer = api_client.get("/t/flags/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json()["code"] == "not_authenticated"


def test_lists_and_details_show_what_the_policy_shows(
    member: Any, superuser: Any, client_of: Any, flag_policy: Any
) -> None:
    RuntimeFlag.objects.create(name="open")
    secret = RuntimeFlag.objects.create(name="secret-1")
    seen = client_of(member).get("/t/flags/").json()
    assert seen["count"] == 1
    assert seen["next"] is seen["previous"] is None
    hidden = client_of(member).get(f"/t/flags/{secret.pk}/")
    missing = client_of(member).get("/t/flags/999999/")
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
    assert hidden.status_code == 404
    assert client_of(superuser).get(f"/t/flags/{secret.pk}/").status_code == 200


def test_without_a_policy_nothing_is_shown(superuser: Any, client_of: Any) -> None:
    RuntimeFlag.objects.create(name="open")
    assert client_of(superuser).get("/t/flags/").json()["count"] == 0


def test_lists_take_two_queries(member: Any, client_of: Any, flag_policy: Any, django_assert_num_queries: Any) -> None:
    RuntimeFlag.objects.create(name="open")
    _token, secret = create_token(member)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    client.get("/t/flags/")
    with django_assert_num_queries(3):  # the token, the count, the rows
        client.get("/t/flags/")


def test_pages(member: Any, client_of: Any, flag_policy: Any) -> None:
    RuntimeFlag.objects.bulk_create(RuntimeFlag(name=f"flag-{number:03}") for number in range(130))
    client = client_of(member)
    first = client.get("/t/flags/").json()
    assert (first["count"], len(first["results"])) == (130, 20)
    assert client.get(first["next"]).json()["results"][0]["name"] == "flag-020"
    assert len(client.get("/t/flags/?page_size=500").json()["results"]) == 100
    assert len(client.get("/t/flags/?page_size=0007").json()["results"]) == 7
    assert client.get("/t/flags/?page=8").status_code == 404
    assert client.get("/t/flags/?page_size=0").json() == {"page_size": ["A whole number above zero is needed."]}


def test_filters_search_and_order_only_by_what_is_listed(member: Any, client_of: Any, flag_policy: Any) -> None:
    for name in ("beta", "alpha"):
        RuntimeFlag.objects.create(name=name, enabled=name == "beta")
    client = client_of(member)

    def names(query: str) -> list[str]:
        return [row["name"] for row in client.get(f"/t/flags/?{query}").json()["results"]]

    assert names("ordering=-name") == ["beta", "alpha"]
    assert names("ordering=-enabled") == ["alpha", "beta"]
    assert names("search=alp") == ["alpha"]
    assert names("enabled=true") == ["beta"]
    assert client.get("/t/flags/?search=" + "+".join("abcdefghijklmnopq")).status_code == 400


def test_scopes_narrow(member: Any, flag_policy: Any) -> None:
    flag = RuntimeFlag.objects.create(name="open")

    def call(method: str, path: str, *scopes: str) -> int:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(member, scopes=scopes)[1]}")
        status: int = getattr(client, method)(path, {"name": "new"}, format="json").status_code
        return status

    assert call("get", "/t/flags/", "read") == 200
    assert call("get", "/t/flags/", "write") == 200
    assert call("post", "/t/flags/", "read") == 403
    assert call("post", "/t/flags/", "write") == 201
    # The action names the scope it needs.
    assert call("post", f"/t/flags/{flag.pk}/switch/", "write") == 403
    assert call("post", f"/t/flags/{flag.pk}/switch/", "propose") == 403
    assert (
        call("post", f"/t/flags/{flag.pk}/switch/", "publish") == 200
    )  # the policy asks for write as well, which it includes


def test_a_session_needs_the_csrf_token(member: Any, flag_policy: Any) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(member)
    assert client.get("/t/flags/").status_code == 200
    assert client.post("/t/flags/", {"name": "new"}, format="json").status_code == 403
    bearer = APIClient(enforce_csrf_checks=True)
    bearer.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(member, scopes=['write'])[1]}")
    assert bearer.post("/t/flags/", {"name": "new"}, format="json").status_code == 201


def test_answers_are_private_unless_public(api_client: APIClient, member: Any, client_of: Any) -> None:
    public = api_client.get("/t/echo/")
    assert "Cache-Control" not in public
    assert {"Authorization", "Cookie"} <= set(public["Vary"].split(", "))
    assert client_of(member).get("/t/echo/")["Cache-Control"] == "private, no-store"
    assert api_client.get("/t/flags/")["Cache-Control"] == "private, no-store"
    assert "no-store" in api_client.post("/t/echo/", {}, format="json")["Cache-Control"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [('"v12"', 12), ('W/"v12"', 12), ('"12"', 12), ("*", None), (None, None), ('"v240137967717"', 2**31 - 1)],
)
def test_expected_versions(api_client: APIClient, header: str | None, expected: int | None) -> None:
    headers = {} if header is None else {"If-Match": header}
    assert api_client.post("/t/version/", {}, format="json", headers=headers).json() == {"version": expected}


@pytest.mark.parametrize("header", ["", "12", '"x"', '"v1", "v2"', '"v-1"', '"v"', '"v' + "1" * 30 + '"'])
def test_mistyped_versions_are_refused(api_client: APIClient, header: str) -> None:
    answer = api_client.post("/t/version/", {}, format="json", HTTP_IF_MATCH=header)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_if_match"


def test_etags() -> None:
    assert etag_for(12) == '"v12"'


def test_forms_and_files(api_client: APIClient) -> None:
    answer = api_client.post("/t/echo/", {"a": "b"})
    assert answer.json() == {"data": {"a": "b"}, "files": []}
    answer = api_client.post("/t/echo/", "a=b&a=c", content_type="application/x-www-form-urlencoded")
    assert answer.json()["data"] == {"a": "c"}
    for raw in ("a=%00", "a=%ED%A0%80", "%00=a", "a=" + "b" * 1_000_001):
        answer = api_client.post("/t/echo/", raw, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 400, raw[:20]
    assert api_client.post("/t/echo/", {"a": "b\0"}).status_code == 400


def test_roots_other_than_objects_only_where_declared(api_client: APIClient) -> None:
    assert api_client.post("/t/list/", [1, 2], format="json").json() == {"length": 2}
    refused = api_client.post("/t/echo/", [1, 2], format="json")
    assert refused.json() == {"detail": "The body must be a JSON object.", "code": "invalid_json"}
    assert "array" in api_client.post("/t/list/", '"x"', content_type="application/json").json()["detail"]


def test_an_unreadable_accept_header_gets_json(api_client: APIClient) -> None:
    for accept in ("text/html", "image/png", "a" * 9_000):
        answer = api_client.get("/t/echo/?format=xml", headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/json"


def test_the_browsable_interface_is_for_debugging(member: Any, client_of: Any, flag_policy: Any) -> None:
    assert not any(isinstance(one, BrowsableAPIRenderer) for one in ServiceMixin().get_renderers())
    with override_settings(DEBUG=True):
        answer = client_of(member).get("/t/flags/", headers={"Accept": "text/html"})
        assert answer["Content-Type"].startswith("text/html")
        assert answer.status_code == 200


def test_a_host_may_prove_users_its_own_way(settings: Any, member: Any, flag_policy: Any) -> None:
    settings.AI_CMS = {"API_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"]}
    client = APIClient()
    assert client.get("/t/flags/")["WWW-Authenticate"].startswith("Basic")
    client.credentials(HTTP_AUTHORIZATION="Basic bWVtYmVyOnBhc3N3b3Jk")
    assert client.get("/t/flags/").status_code == 200


def test_rest_framework_settings_of_a_host_change_nothing(settings: Any, member: Any, client_of: Any) -> None:
    settings.REST_FRAMEWORK = {
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "EXCEPTION_HANDLER": "builtins.print",
        "PAGE_SIZE": 3,
    }
    assert APIClient().get("/t/flags/").status_code == 401
    assert client_of(member).get("/t/flags/").json()["results"] == []


def test_plain_views_win_over_ids_and_registration_is_idempotent() -> None:
    router = ApiRouter()
    router.register("flags", views.FlagViewSet, basename="flag")
    router.register("flags", views.FlagViewSet, basename="flag")
    entries = views_urls()
    router.add_urls(entries)
    router.add_urls(entries)
    assert router.get_prefixes() == ["flags"]
    assert router.urls[0] is entries[0]
    with router.temporarily():
        router.register("more", views.FlagViewSet, basename="more")
        assert len(router.get_prefixes()) == 2
    assert router.get_prefixes() == ["flags"]
    assert not any("more" in str(entry.pattern) for entry in router.urls)


def views_urls() -> list[Any]:
    from django.urls import path

    return [path("flags/types/", views.EchoView.as_view(), name="types")]
