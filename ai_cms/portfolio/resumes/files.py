"""Résumés as files."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from ai_cms.core.slugs import make_slug

__all__ = ["resume_file", "resume_text"]


def resume_text(resume: Any) -> str:
    """Return a résumé as the text of a JSON Resume: what came in, key by key."""
    return json.dumps(resume.content, ensure_ascii=False, indent=2) + "\n"


def resume_file(resume: Any) -> HttpResponse:
    """Return a résumé as an answer that browsers keep as a file."""
    response = HttpResponse(resume_text(resume), content_type="application/json")
    name = make_slug(resume.title, allow_unicode=False, fallback="resume")
    response["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response
