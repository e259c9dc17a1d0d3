"""A site whose model is the server named by the environment."""

from __future__ import annotations

import os
from typing import Any

from tests.stress.settings import *  # noqa: F403

AI_CMS: dict[str, Any] = {
    "LLM": {
        "default": {
            "BACKEND": "ai_cms.llm.backends.openai_compatible.OpenAICompatibleBackend",
            "MODEL": "hang",
            "OPTIONS": {
                "base_url": os.environ.get("SLOW_MODEL_URL", "http://127.0.0.1:9/v1"),
                "api_key": "sk-test",
                "deadlines": {"connect": 10, "first_byte": 45, "gap": 45, "total": 60},
            },
        }
    },
    "LLM_CREDITS": False,
    "LLM_CALLS_PER_USER": 100,
    "LLM_CALLS_PER_ALIAS": 100,
    "RUN_OPEN_PER_USER": 100,
    "WEB_THREADS": int(os.environ.get("WEB_THREADS", "4")),
}
