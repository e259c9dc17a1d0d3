"""``llms`` and the checks of ``AI_CMS["LLM"]``."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.test import override_settings

from ai_cms.llm.backends.base import BaseLLMBackend
from ai_cms.llm.backends.local.backend import LocalBackend
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.checks import check_backends, check_backends_for_deployment
from ai_cms.llm.exceptions import InvalidLLMBackend, LLMDoesNotExist
from ai_cms.llm.handler import LLMHandler, llms
from ai_cms.llm.messages import LLMRequest, LLMResponse

TESTING = "ai_cms.llm.backends.testing.TestingBackend"
BROKEN = "tests.llm.test_handler.BrokenBackend"


class CountingBackend(BaseLLMBackend):
    made = 0
    closed = 0

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        type(self).made += 1

    def _generate(self, request: LLMRequest) -> LLMResponse:
        return LLMResponse("counted")

    def close(self) -> None:
        type(self).closed += 1


class BrokenBackend(BaseLLMBackend):
    def __init__(self, *, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.size = size + 0


def configured(**entries: Any) -> Any:
    return override_settings(AI_CMS={"LLM": entries})


def entry(path: str = TESTING, **more: Any) -> dict[str, Any]:
    return {"BACKEND": path, **more}


def test_without_settings_the_default_is_the_local_backend() -> None:
    with override_settings(AI_CMS={}):
        assert isinstance(llms["default"], LocalBackend)
        assert list(llms) == ["default"]
    with configured(other=entry()):
        assert list(llms) == ["default", "other"]


def test_an_alias_is_built_once_for_all_threads_with_its_model_and_options() -> None:
    with configured(default=entry(f"{__name__}.CountingBackend", MODEL="m", OPTIONS={"context_window": 9})):
        CountingBackend.made = 0
        found: list[BaseLLMBackend] = []
        threads = [threading.Thread(target=lambda: found.append(llms["default"])) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(map(id, found))) == 1
        assert CountingBackend.made == 1
        assert (found[0].alias, found[0].model, found[0].context_window) == ("default", "m", 9)


def test_asking_for_aliases_builds_nothing() -> None:
    with configured(default=entry(f"{__name__}.CountingBackend"), broken=entry("no.such.Backend")):
        CountingBackend.made = 0
        assert "default" in llms
        assert "nothing" not in llms
        assert list(llms) == ["default", "broken"]
        assert len(llms) == 2
        assert CountingBackend.made == 0


def test_changed_settings_close_the_backends_and_count_at_once() -> None:
    with configured(default=entry(f"{__name__}.CountingBackend")):
        assert isinstance(llms["default"], CountingBackend)
        CountingBackend.closed = 0
        with configured(default=entry()):
            assert isinstance(llms["default"], TestingBackend)
        assert CountingBackend.closed == 1


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({}, r"AI_CMS\['LLM'\]\['x'\]: BACKEND is missing"),
        (entry("no.such.Backend"), r"AI_CMS\['LLM'\]\['x'\]: could not find BACKEND 'no.such.Backend'"),
        (entry("django.db.models.Model"), "is not a BaseLLMBackend"),
        (entry(OPTIONS={"colour": 1}), r"\['OPTIONS'\]: unknown option 'colour'. Known options: .*answer"),
        (entry(OPTIONS={"alias": "y"}), r"\['OPTIONS'\]: 'alias' is not an option"),
        (entry(OPTIONS=["a"]), r"\['OPTIONS'\]: must be a dict"),
        (entry(BROKEN), r"\['OPTIONS'\]: .*size"),
        (entry(BROKEN, OPTIONS={"size": "a"}), r"\['OPTIONS'\]"),
        (entry(OPTIONS={"deadlines": {"total": 0}}), r"\['OPTIONS'\]: Deadlines are above zero"),
        (entry(OPTIONS={"deadlines": {"never": 1}}), r"\['OPTIONS'\]"),
        (entry(MODELL="m"), r"unknown key 'MODELL'. Known keys: BACKEND"),
        ("text", "must be a dict, not str"),
    ],
)
def test_a_mistake_is_named_by_its_path(broken: Any, message: str) -> None:
    with configured(x=broken), pytest.raises(InvalidLLMBackend, match=message):
        llms["x"]


def test_an_unknown_alias_is_a_key_error_that_names_the_known_ones() -> None:
    with configured(default=entry()):
        with pytest.raises(KeyError):
            llms["other"]
        with pytest.raises(
            LLMDoesNotExist, match=r"AI_CMS\['LLM'\]\['other'\]: there is no such alias. Known: 'default'"
        ):
            llms["other"]


def test_the_chain_of_fallbacks() -> None:
    with configured(default=entry(FALLBACK=["b", "default", "c", "b"]), b=entry(FALLBACK=["c"]), c=entry()):
        assert llms.chain("default") == ["default", "b", "c"]
        assert llms.chain("c") == ["c"]
    with configured(default=entry(FALLBACK=["nobody"])), pytest.raises(LLMDoesNotExist, match="no alias 'nobody'"):
        llms.chain("default")
    with configured(default=entry(FALLBACK="b")), pytest.raises(InvalidLLMBackend, match="must be a list"):
        llms.chain("default")


def test_a_handler_of_its_own_starts_empty() -> None:
    handler = LLMHandler()
    with configured(default=entry()):
        assert handler["default"] is not llms["default"]


def test_checks_report_each_alias_without_calling_it() -> None:
    openai = entry("ai_cms.llm.backends.openai.OpenAIBackend", MODEL="m")
    with configured(default=entry(), broken=entry("no.such.Backend"), openai=openai, lost=entry(FALLBACK=["x"])):
        found = {message.id: message.msg for message in check_backends(None)}
    # E003 says that the package is missing, where it is.
    assert set(found) - {"ai_cms_llm.E003"} == {"ai_cms_llm.E001", "ai_cms_llm.E002", "ai_cms_llm.W001"}
    assert "'broken'" in found["ai_cms_llm.E001"]
    with override_settings(AI_CMS={"LLM": "text"}):
        assert check_backends(None) == []
        assert check_backends_for_deployment(None) == []


def test_doubles_are_refused_in_production() -> None:
    with configured(default=entry()):
        assert [message.id for message in check_backends_for_deployment(None)] == ["ai_cms_llm.E004"]
    with override_settings(AI_CMS={}):
        assert check_backends_for_deployment(None) == []
