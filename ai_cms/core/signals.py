"""The public signals; ``sender`` is the model class, the rest keyword arguments as named beside each.

``actor`` is an :class:`ai_cms.core.permissions.Actor`. Receivers run inside the transaction of the write unless noted.
"""

from __future__ import annotations

from django.dispatch import Signal

__all__ = [
    "asset_changed",
    "asset_deleted",
    "asset_edited",
    "asset_replaced",
    "asset_uploaded",
    "maintenance_changed",
    "page_copied",
    "page_created",
    "page_deleted",
    "page_moved",
    "page_published",
    "page_purged",
    "page_restored",
    "page_scheduled",
    "page_unpublished",
    "page_updated",
    "pages_reordered",
    "proposal_accepted",
    "proposal_created",
    "proposal_rejected",
    "publications_written",
    "site_imported",
    "user_tier_changed",
]

page_created = Signal()  # instance, actor
page_updated = Signal()  # instance, actor, revision
page_moved = (
    Signal()
)  # instance, actor, old_path, new_path, old_place: (parent, sibling before it) by key, None for a rename
pages_reordered = Signal()  # instance: the parent; actor; before, after: keys of the children in order
page_copied = Signal()  # instance, actor, source
page_published = Signal()  # instance, actor, publication (its ``replaced``: the revision that was public before)
page_unpublished = Signal()  # instance, actor, revision: the number of the one that was public
page_scheduled = Signal()  # instance, actor, before: {go_live_at, expire_at, scheduled_revision}
# sender Publication; keys, using: written many at once, or by an upgrade of blocks, without page_published
publications_written = Signal()
page_deleted = Signal()  # instance, actor, page_ids
page_restored = Signal()  # instance, actor, page_ids
page_purged = Signal()  # instance (as it was), actor, page_ids; the rows are gone
proposal_created = Signal()  # instance, actor
# instance, actor, revision; shown: {document, snapshot} before, the digest that the person's screen sent, their edits, by_policy
proposal_accepted = Signal()
proposal_rejected = Signal()  # instance, actor
site_imported = Signal()  # instance: all rows of an exported site are there; warn(text, item=…): tell who imports
maintenance_changed = Signal()  # enabled
user_tier_changed = Signal()  # instance
asset_uploaded = Signal()  # instance, actor
asset_changed = Signal()  # instance, actor: the file, its addresses or its visibility
asset_edited = Signal()  # instance, actor, before, after: what was said of it, by field
asset_replaced = Signal()  # instance, actor, before: {mime, size, sha256} of the file that was there
asset_deleted = Signal()  # instance (as it was), reference, actor; the rows are gone
