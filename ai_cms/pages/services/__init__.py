"""Every write of pages: drafts, structure, publishing, proposals, templates, sites.

The first keyword everywhere is ``actor``: a user or an :class:`ai_cms.core.permissions.Actor`. Each function asks the permission
policy, takes the locks it needs, and does all of its work or none.
"""

from __future__ import annotations

from .approvals import approval_address, ask_approval, decide_approval
from .bin import delete_page, delete_rows, purge_page, restore_page
from .branches import PageSpec, insert_level
from .bulk import bulk_create_pages
from .copying import copy_page, translate_page
from .drafts import DraftEdit, apply_page_operations, restore_revision, update_page
from .page_types import check_place, page_types, resolve_page_type
from .previews import make_preview_link, open_preview_link, revoke_preview_links
from .proposals import accept_proposal, create_proposal, proposal_state, reject_proposal
from .publications import json_tail, refresh_public_fields
from .publishing import publish_page, publish_scheduled, schedule_page, unpublish_page
from .sites import create_site
from .structure import create_page, move_page, reorder_pages
from .suggesting import suggest_operations, suggest_restore, suggest_update
from .templates import instantiate_template, make_template, save_template
from .tree_work import cancel_tree_work, carry_out_due, start_tree_work

__all__ = [
    "DraftEdit",
    "PageSpec",
    "accept_proposal",
    "apply_page_operations",
    "approval_address",
    "ask_approval",
    "bulk_create_pages",
    "cancel_tree_work",
    "carry_out_due",
    "check_place",
    "copy_page",
    "create_page",
    "create_proposal",
    "create_site",
    "decide_approval",
    "delete_page",
    "delete_rows",
    "insert_level",
    "instantiate_template",
    "json_tail",
    "make_preview_link",
    "make_template",
    "move_page",
    "open_preview_link",
    "page_types",
    "proposal_state",
    "publish_page",
    "publish_scheduled",
    "purge_page",
    "refresh_public_fields",
    "reject_proposal",
    "reorder_pages",
    "resolve_page_type",
    "restore_page",
    "restore_revision",
    "revoke_preview_links",
    "save_template",
    "schedule_page",
    "start_tree_work",
    "suggest_operations",
    "suggest_restore",
    "suggest_update",
    "translate_page",
    "unpublish_page",
    "update_page",
]
