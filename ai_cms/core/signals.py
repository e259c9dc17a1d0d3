"""The public signals; ``sender`` is the model class, the rest keyword arguments as named beside each.

``actor`` is an :class:`ai_cms.core.permissions.Actor`. Receivers run inside the transaction of the write unless noted.
"""

from __future__ import annotations

from django.dispatch import Signal

__all__ = [
    "asset_changed",
    "asset_deleted",
    "asset_uploaded",
    "maintenance_changed",
    "page_copied",
    "page_created",
    "page_deleted",
    "page_moved",
    "page_published",
    "page_restored",
    "page_unpublished",
    "page_updated",
    "proposal_accepted",
    "proposal_created",
    "proposal_rejected",
    "publications_written",
    "site_imported",
    "user_tier_changed",
]

page_created = Signal()  # instance, actor
page_updated = Signal()  # instance, actor, revision
page_moved = Signal()  # instance, actor, old_path, new_path
page_copied = Signal()  # instance, actor, source
page_published = Signal()  # instance, actor, publication
page_unpublished = Signal()  # instance, actor
# sender Publication; keys, using: written many at once, or by an upgrade of blocks, without page_published
publications_written = Signal()
page_deleted = Signal()  # instance, actor, page_ids
page_restored = Signal()  # instance, actor, page_ids
proposal_created = Signal()  # instance, actor
proposal_accepted = Signal()  # instance, actor, revision
proposal_rejected = Signal()  # instance, actor
site_imported = Signal()  # instance: all rows of an exported site are there; warn(text, item=…): tell who imports
maintenance_changed = Signal()  # enabled
user_tier_changed = Signal()  # instance
asset_uploaded = Signal()  # instance, actor
asset_changed = Signal()  # instance, actor: the file, its addresses or its visibility
asset_deleted = Signal()  # instance (as it was), reference, actor; the rows are gone
