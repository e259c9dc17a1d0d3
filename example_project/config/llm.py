"""The language models of the site: a variable that is set makes an alias; ``default`` is one of them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import environment as env

__all__ = ["configured_backends"]

BACKENDS = "ai_cms.llm.backends"


def configured_backends() -> dict[str, dict[str, Any]]:
    """Return ``AI_CMS["LLM"]``: ``local`` always, the others where a key or an address is set, and ``default``.

    ``DEFAULT_LLM_PROVIDER`` chooses the alias that ``default`` copies, ``DEFAULT_MODEL`` its model; without it the
    first remote alias is taken, and ``local`` where there is none.
    """
    aliases: dict[str, dict[str, Any]] = {"local": {"BACKEND": f"{BACKENDS}.local.LocalBackend"}}
    if env.text("OPENAI_API_KEY") or env.text("OPENAI_BASE_URL"):
        options: dict[str, Any] = {"api_key": env.text("OPENAI_API_KEY")}
        if env.text("OPENAI_BASE_URL"):
            options["base_url"] = env.text("OPENAI_BASE_URL")
        aliases["openai"] = {
            "BACKEND": f"{BACKENDS}.openai.OpenAIBackend",
            "MODEL": env.text("OPENAI_MODEL", "gpt-5-mini"),
            "OPTIONS": options,
        }
    if env.text("OLLAMA_BASE_URL") or env.text("OLLAMA_MODEL"):
        aliases["ollama"] = {
            "BACKEND": f"{BACKENDS}.ollama.OllamaBackend",
            "MODEL": env.text("OLLAMA_MODEL", "llama3.2"),
            "OPTIONS": {"base_url": env.text("OLLAMA_BASE_URL", "http://127.0.0.1:11434/v1")},
        }
    if env.text("GEMINI_API_KEY"):
        aliases["gemini"] = {
            "BACKEND": f"{BACKENDS}.gemini.GeminiBackend",
            "MODEL": env.text("GEMINI_MODEL", "gemini-3-flash"),
            "OPTIONS": {"api_key": env.text("GEMINI_API_KEY")},
        }
    remote = next((alias for alias in aliases if alias != "local"), "local")
    chosen = env.text("DEFAULT_LLM_PROVIDER", remote)
    if chosen not in aliases:
        raise ImproperlyConfigured(
            f"DEFAULT_LLM_PROVIDER names {chosen!r}; configured here: {', '.join(sorted(aliases))}. "
            "Set that provider's key or address as well."
        )
    default = dict(aliases[chosen])
    if env.text("DEFAULT_MODEL") and chosen != "local":
        default["MODEL"] = env.text("DEFAULT_MODEL")
    return {"default": default, **aliases}
