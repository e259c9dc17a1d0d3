"""Which test modules run where.

In every cell of the matrix: what Django, Python, swapped models or a missing extra can break.

The whole suite runs on the newest and the oldest pair and on PostgreSQL; these are a few modules of every app for the rest.
"""

from __future__ import annotations

MODULES = {
    "core": "test_api_views test_bulk test_checks test_commands test_conf test_idempotency test_models test_openapi "
    "test_permissions test_registry test_starting test_swapping test_tokens",
    "blocks": "test_api test_checks test_commands test_fields test_forms test_operations test_rendering",
    "pages": "admin/test_views admin/test_writing api/test_content api/test_history api/test_pages api/test_schema "
    "api/test_structure api/test_walkthrough test_drafts test_indexes test_menus test_proposals test_publishing "
    "test_search test_structure",
    "llm": "test_admin test_api test_credits test_gateway test_runs test_tools",
    "assist": "test_admin test_api test_tasks",
    "chat": "test_admin test_answering test_conversations test_rooms test_sending test_tools",
    "accounts": "test_admin test_codes test_models test_tokens test_users",
    "assets": "test_admin test_api test_pages test_pictures",
    "portfolio": "test_api test_blocks test_resume_proposals test_services test_web",
    "posts": "test_api test_services test_words",
    "transfer": "test_commands test_hooks test_markdown test_wordpress",
    "example": "test_environment",
}

#: Paths below ``tests/``. What concerns no single app is in all cells.
PATHS = {f"{app}/{module}.py" for app, modules in MODULES.items() for module in modules.split()} | {
    "test_migrations.py",
    "test_projects.py",
}

#: Files and folders whose tests start projects, commands and servers in processes of their own, seconds each: not in `make test`.
PROCESSES = (
    "chat/test_killed.py",
    "core/test_parallel.py",
    "core/test_starting.py",
    "example/",
    "llm/test_pytest_plugin.py",
    "pages/api/test_repeated.py",
    "pages/api/test_stale_writers.py",
    "test_projects.py",
    "test_social.py",
)
