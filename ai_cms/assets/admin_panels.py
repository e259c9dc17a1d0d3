"""What other apps put on top of the admin's queue of pictures without a text.

::

    from ai_cms.assets.admin_panels import queue_panels

    queue_panels.register("translations", lambda request: render_to_string("panel.html", {}, request))
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.safestring import SafeString

from ai_cms.core.registry import Registry

__all__ = ["QueuePanel", "panels_for", "queue_panels"]

#: Returns HTML for this user; "" for nothing.
QueuePanel = Callable[[HttpRequest], SafeString]
queue_panels: Registry[QueuePanel] = Registry("panel of the alt text queue")


def panels_for(request: HttpRequest) -> list[SafeString]:
    """Return the panels of all apps, in the order of registration."""
    return [html for name in queue_panels if (html := queue_panels[name](request))]
