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
    "accounts": "test_admin test_codes test_models test_posts test_tokens test_users",
    "assets": "test_admin test_api test_pages test_pictures",
    "portfolio": "test_api test_blocks test_resume_proposals test_services test_web",
    "posts": "test_api test_listing test_services test_words",
    "retrieval": "test_admin test_cms_tools test_finding",
    "studio": "desk/test_comments desk/test_pages desk/test_today editor/test_addresses",
    "machines": "test_checks test_reading test_traffic",
    "evidence": "test_admin test_evidence test_undo",
    "transfer": "test_commands test_hooks test_markdown test_wordpress",
    "mcp": "test_agents test_approvals test_protocol test_tools",
    "example": "test_environment",
}

#: Paths below ``tests/``. What concerns no single app is in all cells.
PATHS = {f"{app}/{module}.py" for app, modules in MODULES.items() for module in modules.split()} | {
    "test_migrations.py",
    "test_projects.py",
}

#: Files and folders whose tests start projects, commands and servers in processes of their own, seconds each: not in `make test`.
PROCESSES = (
    "assets/test_s3.py",
    "assets/test_s3_storage.py",
    "chat/test_killed.py",
    "core/test_parallel.py",
    "core/test_starting.py",
    "example/",
    "llm/test_pytest_plugin.py",
    "mcp/test_clients.py",
    "pages/api/test_repeated.py",
    "pages/api/test_stale_writers.py",
    "studio/editor/test_bundle.py",
    "test_projects.py",
    "test_social.py",
)

#: Long tables gone through row by row, and many generated examples: each asks of many inputs what a quick test beside it asks of one.
#: In CI with the newest pair (`outside`); not in `make test`.
THOROUGH = {
    "assets/test_hostile.py",
    "chat/test_injections.py",
    "core/test_malformed.py",
    "llm/test_backends_faults.py",
    "llm/test_dialects.py",
    "llm/test_fault_table.py",
    "llm/test_fault_table_media.py",
    "mcp/test_injections.py",
    "mcp/test_rights.py",
    "pages/api/test_malformed.py",
    "pages/api/test_permission_matrix.py",
    "portfolio/test_paper.py",
    "transfer/test_sitefiles.py",
    "transfer/test_wordpress_bounds.py",
}

#: A test that has one of these, or the mark ``django_db``, asks a database; the others say the same beside any.
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}

#: Of those, what is about something else than the database that keeps its rows: it says the same beside any, and is not run on PostgreSQL.
ELSEWHERE = {
    "assets/test_hostile.py",
    "chat/test_injections.py",
    "llm/test_fault_table.py",
    "llm/test_fault_table_media.py",
    "mcp/test_injections.py",
    "mcp/test_rights.py",
    "pages/api/test_permission_matrix.py",
    "portfolio/test_paper.py",
    "transfer/test_sitefiles.py",
    "transfer/test_wordpress_bounds.py",
}

#: What meets in the database, or dies in the middle of it: on PostgreSQL these run in full. Other `stress` is about inputs and limits,
#: says the same beside any database, and runs on SQLite alone.
RACES = (
    "chat/live/",
    "evidence/test_undo.py",
    "llm/test_processes.py",
    "pages/api/test_stale_pairs.py",
    "pages/test_edges.py",
    "stress/test_chat_rooms.py",
    "stress/test_kill.py",
    "stress/test_lane.py",
    "stress/test_tree.py",
)

#: Paths whose tests ask the run's database without such a fixture: from processes of their own, or by what is installed for it.
DATABASES = (
    "assist/test_slow_models.py",
    "example/test_production.py",
    "pages/api/test_repeated.py",
    "pages/api/test_schema.py",
    "pages/api/test_stale_writers.py",
    "stress/",
)
