"""Tags: words that assets are found by."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput

from ..models import AssetTag

__all__ = ["MOST_TAGS", "clean_tags", "write_tags"]

MOST_TAGS = 50


def clean_tags(words: Iterable[str]) -> dict[str, str]:
    """Return tags by their key. Raises InvalidInput for too many or too long ones."""
    found: dict[str, str] = {}
    for word in words:
        clean = " ".join(unicodedata.normalize("NFKC", str(word)).split())
        if not clean:
            continue
        if len(clean) > 50:
            raise InvalidInput(errors={"tags": [_("A tag has at most 50 characters.")]})
        found.setdefault(clean.casefold()[:60], clean)
    if len(found) > MOST_TAGS:
        raise InvalidInput(errors={"tags": [_("At most %(most)s tags.") % {"most": MOST_TAGS}]})
    return found


def write_tags(pks: Sequence[int], words: Iterable[str], *, replace: bool = False) -> None:
    """Give assets tags; ``replace``: and take away those that are not named."""
    tags = clean_tags(words)
    if replace:
        AssetTag.objects.filter(asset_id__in=pks).exclude(key__in=tags).delete()
    rows = [AssetTag(asset_id=pk, word=word, key=key) for pk in pks for key, word in tags.items()]
    if rows:
        AssetTag.objects.bulk_create(rows, ignore_conflicts=True)
