"""Log in by a provider of this machine: ``python -m tests.projects.social.walk``; prints what went wrong."""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

WHO: dict[str, Any] = {}


class Provider(BaseHTTPRequestHandler):
    """As much of OpenID Connect as a log-in needs."""

    def do_GET(self) -> None:
        base = f"http://127.0.0.1:{self.server.server_address[1]}"  # type: ignore[attr-defined]
        if self.path.startswith("/.well-known/"):
            self.answer(
                {
                    "issuer": base,
                    "authorization_endpoint": f"{base}/authorize",
                    "token_endpoint": f"{base}/token",
                    "userinfo_endpoint": f"{base}/userinfo",
                    "jwks_uri": f"{base}/jwks",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        else:
            self.answer(WHO)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"access_token": "at", "token_type": "Bearer", "expires_in": 60})

    def answer(self, body: Any) -> None:
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *args: Any) -> None:
        pass


def main() -> int:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["OIDC_SERVER"] = f"http://127.0.0.1:{server.server_address[1]}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.projects.social.settings"
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    users = get_user_model()

    def log_in(**who: Any) -> Client:
        WHO.clear()
        WHO.update(who)
        client = Client()
        begun = client.post("/social/oidc/garden/login/")
        assert begun.status_code == 302, begun.content
        state = parse_qs(urlsplit(begun["Location"]).query)["state"][0]
        client.get("/social/oidc/garden/login/callback/", {"code": "c", "state": state})
        return client

    def status(client: Client) -> int:
        return int(client.get("/api/users/me/").status_code)

    # Somebody new, whose address the provider has verified.
    client = log_in(sub="1", email="New@example.com", email_verified=True, name="New Person")
    assert status(client) == 200
    user = users.objects.get_by_natural_key("new@example.com")
    assert user.can_log_in and user.name == "New Person" and not user.has_usable_password()
    assert "this one" in client.get("/accounts/sessions/").content.decode(), "the log-in is listed"
    # Again: the same account.
    assert status(log_in(sub="1", email="New@example.com", email_verified=True)) == 200
    assert users.objects.count() == 1
    # An address that is not verified, and one that says so in text: nobody comes in, nothing is made.
    for verified in (False, "false", None):
        assert status(log_in(sub="2", email="other@example.com", email_verified=verified)) == 401
        assert status(log_in(sub="3", email="new@example.com", email_verified=verified)) == 401
    assert users.objects.count() == 1
    # An account of the same, verified address is the same person's.
    ann = users.objects.create_user("Ann@example.com", "password", is_verified=True)
    assert status(log_in(sub="4", email="ann@EXAMPLE.com", email_verified=True)) == 200
    assert users.objects.count() == 2
    # One that is disabled or deleted stays out, by the provider too.
    for end in (lambda: users.objects.filter(pk=ann.pk).update(is_active=False), ann.delete):
        end()
        assert status(log_in(sub="4", email="ann@example.com", email_verified=True)) == 401
    # Whatever ends log-ins ends these.
    client = log_in(sub="1", email="New@example.com", email_verified=True)
    user.end_access("staff")
    assert status(client) == 401
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
