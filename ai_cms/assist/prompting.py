"""The instructions of a task: the shipped template of its prompt, or a text that staff have written in its place.

What staff write is a small part of Django's language: ``{{ options.tone|default:"plain" }}`` and ``{% if %}`` over options and
``page``. Neither tags nor filters beyond that, since a prompt shall say something to a model and do nothing to the site.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any

from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError
from django.template.base import Lexer, TokenType
from django.template.loader import get_template
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput

__all__ = ["check_prompt", "digest_of", "editable", "render_prompt", "shipped"]

_TAGS = ("if", "elif", "else", "endif")
_OPTION = re.compile(r"options\.([a-z][a-z0-9_]*)")
#: What is put in: an option, with what stands there where nothing was chosen.
_PUT_IN = re.compile(_OPTION.pattern + r"""(?:\|default:(?:\d+|"[^"|{}%]*"|'[^'|{}%]*'))?""")
#: What may stand in a condition beside options: words of conditions, "page", numbers, texts in quotes.
_CONDITION = re.compile(r"""and|or|not|in|page|True|False|None|[=!<>]=|[<>]|\d+|"[^"|{}%]*"|'[^'|{}%]*'""")
_PART = re.compile(r""""[^"]*"|'[^']*'|\S+""")
_WRAPPING = re.compile(r"\s*\{%\s*(?:autoescape off|endautoescape)\s*%\}\s*")
_engine = Engine(autoescape=False)


def shipped(template_name: str) -> str:
    """Return the text of a prompt's template, of the project or of the app; "" where there is none."""
    try:
        found: Any = get_template(template_name)
    except TemplateDoesNotExist:
        return ""
    return str(getattr(getattr(found, "template", None), "source", ""))


def editable(text: str) -> str:
    """Return the text of a template as staff may write it: a prompt is never escaped, so nothing need say so."""
    return _WRAPPING.sub("", text).strip()


def digest_of(text: str) -> str:
    """Return by what the text of a prompt is known: two that differ have two."""
    return hashlib.sha256(editable(text).encode()).hexdigest()[:12]


def check_prompt(text: str, options: Collection[str] | None = None) -> None:
    """Raise InvalidInput for what may not stand in a prompt. ``options``: those that there are; ``None`` for any."""
    problems = []
    for token in Lexer(text).tokenize():
        if token.token_type is TokenType.VAR and not _PUT_IN.fullmatch(token.contents):
            problems.append(_("{{ %(text)s }}: only {{ options.… }} may be put in.") % {"text": token.contents})
        elif token.token_type is TokenType.BLOCK:
            problems += _in_tag(token.contents)
        if options is not None and token.token_type in (TokenType.VAR, TokenType.BLOCK):
            unknown = sorted(set(_OPTION.findall(token.contents)) - set(options))
            names = ", ".join(sorted(options)) or "–"  # noqa: RUF001
            problems += [
                _("There is no option %(name)s; there are: %(names)s.") % {"name": name, "names": names}
                for name in unknown
            ]
    if not problems:
        try:
            _engine.from_string(text)
        except TemplateSyntaxError as error:
            problems.append(str(error))
    if problems:
        raise InvalidInput(errors={"text": problems})


def _in_tag(contents: str) -> list[str]:
    name, *parts = _PART.findall(contents)
    if name not in _TAGS:
        return [_("{%% %(tag)s %%}: only if, elif, else and endif may be used.") % {"tag": name}]
    wrong = [part for part in parts if not (_OPTION.fullmatch(part) or _CONDITION.fullmatch(part))]
    return [
        _("{%% %(tag)s %%}: %(part)s may not stand in a condition.") % {"tag": name, "part": part} for part in wrong
    ]


def render_prompt(text: str, options: Mapping[str, object], *, page: bool) -> str:
    """Return what a model is told of a text that check_prompt() let pass."""
    return _engine.from_string(text).render(Context({"options": dict(options), "page": page}, autoescape=False))
