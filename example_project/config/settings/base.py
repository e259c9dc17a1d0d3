"""Settings that development and production share; whatever differs between machines comes from the environment."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django

from config import environment as env
from config.buckets import buckets
from config.csp import default_frames, make_policy
from config.llm import configured_backends

PROJECT = Path(__file__).resolve().parents[2]
env.load_env_file(PROJECT / ".env")

#: Stands in ``.env.example``, so everybody knows it: production refuses to start with it.
SAMPLE_SECRET_KEY = "sample-key-for-development-only-production-refuses-to-start-with-it"  # noqa: S105

SECRET_KEY = env.text("SECRET_KEY", SAMPLE_SECRET_KEY)
DEBUG = False
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS")

INSTALLED_APPS = [
    "garden",
    "ai_cms.core",
    "ai_cms.blocks",
    "ai_cms.assets",
    "ai_cms.llm",
    "ai_cms.pages",
    "ai_cms.portfolio",
    "ai_cms.transfer",
    "ai_cms.assist",
    "ai_cms.posts",
    "ai_cms.retrieval",
    "ai_cms.evidence",
    "ai_cms.machines",
    "ai_cms.chat",
    "ai_cms.studio",
    "ai_cms.mcp",
    "ai_cms.accounts",
    "mptt",
    "polymorphic",
    "rest_framework",
    "django_filters",
    "corsheaders",
    # Django's own, under the name of the site.
    "config.admin.GardenAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware"
    if django.VERSION >= (6, 0)
    else "config.csp.FallbackCSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "ai_cms.machines.middleware.BotTrafficMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "ai_cms.core.middleware.PrivateResponseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ai_cms.accounts.middleware.LoginSessionMiddleware",
    # After authentication: staff may enter while the rest of the world reads the notice.
    "ai_cms.core.middleware.MaintenanceMiddleware",
    "ai_cms.core.middleware.DatabaseErrorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL", PROJECT / "db.sqlite3")}
CACHES = {"default": env.cache("REDIS_URL")}
# Wakes the WebSockets of chat, in all processes where there is a Redis.
CHANNEL_LAYERS = {"default": env.channel_layer("REDIS_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "ai_cms_accounts.User"
# In place of Django's own: nobody logs in, the admin included, whose address is not proven.
AUTHENTICATION_BACKENDS = ["ai_cms.accounts.backends.EmailBackend"]
LOGIN_URL = "ai_cms_accounts:login"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT: str | None = env.text("STATIC_ROOT", str(PROJECT / "staticfiles"))
MEDIA_URL = "/media/"
MEDIA_ROOT = env.text("MEDIA_ROOT", str(PROJECT / "media"))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # Originals and private files; nothing serves this folder but the views of ai_cms.assets.
    "private_assets": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": env.text("PRIVATE_MEDIA_ROOT", str(PROJECT / "private_media"))},
    },
}

if env.text("AWS_STORAGE_BUCKET_NAME"):
    STORAGES |= buckets(
        public=env.text("AWS_STORAGE_BUCKET_NAME"),
        private=env.text("AWS_PRIVATE_BUCKET_NAME"),
        endpoint=env.text("AWS_S3_ENDPOINT_URL"),
    )

DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Morrowfen Botanic Garden <garden@example.com>")
# MAILERS, or EMAIL_BACKEND and its companions before Django 6.1.
globals().update(env.email("EMAIL_URL"))

# The API alone, and without cookies: a token is sent by whoever has one.
CORS_ALLOWED_ORIGINS = env.items("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_EXPOSE_HEADERS = ["ETag", "Retry-After"]

SECURE_CSP = make_policy(
    images=env.items("CSP_IMG_SRC"),
    frames=env.items("CSP_FRAME_SRC", default_frames()),
)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logs.RedactingFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}},
    "root": {"handlers": ["stdout"], "level": env.text("LOG_LEVEL", "INFO").upper()},
    # Django's own handlers would print a second time, and mail tracebacks.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True, "level": "WARNING"},
    },
}

# Where `manage.py demo` remembers the random passwords it made.
DEMO_LOGINS_FILE = PROJECT / ".demo-logins.json"

AI_CMS: dict[str, Any] = {
    # Pages are rendered anew by a new release, whatever changed in it.
    "CODE_VERSION": env.text("CODE_VERSION"),
    # Drawings are sanitised where py-svg-hush is installed (extra svg), else refused.
    "ASSET_SVG": "sanitize" if find_spec("py_svg_hush") else "refuse",
    "LLM": configured_backends(),
    "STUDIO_NAME": "Morrowfen",
    "STUDIO_LOGO": "garden/img/logo.svg",
    "STUDIO_COLOUR": "#1f5a45",
    "STUDIO_COLOUR_DARK": "#93cba9",
    "LLM_ALLOWANCES": {
        "free": {"text": env.integer("AI_TEXT_CREDITS", 100), "image": env.integer("AI_IMAGE_CREDITS", 10)},
        "pro": {"text": 2000, "image": 200},
    },
    # By words alone, unless a provider that makes embeddings is named.
    "RETRIEVAL_ALIAS": env.text("RETRIEVAL_ALIAS"),
    "RETRIEVAL_MODEL": env.text("RETRIEVAL_MODEL"),
    "ALLOW_REGISTRATION": env.boolean("ALLOW_REGISTRATION", True),
    "ACCOUNTS_SITE_NAME": "Morrowfen Botanic Garden",
    "JWT_SECRET_KEY": env.text("JWT_SECRET_KEY"),
    "JWT_SECRET_KEY_FALLBACKS": env.items("JWT_SECRET_KEY_FALLBACKS"),
    "JWT_ACCESS_MINUTES": env.integer("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", 60, least=1),
    "JWT_REFRESH_DAYS": env.integer("JWT_REFRESH_TOKEN_EXPIRE_DAYS", 7, least=1),
    # Behind a proxy of ours clients are told apart by what it writes, else by their own address alone.
    "TRUSTED_PROXY_COUNT": int(env.boolean("BEHIND_PROXY")),
}
