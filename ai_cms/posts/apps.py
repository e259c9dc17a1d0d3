from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps
from ai_cms.core.swapping import declare_default


class PostsConfig(RequiresApps, AppConfig):
    name = "ai_cms.posts"
    label = "ai_cms_posts"
    verbose_name = _("Posts")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.pages", "ai_cms.assets")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        declare_default("AI_CMS_POST_MODEL", "ai_cms_posts.Post")
        declare_default("AI_CMS_BLOG_MODEL", "ai_cms_posts.Blog")
        declare_default("AI_CMS_CATEGORY_MODEL", "ai_cms_posts.Category")
        declare_default("AI_CMS_TAG_MODEL", "ai_cms_posts.Tag")

    def ready(self) -> None:
        from . import checks as checks
        from . import kept as kept
        from . import receivers as receivers
        from . import syndication as syndication
        from .api import routes as routes
        from .permissions import register_post_policies

        register_post_policies()
