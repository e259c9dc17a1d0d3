"""What this site does to imported pages; ``ai_cms.pages`` finds modules of this name by itself."""

from __future__ import annotations

from ai_cms.transfer import ImportHook, ImportItem, importers


@importers.register
class TagTheArchive(ImportHook):
    """Tag the posts of an older site, so that a page list can show the archive by itself."""

    importers = ("wordpress",)

    def before_item(self, item: ImportItem) -> ImportItem:
        if item.kind == "post":
            tags = [tag for tag in item.metadata.get("tags", []) if isinstance(tag, str)]
            item.metadata["tags"] = [*tags, "archive"] if "archive" not in tags else tags
        return item
