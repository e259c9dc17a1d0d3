"""The settings of a site with rooms that are talked in: on the database and the Redis that the environment names."""

from __future__ import annotations

import os

from tests.stress.settings import *  # noqa: F403

# As the example site has it: a connection per look would be what costs most.
DATABASES["default"]["CONN_MAX_AGE"] = 60  # noqa: F405
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [{"address": os.environ["STRESS_REDIS"], "socket_timeout": 60}]},
    }
}
AI_CMS = {
    "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"}},
    # What is measured is how messages come, not how many one may send.
    "RATE_LIMITS": {"chat_messages": None},
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"err": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["err"], "level": "WARNING"},
}
