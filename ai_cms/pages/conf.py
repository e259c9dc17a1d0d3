"""The settings of ``ai_cms.pages``."""

from __future__ import annotations

from ai_cms.core.conf import AppSettings, Setting, positive

__all__ = ["PagesSettings", "pages_settings"]


def _not_negative(value: float) -> str | None:
    return None if value >= 0 else "must not be below zero"


def _runner(value: str) -> str | None:
    return None if value in ("thread", "task", "none") else "must be 'thread', 'task' or 'none'"


class PagesSettings(AppSettings):
    """Settings of ``ai_cms.pages``."""

    AUTOSAVE_SQUASH_SECONDS = Setting(
        600,
        int,
        "Seconds in which autosaves of one author overwrite one revision, not making a new one each time.",
        validate=positive,
    )
    REVISIONS_KEEP = Setting(
        0,
        int,
        "Revisions kept for each page by `prune_revisions`; 0 keeps all. Published ones always stay.",
        validate=_not_negative,
    )
    PREVIEW_LINK_MAX_AGE = Setting(
        604_800, int, "Seconds a preview link is valid unless it is made with another expiry.", validate=positive
    )
    COPY_MAX_PAGES = Setting(
        2_000, int, "Pages copied at once with everything below them; of more a run is made.", validate=positive
    )
    TREE_MAX_PAGES = Setting(
        10_000,
        int,
        "Pages that one request moves, renames, deletes or restores with everything below them; of more a run is made, and "
        "another slug is refused. Commands and scripts that act as the system have no limit.",
        validate=positive,
    )
    TREE_WORK_MAX_PAGES = Setting(
        200_000,
        int,
        "Pages that one run copies, moves, deletes, restores or publishes; more are refused.",
        validate=positive,
    )
    TREE_WORK_PER_USER = Setting(2, int, "Runs on the tree that one user may have open.", validate=positive)
    TREE_WORK_RUNNER = Setting(
        "thread",
        str,
        "Who carries out runs on the tree: `thread`, one of this process; `task`, Django's tasks; `none`: "
        "`manage.py run_tree_work` does.",
        validate=_runner,
    )
    EXPOSE_PROVENANCE = Setting(
        True,
        bool,
        "Whether public pages say, in JSON-LD and a meta tag, which blocks a person, an import, rules or a model wrote.",
    )
    TEMPLATES_VERSION = Setting(
        "", str, "Any text; change it to have every stored page rendered anew although no template file changed."
    )
    CODE_VERSION = Setting(
        "",
        str,
        "Any text that changes with a release, such as its commit; it has stored pages rendered anew by the new code.",
    )
    PAGE_MAX_LOOKUPS = Setting(
        100,
        int,
        "Blocks of a page that look something up when it is shown, such as page lists; more are refused at publishing.",
        validate=positive,
    )
    PAGE_MAX_LISTED = Setting(
        1_000, int, "Pages that the page lists of one page may list, all together.", validate=positive
    )
    PUBLIC_CACHE_SECONDS = Setting(
        0, int, "max-age in seconds of public pages and content answers.", validate=_not_negative
    )
    CONTENT_FACETS = Setting[list[str]](
        lambda: ["tags", "categories"],
        (list, tuple),
        "Names of facets that /content/ also takes as plain query parameters; any other is facet[name].",
    )
    SEARCH_CONFIGS: Setting[dict[str, str]] = Setting(
        dict,
        dict,
        "PostgreSQL text search configuration by language code, such as {'de': 'german'}; merged over the built-in table.",
    )
    APPROVAL_SECONDS = Setting(
        600, int, "Seconds after which what a program asked a person to do to a page is off.", validate=positive
    )
    PROPOSAL_POLICY = Setting(
        "",
        str,
        "Dotted path of a function (proposal, actor) -> bool that may accept proposals without a person; empty for never.",
    )
    SITEMAP_PAGE_SIZE = Setting(5_000, int, "URLs in one sitemap file, at most 50,000.", validate=positive)


pages_settings = PagesSettings()
