"""Résumés in and out by commands."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from ai_cms.portfolio import get_resume_model, get_skill_model

from .conftest import RESUME

pytestmark = pytest.mark.django_db


def run(*arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def test_a_file_goes_in_and_comes_out_equal(ada: Any, tmp_path: Path) -> None:
    file = tmp_path / "resume.json"
    file.write_text(json.dumps(RESUME), "utf-8")
    name = ada.get_username()
    assert "can be taken in" in run("import_resume", file, user=name, dry_run=True)
    assert get_resume_model().objects.count() == 0
    made = json.loads(run("import_resume", file, user=name, rows=True, json=True))
    assert len(made["projects"]) == len(made["skills"]) == 1
    resume = get_resume_model().objects.get(pk=made["resume"])
    assert resume.owner_id == ada.pk and get_skill_model().objects.get().owner_id == ada.pk
    assert json.loads(run("export_resume", resume.pk)) == RESUME
    out = tmp_path / "out.json"
    run("export_resume", resume.pk, output=str(out))
    assert json.loads(out.read_text("utf-8")) == RESUME


def test_what_cannot_be_done_is_said(ada: Any, tmp_path: Path) -> None:
    name = ada.get_username()
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"work": [{"startDate": "soon"}]}', "utf-8")
    other = tmp_path / "other.txt"
    other.write_text("hello", "utf-8")
    for arguments, words in (
        ((wrong, name), "work.0.startDate"),
        ((other, name), "neither a JSON Resume nor"),
        ((tmp_path / "none", name), "cannot be read"),
        ((wrong, "nobody"), "no user 'nobody'"),
    ):
        with pytest.raises(CommandError, match=words):
            run("import_resume", arguments[0], user=arguments[1])
    with pytest.raises(CommandError, match="no résumé 999"):
        run("export_resume", 999)
