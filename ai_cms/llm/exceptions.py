"""What can go wrong with a call to a model.

::

    AICMSError
    ├── InvalidLLMBackend            a mistake in AI_CMS["LLM"]; names the setting
    │   └── LLMDoesNotExist          (KeyError) no such alias
    ├── RealCallForbidden            a test reached for a real provider
    └── RequestRefused
        └── LLMError                                  status  retried before the first byte
            ├── LLMBackendMisconfigured               503     no, opens the circuit
            ├── LLMUnsupported                        422     no
            ├── LLMInputTooLong                       413     no
            ├── LLMBusy                               503     yes, after retry_after
            ├── LLMUnavailable                        503     yes
            ├── LLMTimeout                            504     no
            ├── LLMCancelled                          409     no
            ├── LLMOutputLimit                        502     no
            ├── LLMInterrupted                        502     no
            ├── LLMInvalidOutput                      502     no, one repair
            ├── LLMEmptyOutput                        502     no
            ├── LLMRefused                            422     no
            ├── LLMToolLimit                          502     no
            ├── LLMInvalidImage                       502     no
            ├── LLMInvalidEmbedding                   502     later
            └── LLMCreditsExhausted                   402     no

Every fault of a provider ends as exactly one of these, in a synchronous call and in a stream alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.core.exceptions import ImproperlyConfigured
from django.utils.html import escape
from django.utils.translation import gettext_lazy

from ai_cms.core.exceptions import AICMSError, RequestRefused
from ai_cms.core.redaction import one_line

from .messages import Usage

__all__ = [
    "InvalidLLMBackend",
    "LLMBackendMisconfigured",
    "LLMBusy",
    "LLMCancelled",
    "LLMCreditsExhausted",
    "LLMDoesNotExist",
    "LLMEmptyOutput",
    "LLMError",
    "LLMInputTooLong",
    "LLMInterrupted",
    "LLMInvalidEmbedding",
    "LLMInvalidImage",
    "LLMInvalidOutput",
    "LLMOutputLimit",
    "LLMRefused",
    "LLMTimeout",
    "LLMToolLimit",
    "LLMUnavailable",
    "LLMUnsupported",
    "RealCallForbidden",
]


# The base class types its texts as str; a lazy text becomes one when the error is made, in the language of that
# request.
_ = cast("Callable[[str], str]", gettext_lazy)


class InvalidLLMBackend(AICMSError, ImproperlyConfigured):
    """``AI_CMS["LLM"]`` is wrong; the message begins with the path of the setting."""


class LLMDoesNotExist(InvalidLLMBackend, KeyError):
    """``AI_CMS["LLM"]`` has no such alias."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class RealCallForbidden(AICMSError):
    """The test plugin is active and something tried to reach a real provider."""


class LLMError(RequestRefused):
    """A call that did not end in a usable answer.

    ``received``: some of the answer had arrived, so that the provider may bill it. ``retryable``: the same request may
    be sent again (only ever true while nothing was received). ``partial``: the text so far. ``usage``: what the
    provider reported, ``None`` if it did not. ``request_id`` and ``model`` as far as known. ``reason``: the technical
    cause on one line, for the log and the staff, never for the client. ``opens_circuit``: calling again is pointless
    until somebody acts. ``counts_as_failure``: the circuit breaker counts it.
    """

    default_retryable: ClassVar[bool] = False
    default_opens_circuit: ClassVar[bool] = False
    counts_as_failure: ClassVar[bool] = True

    def __init__(
        self,
        detail: str | None = None,
        *,
        reason: str = "",
        received: bool = False,
        retryable: bool | None = None,
        opens_circuit: bool | None = None,
        partial: str = "",
        usage: Usage | None = None,
        model: str = "",
        request_id: str = "",
        provider_status: int | None = None,
        retry_after: int | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(str(detail or self.default_detail), retry_after=retry_after, **extra)
        self.reason = one_line(reason)
        self.received = received
        wanted = self.default_retryable if retryable is None else retryable
        self.retryable = wanted and not received
        self.opens_circuit = self.default_opens_circuit if opens_circuit is None else opens_circuit
        self.partial = partial
        self.usage = usage
        self.model = model
        self.request_id = request_id
        self.provider_status = provider_status

    def __str__(self) -> str:
        return f"{self.code}: {self.reason or self.detail}"


class LLMBackendMisconfigured(LLMError):
    """The provider refuses us: key, rights, model, quota, address. Staff has to act."""

    status_code = 503
    default_code = "ai_backend_misconfigured"
    default_detail = _("The AI service is not set up correctly. The site's staff has to look into it.")
    default_opens_circuit = True


class LLMUnsupported(LLMError):
    """The backend of this alias cannot do what was asked."""

    status_code = 422
    default_code = "ai_unsupported"
    default_detail = _("The configured AI service cannot do this.")
    counts_as_failure = False


class LLMInputTooLong(LLMError):
    """The input is longer than the model takes."""

    status_code = 413
    default_code = "ai_input_too_long"
    default_detail = _("The text is too long for the AI model.")
    counts_as_failure = False


class LLMBusy(LLMError):
    """The provider limits our rate; ``retry_after`` in seconds where it said."""

    status_code = 503
    default_code = "ai_busy"
    default_detail = _("The AI service is busy. Try again in a moment.")
    default_retryable = True


class LLMUnavailable(LLMError):
    """The provider is down or cannot be reached."""

    status_code = 503
    default_code = "ai_unavailable"
    default_detail = _("The AI service is unavailable for now.")
    default_retryable = True


class LLMTimeout(LLMError):
    """A deadline passed; ``phase`` says which: "connect", "first_byte", "gap" or "total"."""

    status_code = 504
    default_code = "ai_timeout"
    default_detail = _("The AI service took too long to answer.")

    def __init__(self, detail: str | None = None, *, phase: str = "total", **options: Any) -> None:
        self.phase = phase
        super().__init__(detail, **options)


class LLMCancelled(LLMError):
    """The caller stopped the call; ``sent`` is false if the provider had not been asked yet."""

    status_code = 409
    default_code = "ai_cancelled"
    default_detail = _("The request was cancelled.")
    counts_as_failure = False

    def __init__(self, detail: str | None = None, *, sent: bool = True, **options: Any) -> None:
        self.sent = sent
        super().__init__(detail, **options)


class LLMOutputLimit(LLMError):
    """The answer went beyond the limits and was stopped."""

    status_code = 502
    default_code = "ai_output_limit"
    default_detail = _("The answer of the AI service was too long and was stopped.")


class LLMInterrupted(LLMError):
    """The answer broke off."""

    status_code = 502
    default_code = "ai_interrupted"
    default_detail = _("The answer of the AI service broke off.")


class LLMInvalidOutput(LLMError):
    """The answer does not have the required form; ``problems`` tells the model (and the log) what is wrong.

    ``truncated``: it ended at ``max_tokens``, so that a repair with the same limit is unlikely to help.
    """

    status_code = 502
    default_code = "ai_invalid_output"
    default_detail = _("The AI service gave an answer of the wrong form.")
    counts_as_failure = False

    def __init__(
        self, detail: str | None = None, *, problems: str = "", truncated: bool = False, **options: Any
    ) -> None:
        self.problems = problems
        self.truncated = truncated
        super().__init__(detail, **options)


class LLMEmptyOutput(LLMError):
    """The provider answered without an answer."""

    status_code = 502
    default_code = "ai_empty_output"
    default_detail = _("The AI service gave an empty answer.")


class LLMRefused(LLMError):
    """The model or its filter declined; ``refusal`` holds the model's words, in the body they are escaped."""

    status_code = 422
    default_code = "ai_refused"
    default_detail = _("The AI model declined to answer.")
    counts_as_failure = False

    def __init__(self, detail: str | None = None, *, refusal: str = "", **options: Any) -> None:
        self.refusal = refusal
        if refusal:
            options.setdefault("refusal_text", escape(refusal[:1000]))
        super().__init__(detail, **options)


class LLMToolLimit(LLMError):
    """The model asked for tools without end."""

    status_code = 502
    default_code = "ai_tool_limit"
    default_detail = _("The AI model used too many tool calls and was stopped.")
    counts_as_failure = False


class LLMInvalidImage(LLMError):
    """What the provider sent is not an image we accept; ``count`` is how many it may bill."""

    status_code = 502
    default_code = "ai_invalid_image"
    default_detail = _("The AI service did not send a usable image.")

    def __init__(self, detail: str | None = None, *, count: int = 1, **options: Any) -> None:
        self.count = count
        super().__init__(detail, **options)


class LLMInvalidEmbedding(LLMError):
    """The vectors do not fit the texts: wrong number, wrong dimension, not finite. The old ones stay in use."""

    status_code = 502
    default_code = "ai_invalid_embedding"
    default_detail = _("The AI service did not send usable embeddings.")


class LLMCreditsExhausted(LLMError):
    """The account has no credits left for this call."""

    status_code = 402
    default_code = "ai_credits_exhausted"
    default_detail = _("There are no AI credits left for this.")
    counts_as_failure = False


_BY_CODE: dict[str, type[LLMError]] = {
    kind.default_code: kind
    for kind in (
        LLMBackendMisconfigured,
        LLMUnsupported,
        LLMInputTooLong,
        LLMBusy,
        LLMUnavailable,
        LLMTimeout,
        LLMCancelled,
        LLMOutputLimit,
        LLMInterrupted,
        LLMInvalidOutput,
        LLMEmptyOutput,
        LLMRefused,
        LLMToolLimit,
        LLMInvalidImage,
        LLMInvalidEmbedding,
        LLMCreditsExhausted,
    )
}


def error_of_code(code: str, *, reason: str = "") -> LLMError:
    """Return the error that a call ended with, by its stored ``code``."""
    return _BY_CODE.get(code, LLMError)(code=code, reason=reason)
