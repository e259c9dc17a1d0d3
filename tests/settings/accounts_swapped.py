"""The settings of the tests of ``ai_cms.accounts`` with a host's own user model."""

from __future__ import annotations

from .accounts import *  # noqa: F403
from .accounts import AI_CMS as _AI_CMS
from .accounts import INSTALLED_APPS

AUTH_USER_MODEL = "people.Person"
INSTALLED_APPS = ["tests.people", *INSTALLED_APPS]
AI_CMS: dict[str, object] = {**_AI_CMS, "USER_SERIALIZER": "tests.people.serializers.PersonSerializer"}
