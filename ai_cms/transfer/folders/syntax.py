"""What generators of static sites add to Markdown: made Markdown where it says the same, named in warnings where not.

Lines keep their numbers, so that warnings name those of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["plain_markdown"]

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_HIGHLIGHT = re.compile(
    r"\s*\{%-?\s*highlight\s+([\w+#.-]+)[^%]*%\}\s*\Z|\s*\{\{<\s*highlight\s+([\w+#.-]+)[^>]*>\}\}\s*\Z"
)
_END_HIGHLIGHT = re.compile(r"\s*\{%-?\s*endhighlight\s*-?%\}\s*\Z|\s*\{\{<\s*/\s*highlight\s*>\}\}\s*\Z")
_RAW = re.compile(r"\{%-?\s*(?:end)?(?:raw|verbatim)\s*-?%\}")
# Where an address stands; elsewhere it is a value like any other.
_BASE = re.compile(r"(?:\{\{\s*(?:site\.(?:baseurl|url)|page\.baseurl)\s*\}\})+(?=[/)>\"'])")
# A bar in a wiki link parts no cells of a table.
_WIKI_BAR = re.compile(r"(\[\[[^\[\]|\n]*[^\[\]|\\\n])\|(?=[^\[\]|\n]*\]\])")
_ATTRIBUTES = re.compile(r"(?<!\\)\{:[^{}\n]*\}[ \t]*\Z")
# "::: package.module" is no container but what mkdocstrings puts a reference in place of.
_CONTAINER = re.compile(r"(\s*):{3,}\s*(\{?\.?[\w-]+\}?(?=[\s\[:]|\Z))?[ \t]*(?:\[([^\]]*)\]|(.*?))?\s*:*\s*\Z")
_CLOSING = re.compile(r"\s*:{3,}[ \t]*\Z")
_ADMONITION = re.compile(r"( *)(?:!!!|\?\?\?\+?)\s+([\w-]+)(?:\s+[\w-]+)*(?:\s+\"(.*)\")?\s*\Z")
_ALERT = re.compile(r"(\s*(?:>\s*)+)\[!(\w+)\][-+]?[ \t]*(.*)\Z")
_FIGURE = re.compile(r"\{\{[<%]\s*(?:figure|img|image)\s+([^<>%]*?)\s*/?[>%]\}\}")
_REFERENCE = re.compile(r"\{\{[<%]\s*(?:rel)?ref\s+\"?([^\"<>%\s]+)\"?\s*[>%]\}\}")
_LINK_TAG = re.compile(r"\{%-?\s*link\s+([^%\s]+)\s*-?%\}")
_PAIR = re.compile(r"([\w-]+)\s*=\s*\"([^\"]*)\"")
_CODE_SPAN = re.compile(r"(`+)(?:(?!\1).)+?\1(?!`)")

_NAMED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a shortcode of Hugo, {{< … >}}", re.compile(r"\{\{[<%].*?[>%]\}\}|\{\{[<%]")),
    ("a tag of a template language, {% … %}", re.compile(r"(?<!\{)\{%")),
    ("a value of a template language, {{ … }}", re.compile(r"\{\{(?![<%]).*?\}\}")),
    ("a container of a generator, :::", re.compile(r"^\s*:::")),
    ("an admonition, !!!", re.compile(r"^ *(?:!!!|\?\?\?)\s")),
    ("attributes of kramdown, {: … }", re.compile(r"\{:\s?[.#\w][^{}]*\}")),
    ("an emoji code, :name:", re.compile(r"(?<![\w:/]):[a-z][a-z0-9_+-]{1,30}:(?![\w:/])")),
    ("a wiki link, [[ … ]]", re.compile(r"!?\[\[(?!_?TOC_?\]\])[^\[\]\n]+\]\]")),
    ("a mark, ==…==", re.compile(r"(?<![=\w])==[^\s=][^=\n]*==(?!=)")),
    ("a subscript or superscript, ~…~ or ^…^", re.compile(r"(?<![~\w])\w*(?<!~)~[^\s~^]+~(?!~)|\w\^[^\s~^]+\^")),
    ("a formula, $…$", re.compile(r"\$\$|(?<![\w$\\])\$(?=[^\s$\d])[^$\n]*[^\s$\\]\$(?![\w$])")),
    ("a comment of Obsidian, %%", re.compile(r"^\s*%%")),
    ("an abbreviation, *[…]:", re.compile(r"^\*\[[^\]\n]+\]:")),
    ("a definition list", re.compile(r"^:[ \t]+\S")),
    ("a table of contents, [TOC]", re.compile(r"^\s*(?:\[TOC\]|\[\[_?TOC_?\]\]|\{:toc\})\s*\Z", re.IGNORECASE)),
    ("an import of a component", re.compile(r"^\s*import\s+.+\s+from\s+['\"]")),
)


def plain_markdown(body: str, warn: Callable[[int, str], None]) -> str:
    """Return the text with what can be said in Markdown; ``warn(line, message)`` for each kind of what cannot, once."""
    if not re.search(r"[{:!?\[=~^$%]", body):
        return body
    lines = _admonitions(body.split("\n"))
    found: dict[str, list[int]] = {}
    attributes: list[int] = []
    fence = ""
    for index, line in enumerate(lines):
        if fence:
            if line.strip().lstrip("> ").startswith(fence) or (fence == "{%" and _END_HIGHLIGHT.match(line)):
                if fence == "{%":
                    lines[index] = "```"
                fence = ""
            continue
        if match := _HIGHLIGHT.match(line):
            fence = "{%"
            lines[index] = f"```{match[1] or match[2]}"
            continue
        if match := _FENCE.match(line.lstrip("> ")):
            fence = match[1]
            continue
        if "{" in line:
            line = _replace(_BASE, "", _RAW.sub("", line))
            line = _replace(_REFERENCE, r"\1", _replace(_LINK_TAG, r"/\1", _replace(_FIGURE, _figure, line)))
            if cut := _ATTRIBUTES.search(line):
                stated = re.search(r"#([\w.:-]+)", cut[0])
                line = line[: cut.start()].rstrip()
                if stated and line.lstrip().startswith("#"):
                    line = f"{line} {{#{stated[1]}}}"
                else:
                    attributes.append(index + 1)
            lines[index] = line
        if "[[" in line and line.lstrip("> ").startswith("|"):
            line = lines[index] = _replace(_WIKI_BAR, r"\1\|", line)
        shown = _CODE_SPAN.sub("", line)
        for name, pattern in _NAMED:
            if pattern.search(shown):
                found.setdefault(name, []).append(index + 1)
    if attributes:
        warn(attributes[0], f"Attributes of kramdown, {{: … }}, were left out ({_times(attributes)}).")
    for name, places in found.items():
        warn(places[0], f"There is {name} ({_times(places)}); it means nothing here and was kept as text.")
    return "\n".join(lines)


def _times(places: list[int]) -> str:
    return "once" if len(places) == 1 else f"{len(places)} times"


def _replace(pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str], line: str) -> str:
    """Return the line with what the pattern finds outside of code replaced."""
    spans = [match.span() for match in _CODE_SPAN.finditer(line)]

    def changed(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in spans):
            return match[0]
        return match.expand(new) if isinstance(new, str) else new(match)

    return pattern.sub(changed, line)


def _figure(match: re.Match[str]) -> str:
    values = {key.lower(): value for key, value in _PAIR.findall(match[1])}
    if not values.get("src"):
        return match[0]
    caption = values.get("caption") or values.get("title") or ""
    title = ' "' + caption.replace('"', "&quot;") + '"' if caption else ""
    picture = f"![{values.get('alt', '')}](<{values['src']}>{title})"
    return f"[{picture}](<{values['link']}>)" if values.get("link") else picture


def _admonitions(lines: list[str]) -> list[str]:
    """Return the lines with callouts as quotations that begin with their title in bold."""
    if not any(":::" in line or "!!!" in line or "???" in line or "[!" in line for line in lines):
        return lines
    out: list[str] = []
    containers: list[str] = []
    #: Lines that may close a container; one that is never closed would take all that follows.
    closing = sum(1 for line in lines if _CLOSING.match(line))
    indent: int | None = None
    fence = ""
    for line in lines:
        if indent is not None and line.strip() and not line.startswith(" " * indent):
            indent = None
            if out and out[-1].strip() == ">":
                out[-1] = ""
        if match := _FENCE.match(line.strip()):
            fence = "" if fence and line.strip().startswith(fence) else fence or match[1]
        elif fence:
            pass
        elif indent is None and (match := _ADMONITION.match(line)):
            indent = len(match[1]) + 4
            out.append(f"{match[1]}{'> ' * len(containers)}> **{_title(match[2], match[3])}**")
            continue
        elif match := _ALERT.match(line):
            out.append(f"{match[1]}**{_title(match[2], match[3])}**")
            continue
        elif (match := _CONTAINER.match(line)) and match[2] and closing > len(containers):
            containers.append(match[1])
            out.append(f"{'> ' * len(containers)}**{_title(match[2].strip('{}.'), match[3] or match[4])}**")
            continue
        elif containers and _CLOSING.match(line):
            closing -= 1
            containers.pop()
            out.append(("> " * len(containers)).rstrip())
            continue
        if indent is not None:
            if not line.strip():
                out.append(f"{'> ' * len(containers)}>")
                continue
            if line.startswith(" " * indent):
                out.append(f"{' ' * (indent - 4)}{'> ' * len(containers)}> {line[indent:]}")
                continue
        out.append(f"{'> ' * len(containers)}{line}" if containers else line)
    return out


def _title(kind: str, title: str | None) -> str:
    return (title or "").strip() or kind.replace("-", " ").strip().capitalize()
