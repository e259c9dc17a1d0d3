"""The site of test_slow_models.py: ``prepare`` fills its database, ``application`` is what gunicorn serves."""

from __future__ import annotations

import json
import sys

import django


def prepare() -> None:
    """Make pages and a token, and print them as JSON."""
    from django.contrib.auth import get_user_model

    from ai_cms.core.permissions import Actor
    from ai_cms.core.tokens import create_token
    from ai_cms.pages import services

    actor = Actor.system("tests")
    site = services.create_site(hostname="127.0.0.1", title="Home")
    content = [{"type": "rich_text", "props": {"html": "<p>Bread needs time.</p>" * 20}}]
    pages = [
        services.create_page(actor=actor, parent=site.root, title=f"Page {number}", content=content, publish=True)
        for number in range(10)
    ]
    user = get_user_model().objects.create_superuser("writer", "writer@example.com", None)
    _token, secret = create_token(user, scopes=["read", "write"], name="t")
    print(json.dumps({"paths": [page.path for page in pages], "page": pages[0].pk, "token": secret}))


if __name__ == "__main__":
    django.setup()
    {"prepare": prepare}[sys.argv[1]]()
else:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
