"""What one model of one server takes of a request, as far as the settings say and its refusals have taught.

Servers that speak one API differ in what they turn down: a parameter's name, a temperature, a schema with limits, a way
of asking for JSON. A server that checks its input answers before it generates, so a refused request costs nothing and is
sent again without what was refused; the model's next request begins there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ai_cms.llm.exceptions import LLMError
from ai_cms.llm.messages import LLMRequest

__all__ = ["JSON_MODES", "Dialect"]

#: Ways of asking for JSON, from the strictest to the one that every model understands.
JSON_MODES = ("json_schema", "json_object+schema", "json_object", "prompt")

_STATUSES = (400, 404, 405, 422, 500, 501)
#: A parameter is not taken, as opposed to a value that is wrong.
_REFUSED = re.compile(
    r"unsupported|not.{0,20}support|unknown|unrecognized|unexpected|not (?:permitted|allowed|available|accepted)"
    r"|extra_forbidden|extra inputs|does not accept|is deprecated|instead",
    re.IGNORECASE,
)
#: The way of asking itself, as opposed to what a schema holds.
_MODE = re.compile(r"response_format|json_object|structured outputs?|guided", re.IGNORECASE)
_SCHEMA = re.compile(
    r"json.?schema|schema conversion|grammar|xgrammar|outlines|"
    r"(?:min|max)(?:Length|Items|imum)|exclusiveM|multipleOf|\bpattern\b|number of repetitions|regex",
    re.IGNORECASE,
)
_LIMIT_WORDS = re.compile(
    r"(?:min|max)(?:Length|Items|imum)|exclusiveM|multipleOf|\bpattern\b|features? not supported|schema conversion"
    r"|grammar|repetitions|regex|xgrammar|outlines",
    re.IGNORECASE,
)
_OTHER_NAME = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


@dataclass
class Dialect:
    """``max_tokens``: the name of that parameter. ``refused``: parameters that are left out. ``fixed``: what the
    settings name, which no refusal changes.
    """

    max_tokens: str
    json_mode: str
    limits: bool
    stream_usage: bool
    refused: set[str] = field(default_factory=set)
    fixed: frozenset[str] = frozenset()
    _renamed: bool = False

    def learn(self, error: LLMError, request: LLMRequest, tried: Dialect) -> bool:
        """Change what ``error`` refuses; return whether the request may be taken now.

        ``tried``: this as it was when the request was sent; another thread may have learned the same meanwhile.
        """
        if error.received or error.provider_status not in _STATUSES:
            return False
        reason = error.reason
        if _REFUSED.search(reason) and self._leave_out(reason, request, tried):
            return True
        if request.structured and (_MODE.search(reason) or _SCHEMA.search(reason)):
            return self._ask_otherwise(reason, tried)
        return False

    def copy(self) -> Dialect:
        """Return this as it is now."""
        return Dialect(
            self.max_tokens,
            self.json_mode,
            self.limits,
            self.stream_usage,
            set(self.refused),
            self.fixed,
            self._renamed,
        )

    def _leave_out(self, reason: str, request: LLMRequest, tried: Dialect) -> bool:
        if (
            tried.stream_usage
            and "stream_usage" not in self.fixed
            and re.search("stream_options|include_usage", reason)
        ):
            self.stream_usage = False
            return True
        named = re.search(rf"\b{tried.max_tokens}\b", reason)
        if named and request.max_tokens is not None and "max_tokens_param" not in self.fixed and not tried._renamed:
            self.max_tokens, self._renamed = _OTHER_NAME.get(tried.max_tokens, "max_tokens"), True
            return True
        given = {
            "temperature": request.temperature is not None,
            "stop": bool(request.stop),
            "tool_choice": bool(request.tools) and request.tool_choice != "auto",
        }
        for name, sent in given.items():
            if sent and name not in tried.refused and re.search(rf"\b{name}\b", reason):
                self.refused.add(name)
                return True
        return False

    def _ask_otherwise(self, reason: str, tried: Dialect) -> bool:
        limits = tried.limits and "schema_limits" not in self.fixed and tried.json_mode in JSON_MODES[:2]
        if limits and (_LIMIT_WORDS.search(reason) or not _MODE.search(reason)):
            self.limits = False
            return True
        if "json_mode" in self.fixed or tried.json_mode == JSON_MODES[-1]:
            return False
        if self.json_mode == tried.json_mode:
            self.json_mode = JSON_MODES[JSON_MODES.index(tried.json_mode) + 1]
        return True
