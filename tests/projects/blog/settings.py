"""A blog and nothing else: pages, pictures and posts, without language models, imports or an admin."""

from __future__ import annotations

from tests.projects.common import ASSET_STORAGES, REST, TREE, project

SMOKE = {"/health-check/": 200, "/api/schema/": 200, "/api/posts/": 401, "/api/categories/": 200, "/": 200}

globals().update(
    project(
        "blog",
        "ai_cms.core",
        "ai_cms.blocks",
        "ai_cms.assets",
        "ai_cms.pages",
        "ai_cms.posts",
        *TREE,
        *REST,
        admin=False,
        ROOT_URLCONF="tests.projects.blog.urls",
        STORAGES=ASSET_STORAGES,
        AI_CMS={"ASSET_SVG": "refuse", "POSTS_PARENT": "/"},
    )
)
