"""The backends of the settings, for the staff: what they are, how they do, whether they answer."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.permissions import Actor

from ...core.jsontypes import JsonObject
from .. import breaker
from ..exceptions import InvalidLLMBackend
from ..gateway.calls import call
from ..gateway.results import CallResult
from ..handler import DEFAULT_ALIAS, llms
from ..messages import Deadlines, LLMRequest, Message
from ..models import AILog, BackendState, CallKind

__all__ = ["describe_backends", "try_backend"]

TEST_DEADLINES = Deadlines(connect=5.0, first_byte=15.0, gap=10.0, total=20.0)


def describe_backends() -> list[JsonObject]:
    """Return each alias with its capabilities and state; addresses and keys stay in the settings."""
    states = {state.alias: state for state in BackendState.objects.filter(kind=CallKind.TEXT)}
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    calls = {row["alias"]: row for row in AILog.objects.filter(created_at__gte=today).totals_by("alias")}
    return [_described(alias, states.get(alias), calls.get(alias)) for alias in llms]


def try_backend(alias: str, *, by: str) -> CallResult:
    """Call a backend once, its circuit closed, at nobody's cost. Raises LLMError."""
    breaker.reset(alias)
    request = LLMRequest([Message.user("Answer with the single word: ready")], max_tokens=200, deadlines=TEST_DEADLINES)
    return call(request, actor=Actor.system("backend test"), alias=alias, task="backend_test", target_label=by)


def _described(alias: str, state: BackendState | None, calls: dict[str, Any] | None) -> JsonObject:
    found: JsonObject = {
        "alias": alias,
        "is_default": alias == DEFAULT_ALIAS,
        "state": state,
        "is_open": state is not None and state.open_until is not None and state.open_until > timezone.now(),
        "calls": calls["calls"] if calls else 0,
        "tokens": calls["tokens"] if calls else 0,
    }
    try:
        backend = llms[alias]
        found["fallback"] = llms.chain(alias)[1:]
        found["problems"] = [str(message.msg) for message in backend.check()]
    except InvalidLLMBackend as error:
        return {**found, "problems": [str(error)]}
    found["backend"] = type(backend).__name__
    found["model"] = backend.model
    flags = {
        _("streaming"): backend.supports_streaming,
        _("structured output"): backend.supports_structured,
        _("tools"): backend.supports_tools,
        _("images as input"): backend.supports_vision,
        _("images"): backend.supports_images,
        _("embeddings"): backend.supports_embeddings,
    }
    found["supports"] = [name for name, supported in flags.items() if supported]
    return found
