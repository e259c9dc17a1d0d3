"""Private files: to whoever may have them, and to nobody and no cache else."""

from __future__ import annotations

from datetime import timedelta
from http.client import HTTPConnection
from typing import Any

import pytest
from django.core import signing
from django.http import Http404
from django.test import override_settings
from django.utils import timezone

from ai_cms.assets.links import signed_link
from ai_cms.assets.storage import storage_of
from ai_cms.core.tokens import create_token
from tests.conftest import make_user

from .conftest import files_in, uploaded
from .pictures import jpeg

pytestmark = pytest.mark.django_db

DATA = bytes(range(256)) * 40


def text_file(user: Any, **options: Any) -> Any:
    return uploaded(user, b"%PDF-1.7\n" + DATA, "letter.pdf", visibility="private", **options)


def test_a_private_file_is_404_to_everybody_else(member: Any, superuser: Any, client: Any, media: Any) -> None:
    file, image = text_file(member), uploaded(member, visibility="private")
    assert files_in(media / "public") == []
    paths = [file.permalink, image.permalink, f"{image.permalink}large.webp", f"{image.permalink}?original=1"]
    for path in paths:
        response = client.get(path)
        assert response.status_code == 404
        assert b"%PDF" not in response.content
    client.force_login(make_user("other"))
    assert [client.get(path).status_code for path in paths] == [404] * 4
    for user in (member, superuser):
        client.force_login(user)
        for path in paths:
            response = client.get(path)
            assert response.status_code == 200
            assert response["Cache-Control"] == "private, no-store"
            assert response["X-Content-Type-Options"] == "nosniff"
            assert "Cookie" in response["Vary"]
            assert response.getvalue()


def test_a_token_opens_what_its_user_may_have(member: Any, client: Any) -> None:
    file = text_file(member)
    _token, secret = create_token(member, scopes=["read"])
    response = client.get(file.permalink, headers={"Authorization": f"Bearer {secret}"})
    assert response.getvalue().startswith(b"%PDF")
    assert client.get(file.permalink, headers={"Authorization": "Bearer aicms_nothing"}).status_code == 404


def test_a_staff_member_sees_public_pictures_but_not_their_originals(member: Any, editor: Any, client: Any) -> None:
    asset = uploaded(member)
    client.force_login(editor)
    assert client.get(asset.permalink).status_code == 302
    assert client.get(f"{asset.permalink}?original=1").status_code == 404


@pytest.mark.parametrize(
    ("header", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-999999", 206, slice(0, None)),
        ("bytes=999999-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-1", 200, slice(0, None)),
        ("bytes=0-1,5-6", 200, slice(0, None)),
        ("lines=1-2", 200, slice(0, None)),
        ("bytes=" + "9" * 40 + "-", 200, slice(0, None)),
    ],
)
def test_ranges(member: Any, client: Any, header: str, status: int, part: slice | None) -> None:
    file = text_file(member)
    whole = b"%PDF-1.7\n" + DATA
    client.force_login(member)
    response = client.get(file.permalink, headers={"Range": header})
    assert response.status_code == status
    if part is None:
        assert response["Content-Range"] == f"bytes */{len(whole)}"
        return
    body = response.getvalue()
    assert body == whole[part]
    assert response["Content-Length"] == str(len(body))
    if status == 206:
        assert response["Content-Range"].endswith(f"/{len(whole)}")


def test_conditional_requests(member: Any, client: Any) -> None:
    file = text_file(member)
    client.force_login(member)
    first = client.get(file.permalink)
    etag = first.headers["ETag"]
    assert first.getvalue()
    known = client.get(file.permalink, headers={"If-None-Match": etag})
    assert known.status_code == 304
    assert known["Cache-Control"] == "private, no-store"
    old = client.get(file.permalink, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert old.status_code == 200
    assert old.getvalue()
    part = client.get(file.permalink, headers={"Range": "bytes=0-1", "If-Range": etag})
    assert (part.status_code, part.getvalue()) == (206, b"%P")
    head = client.head(file.permalink)
    assert (head.content, head["Content-Length"]) == (b"", str(file.size))


def test_a_signed_address_is_good_for_a_while_and_one_file(member: Any, client: Any) -> None:
    file, image = text_file(member), uploaded(member, visibility="private")
    link = signed_link(file)
    response = client.get(link)
    assert response.getvalue().startswith(b"%PDF")
    assert response["Cache-Control"] == "private, no-store"
    row = image.renditions.get(spec="thumb")
    assert client.get(signed_link(image, row)).getvalue()[:4] == b"RIFF"
    with override_settings(AI_CMS={"ASSET_LINK_SECONDS": 1}):
        late = timezone.now() + timedelta(seconds=5)
        original = signing.time.time
        try:
            signing.time.time = late.timestamp  # type: ignore[attr-defined]
            assert client.get(link).status_code == 404
        finally:
            signing.time.time = original  # type: ignore[attr-defined]
    for forged in (link[:-3] + "xx/", link.replace(":", "", 1), "/assets/signed/x/"):
        assert client.get(forged).status_code == 404
    file.sha256 = "0" * 64
    file.save()
    assert client.get(link).status_code == 404


@pytest.mark.parametrize(("way", "header"), [("x-accel", "X-Accel-Redirect"), ("x-sendfile", "X-Sendfile")])
def test_the_web_server_sends_the_file_where_it_can(
    member: Any, client: Any, media: Any, way: str, header: str
) -> None:
    file = text_file(member)
    client.force_login(member)
    with override_settings(AI_CMS={"ASSET_PRIVATE_DELIVERY": way}):
        response = client.get(file.permalink)
    assert response.content == b""
    expected = f"/private-assets/{file.stored_name}" if way == "x-accel" else str(media / "private" / file.stored_name)
    assert response[header] == expected
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "private, no-store"


def test_archives_html_and_scripts_are_downloads_in_a_sandbox(member: Any, client: Any) -> None:
    asset = uploaded(member, b"<!doctype html><script>alert(1)</script>", 'a"b\r\n.html')
    assert asset.url == ""
    response = client.get(asset.permalink)
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "\n" not in response["Content-Disposition"]
    assert response.getvalue()


def test_a_storage_that_is_down_is_503_and_a_missing_file_404(
    member: Any, client: Any, media: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = text_file(member)
    client.force_login(member)

    def down(*args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(storage_of("private_assets"), "open", down)
        response = client.get(file.permalink)
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert response["Cache-Control"] == "private, no-store"
    (media / "private" / file.stored_name).unlink()
    assert client.get(file.permalink).status_code == 404


def test_visibility_moves_the_files(
    member: Any, client_of: Any, client: Any, media: Any, django_capture_on_commit_callbacks: Any
) -> None:
    api = client_of(member)
    image, file = uploaded(member, jpeg()), uploaded(member, b"%PDF-1.7\n", "a.pdf")
    public = files_in(media / "public")
    assert len(public) == 6
    for asset in (image, file):
        with django_capture_on_commit_callbacks(execute=True):
            data = api.patch(f"/api/assets/{asset.pk}/", {"visibility": "private"}, format="json").json()
        assert "/media/" not in str(data)
    assert files_in(media / "public") == []
    assert client.get(image.permalink).status_code == 404
    for asset in (image, file):
        with django_capture_on_commit_callbacks(execute=True):
            data = api.patch(f"/api/assets/{asset.pk}/", {"visibility": "public"}, format="json").json()
        assert "/media/" in data["url"]
    assert len(files_in(media / "public")) == 6
    assert len(files_in(media / "private")) == 1


def test_public_files_are_kept_for_ever(member: Any, rf: Any) -> None:
    from ai_cms.assets.views import media_view

    row = uploaded(member).renditions.get(spec="large")
    response = media_view(rf.get(row.url), row.stored_name)
    assert response.getvalue()[:4] == b"RIFF"
    for close in response._resource_closers:
        close()
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    for name in ("user-1/none.webp", "../private/x.webp", "user-1/x.html", "/etc/passwd", "x"):
        with pytest.raises(Http404):
            media_view(rf.get("/media/x"), name)


@pytest.mark.django_db(transaction=True)
def test_a_plain_http_client_gets_what_it_asks_for(member: Any, live_server: Any) -> None:
    whole = b"%PDF-1.7\n" + DATA
    file = text_file(member)
    _token, secret = create_token(member, scopes=["read"])
    host, port = live_server.url.removeprefix("http://").split(":")
    connection = HTTPConnection(host, int(port), timeout=20)

    def ask(path: str = file.permalink, method: str = "GET", **headers: str) -> tuple[int, bytes, Any]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=sent)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers

    try:
        assert ask()[0] == 404
        known = {"Authorization": f"Bearer {secret}"}
        for path, who in ((file.permalink, known), (signed_link(file), {})):
            status, body, headers = ask(path, **who)
            assert (status, body, headers["Accept-Ranges"]) == (200, whole, "bytes")
            assert (headers["Content-Length"], headers["Content-Type"]) == (str(len(whole)), "application/pdf")
            etag = headers["ETag"]
            status, body, headers = ask(path, "HEAD", **who)
            assert (status, body, headers["Content-Length"]) == (200, b"", str(len(whole)))
            status, body, headers = ask(path, Range="bytes=5-14", **who)
            assert (status, body) == (206, whole[5:15])
            assert headers["Content-Range"] == f"bytes 5-14/{len(whole)}"
            assert ask(path, Range="bytes=5-14", If_Range=etag, **who)[:2] == (206, whole[5:15])
            assert ask(path, Range="bytes=5-14", If_Range='"other"', **who)[:2] == (200, whole)
            assert ask(path, Range=f"bytes={len(whole)}-", **who)[:2] == (416, b"")
            status, body, headers = ask(path, If_None_Match=etag, **who)
            assert (status, body, headers["Cache-Control"]) == (304, b"", "private, no-store")
    finally:
        connection.close()
