"""The page types of a project, and which may stand below which."""

from __future__ import annotations

from django.apps import apps
from django.utils.translation import gettext as _

from .. import get_page_model
from ..exceptions import PageTypeRefused
from ..models import AbstractPage

__all__ = ["check_place", "page_type_about", "page_types", "resolve_page_type", "types_below"]


def page_types() -> dict[str, type[AbstractPage]]:
    """Return the page types of this project by name; abstract ones and a swapped-out default are not among them."""
    base = get_page_model()
    models: list[type[AbstractPage]] = [model for model in apps.get_models() if issubclass(model, base)]
    return {model.type_name(): model for model in models if not model._meta.swapped and not model._meta.proxy}


def page_type_about(model: type[AbstractPage]) -> str:
    """Return the first line of a page type's own docstring; "" where Django wrote one, such as ``Recipe(id, title)``."""
    text = (model.__doc__ or "").strip()
    return "" if text.startswith(f"{model.__name__}(") else text.split("\n")[0]


def resolve_page_type(name: str | type[AbstractPage] | None) -> type[AbstractPage]:
    """Return the page type called ``name`` (its label, or the bare model name where only one has it).

    Raises PageTypeRefused.
    """
    types = page_types()
    if name is None or name == "":
        return get_page_model()
    if isinstance(name, type):
        return name
    key = str(name).lower()
    if key in types:
        return types[key]
    bare = [model for label, model in types.items() if label.rsplit(".", 1)[-1] == key]
    if len(bare) == 1:
        return bare[0]
    raise PageTypeRefused(
        _("There is no page type %(name)r. Choose one of: %(types)s.")
        % {"name": str(name)[:100], "types": ", ".join(types)}
    )


def check_place(page_type: type[AbstractPage], parent_type: type[AbstractPage]) -> None:
    """Raise PageTypeRefused if pages of ``page_type`` may not stand below ``parent_type``."""
    child, parent = page_type.type_name(), parent_type.type_name()
    if page_type.parent_page_types is not None and parent not in page_type.parent_page_types:
        raise PageTypeRefused(_("%(child)s may not stand below %(parent)s.") % {"child": child, "parent": parent})
    if parent_type.child_page_types is not None and child not in parent_type.child_page_types:
        raise PageTypeRefused(_("%(parent)s takes no pages of type %(child)s.") % {"child": child, "parent": parent})


def types_below(parent: AbstractPage) -> dict[str, type[AbstractPage]]:
    """Return the page types that may stand below a page, by name."""
    found = {}
    for name, model in page_types().items():
        try:
            check_place(model, type(parent))
        except PageTypeRefused:
            continue
        found[name] = model
    return found
