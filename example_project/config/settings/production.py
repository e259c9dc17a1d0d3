"""Settings for a public site. Starting without a key of one's own, or with DEBUG, is refused."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from config import environment as env

from .base import *  # noqa: F403
from .base import ALLOWED_HOSTS, SAMPLE_SECRET_KEY, SECRET_KEY, STORAGES

if SECRET_KEY == SAMPLE_SECRET_KEY or len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5:
    raise ImproperlyConfigured(
        "SECRET_KEY must be a random text of at least 50 characters and not the sample one. Make one with: "
        "python -c 'from django.core.management.utils import get_random_secret_key as k; print(k())'"
    )
if env.boolean("DEBUG", False):
    raise ImproperlyConfigured("DEBUG must be off in production; use config.settings.development to debug.")
if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must list the host names of the site, separated by commas, without '*'.")

DEBUG = False

SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", True)
# Whoever asks for the health of one instance asks it directly.
SECURE_REDIRECT_EXEMPT = [r"^health-check/$"]
SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")
if env.boolean("BEHIND_PROXY"):
    # Only right when a proxy of ours sets this header and drops a client's own.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Mail goes somewhere: to the relay of this machine unless EMAIL_URL names another.
globals().update(env.email("EMAIL_URL", "smtp://localhost"))

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
