"""The writing tasks that come with ai_cms."""

from __future__ import annotations

from . import drafts as drafts
from . import fields as fields
from . import reviewing as reviewing
from . import rewriting as rewriting
from . import texts as texts
