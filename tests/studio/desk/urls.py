"""The URLs of the test suite with the public files of assets among them, as the example site has them."""

from __future__ import annotations

from django.urls import path

from ai_cms.assets.views import media_view
from tests.urls import urlpatterns as suite

urlpatterns = [path("media/<path:name>", media_view), *suite]
