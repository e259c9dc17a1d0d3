"""The rows of the page tree."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.rows import RowMaker

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("testserver", "http://other.example/"),
        ("testserver:8001", "http://other.example:8001/"),
        ("[::1]:8001", "http://other.example:8001/"),
    ],
)
def test_the_address_of_another_site_keeps_the_port(
    root: Any, system: Actor, superuser: Any, settings: Any, host: str, expected: str
) -> None:
    other = services.create_site(hostname="other.example", name="Other", title="Other home").root
    services.publish_page(other, actor=system)
    request = RequestFactory().get("/admin/", headers={"Host": host})
    request.user = superuser
    other.refresh_from_db()
    assert RowMaker(request).live_url(other) == expected
