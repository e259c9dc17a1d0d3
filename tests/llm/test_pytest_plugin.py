"""The plugin as a project uses it: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROJECT = """
import pytest
from ai_cms.llm.exceptions import RealCallForbidden
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import LLMRequest, Message

REQUEST = LLMRequest([Message.user("x")])
REAL = {"LLM": {"default": {"BACKEND": "ai_cms.llm.backends.ollama.OllamaBackend", "MODEL": "m",
                            "OPTIONS": {"base_url": "http://127.0.0.1:9/v1"}}}}

def test_forbidden(settings):
    settings.AI_CMS = REAL
    with pytest.raises(RealCallForbidden, match="allow_real_llm_calls"):
        llms["default"].generate(REQUEST)

@pytest.mark.real_llm_calls
def test_marked(settings):
    settings.AI_CMS = REAL
    with pytest.raises(Exception, match="ai_unavailable"):
        llms["default"].generate(REQUEST)

def test_allowed(settings, allow_real_llm_calls):
    settings.AI_CMS = REAL
    with pytest.raises(Exception, match="ai_unavailable"):
        llms["default"].generate(REQUEST)

def test_double(settings, testing_llm):
    testing_llm.script("Hello")
    assert llms["default"].generate(REQUEST).text == "Hello"
    assert len(testing_llm.requests) == 1

def test_afterwards_the_settings_count_again():
    assert type(llms["default"]).__name__ == "LocalBackend"
"""


def test_a_project_cannot_reach_a_provider_by_accident(tmp_path: Path) -> None:
    pytest.importorskip("openai", reason="the extra openai is not installed")
    (tmp_path / "test_project.py").write_text(PROJECT)
    (tmp_path / "project_settings.py").write_text("SECRET_KEY = 'x'\nUSE_TZ = True\nAI_CMS = {}\n")
    options = ["-q", "--strict-markers", "-p", "no:cacheprovider", "-p", "no:randomly", "-W", "error"]
    if not installed_plugin():
        options += ["-p", "ai_cms.llm.pytest_plugin"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    environment["DJANGO_SETTINGS_MODULE"] = "project_settings"
    # Options for the run this is a part of: not for the project's.
    environment.pop("PYTEST_ADDOPTS", None)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "5 passed" in result.stdout


def installed_plugin() -> bool:
    """Say whether pytest loads the plugin by itself, because the package is installed."""
    from importlib.metadata import entry_points

    return any(point.value == "ai_cms.llm.pytest_plugin" for point in entry_points(group="pytest11"))
