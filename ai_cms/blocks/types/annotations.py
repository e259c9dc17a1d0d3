"""What is wrong with the fields of a block class, in two lines that name the block and the field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

from ..exceptions import InvalidBlockClass

__all__ = ["build", "field_problem"]

HINT = (
    "Use what JSON has (str, int, float, bool, list, dict, Literal, a BlockPart), or give the type a schema of its own."
)


def build(model: type[BaseModel]) -> None:
    """Have Pydantic build a class whose building was put off (``defer_build``), so that what is wrong has a name.

    An annotation that names what comes later in its module is left for later. Raises InvalidBlockClass.
    """
    try:
        model.model_rebuild()
    except PydanticUndefinedAnnotation:
        return
    except PydanticUserError as error:
        # Pydantic's own traceback is long, and says which type it was, but neither the class nor the field.
        raise InvalidBlockClass(field_problem(model) or f"{_name(model)}: {error.message}") from None


def field_problem(model: type[BaseModel]) -> str:
    """Return two lines about the first field, of the class or of a part in it, that no schema can be made of, or ""."""
    try:
        model.model_rebuild()
    except PydanticUndefinedAnnotation as error:
        names = [name for name, note in vars(model).get("__annotations__", {}).items() if str(error.name) in str(note)]
        place = ".".join([_name(model), *names[:1]])
        return f"{place}: there is nothing called {error.name!r}.\nImport it, or correct the name."
    except PydanticUserError:
        pass
    for name, info in model.model_fields.items():
        annotation: Any = info.annotation
        try:
            TypeAdapter(annotation)
        except PydanticUserError:
            for part in _models_in(annotation):
                if part is not model and (found := field_problem(part)):
                    return found
            shown = annotation.__name__ if isinstance(annotation, type) and not get_args(annotation) else annotation
            return f"{_name(model)}.{name}: {shown} is no type that a block can hold.\n{HINT}"
    return ""


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _name(model: type[BaseModel]) -> str:
    return f"{model.__module__}.{model.__qualname__}"
