"""Settings for a developer's machine: ``make demo`` and ``manage.py runserver`` use them."""

from __future__ import annotations

from config import environment as env

from .base import *  # noqa: F403
from .base import ALLOWED_HOSTS

DEBUG = env.boolean("DEBUG", True)
# With DEBUG, Django answers localhost names by itself as long as the list is empty.
ALLOWED_HOSTS = ALLOWED_HOSTS or ([] if DEBUG else ["localhost", "127.0.0.1", "[::1]"])
# Files are served as they lie in the apps, so that nothing has to be collected first, and no folder is looked for either.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
# `manage.py demo` may start Django's own server.
DEMO_SERVES = True
