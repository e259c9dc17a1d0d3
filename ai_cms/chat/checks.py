"""System checks of ``ai_cms.chat``.

======================  ===================================================================
``ai_cms_chat.E001``    a swapped model is not of the right kind
``ai_cms_chat.W001``    ``CHAT_TOOLS`` names a tool that no installed app registers
``ai_cms_chat.W002``    the Redis of the channel layer has no ``socket_timeout``
======================  ===================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from ai_cms.llm.tools.registry import tools

from . import get_agent_model, get_conversation_model
from .conf import chat_settings, names_or_none
from .models import AbstractAgent, AbstractConversation

__all__ = ["check_layer", "check_models", "check_tools"]

_MODELS: tuple[tuple[str, Callable[[], Any], type], ...] = (
    ("AI_CMS_AGENT_MODEL", get_agent_model, AbstractAgent),
    ("AI_CMS_CONVERSATION_MODEL", get_conversation_model, AbstractConversation),
)


@register(Tags.models)
def check_models(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check the models in use."""
    return list(_models())


def _models() -> Iterator[CheckMessage]:
    for setting, get, base in _MODELS:
        try:
            model = get()
        except ImproperlyConfigured as error:
            yield Error(str(error), hint=f"Correct {setting}, or remove it.", id="ai_cms_chat.E001")
            continue
        if not issubclass(model, base):
            yield Error(
                f"{setting} names {model._meta.label}, which is not a subclass of {base.__name__}.",
                hint=f"Derive it from ai_cms.chat.models.{base.__name__}.",
                obj=model,
                id="ai_cms_chat.E001",
            )


@register("ai_cms")
def check_tools(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check the names of tools that agents may be given."""
    wanted = chat_settings.CHAT_TOOLS
    # The check of all settings reports a value of the wrong type.
    if not isinstance(wanted, list | tuple) or names_or_none(wanted):
        return []
    tools.discover()
    unknown = [name for name in wanted if name not in tools]
    if not unknown:
        return []
    return [
        Warning(
            f'AI_CMS["CHAT_TOOLS"] names tools that are not registered: {", ".join(unknown)}.',
            hint=f"Registered are: {', '.join(tools) or 'none'}.",
            id="ai_cms_chat.W001",
        )
    ]


@register("ai_cms")
def check_layer(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check how long a reader of the channel layer waits for Redis: longer than it is silent."""
    layers = getattr(settings, "CHANNEL_LAYERS", None)
    layer = layers.get("default") if isinstance(layers, dict) else None
    if not isinstance(layer, dict) or layer.get("BACKEND") != "channels_redis.core.RedisChannelLayer":
        return []
    hosts = layer.get("CONFIG", {}).get("hosts") or ["redis://localhost:6379"]
    if all(isinstance(host, dict) and "socket_timeout" in host for host in hosts):
        return []
    return [
        Warning(
            'The hosts of CHANNEL_LAYERS["default"] have no socket_timeout: a reader of the layer waits five seconds for news, '
            "and the client of Redis gives up after as many.",
            hint='Write each host as {"address": "redis://…", "socket_timeout": 60}.',
            id="ai_cms_chat.W002",
        )
    ]
