"""Pages and the studio, without the admin and without any app that the studio may do without."""

from __future__ import annotations

from tests.projects.common import REST, TREE, project

SMOKE = {"/health-check/": 200, "/desk/": 302, "/desk/brand.css": 200, "/desk/pages/": 302, "/": 200}
#: As a superuser sees it.
SMOKE_INSIDE = {
    "/desk/": 200,
    "/desk/pages/": 200,
    "/desk/pages/new/?choose=1": 200,
    "/desk/find/?q=home": 200,
    "/desk/bin/": 200,
    "/desk/people/": 200,
    "/desk/proposals/": 200,
    "/desk/comments/": 200,
    "/desk/nothing/": 404,
}

globals().update(
    project(
        "studio",
        "ai_cms.core",
        "ai_cms.blocks",
        "ai_cms.pages",
        "ai_cms.studio",
        "django.contrib.staticfiles",
        *TREE,
        *REST,
        admin=False,
    )
)
