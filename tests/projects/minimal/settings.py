"""The core alone, without the admin."""

from __future__ import annotations

from tests.projects.common import REST, project

SMOKE = {"/health-check/": 200, "/api/schema/": 200}

globals().update(project("minimal", "ai_cms.core", *REST, admin=False))
