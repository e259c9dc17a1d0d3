"""WordPress content without blocks: paragraphs from blank lines, and shortcodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from ai_cms.blocks.convert.result import ConversionWarning
from ai_cms.blocks.html.markup import words

from .attributes import attribute_texts
from .media import Picture

__all__ = ["classic_html"]

_BLOCKS = (
    "table|thead|tfoot|caption|col|colgroup|tbody|tr|td|th|div|dl|dd|dt|ul|ol|li|pre|form|map|area|blockquote|address|"
    "style|p|h[1-6]|hr|fieldset|legend|section|article|aside|hgroup|header|footer|nav|figure|figcaption|details|menu|"
    "summary|iframe|video|audio|script|noscript"
)
_BEFORE_BLOCK = re.compile(rf"(<(?:{_BLOCKS})(?=[\s/>]))", re.IGNORECASE)
_AFTER_BLOCK = re.compile(rf"(</(?:{_BLOCKS})\s*>|<hr(?:[\s/][^<>]*)?>)", re.IGNORECASE)
_STARTS_WITH_BLOCK = re.compile(rf"</?(?:{_BLOCKS})(?=[\s/>])", re.IGNORECASE)
_ENDS_WITH_BLOCK = re.compile(rf"(?:</(?:{_BLOCKS})\s*>|<(?:{_BLOCKS})(?:[\s/][^<>]*)?>)\s*\Z", re.IGNORECASE)
_BREAK = re.compile(r"(?:<br\s*/?>)?(?<![ \t])[ \t]*\n")
_BLOCK_TAG_END = re.compile(rf"(</?(?:{_BLOCKS})(?:[\s/][^<>]*)?>)<br>", re.IGNORECASE)
_UNTOUCHED = re.compile(r"<(pre|script|style|textarea)\b", re.IGNORECASE)
_KEPT = re.compile("<pre data-kept=\x00([0-9]+)\x00></pre>")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")

# A tag, a comment, or text that keeps its brackets; else a shortcode.
_TOKEN = re.compile(
    r"(?P<kept><(?P<raw>pre|code|script|style|textarea)\b[^<>]*>|<!--|<[^<>]*>)"
    r"|\[(?P<escaped>\[)?(?P<closing>/)?(?P<name>[a-zA-Z][\w-]*)(?P<rest>(?:[\s/][^\[\]]*)?)\](?(escaped)\])",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""([\w-]+)\s*=\s*"([^"]*)"|([\w-]+)\s*=\s*'([^']*)'|([\w-]+)\s*=\s*([^\s'"]+)|"([^"]*)"|(\S+)"""
)
_KNOWN = words(
    "audio caption wp_caption embed gallery playlist video contact-form contact-form-7 formidable gravityform ninja_form "
    "wpforms googlemaps youtube vimeo soundcloud twitter recaptcha products product woocommerce_cart woocommerce_checkout "
    "su_button button row column columns tabs tab accordion toggle spacer divider polldaddy slideshow recent-posts"
)
# Page builders keep what readers see in attributes, among many settings.
_BUILDER = re.compile(r"(?:vc|et_pb|fusion|av|us|mk|cs|dt|nectar|kc)_")
_SHOWN = words(
    "text heading title subtitle label caption quote description content button_text link_text image_url src"
)
_AUDIO = ("src", "mp3", "ogg", "m4a", "wav", "flac", "wma")
_VIDEO = ("src", "mp4", "m4v", "webm", "ogv", "wmv", "flv")
_TAG = re.compile(r"<[^<>]*>")
_IMAGE = re.compile(r"(?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?", re.IGNORECASE)

Attributes = dict[str, str]


def classic_html(
    content: str,
    warnings: list[ConversionWarning],
    *,
    attachments: Mapping[int, Picture],
    attached: Sequence[int] = (),
    line: int = 1,
    paragraphs: bool = True,
) -> str:
    """Return classic content as ordinary HTML.

    ``attachments``: pictures by their id, for galleries. ``attached``: the ids of those that were uploaded to
    this text, for galleries that name none. ``line``: where ``content`` begins in the source.
    ``paragraphs``: make paragraphs of blank lines and breaks of single ones.
    """
    html = _Shortcodes(attachments, attached, warnings, line).replace(content.replace("\r\n", "\n").replace("\r", "\n"))
    return autop(html) if paragraphs else html


def autop(html: str) -> str:
    """Return ``html`` with paragraphs where there are blank lines, and breaks where there are line ends."""
    kept: list[str] = []
    parts: list[str] = []
    html = html.replace("\x00", "")
    ends = _EndTags(html)
    position = 0
    while match := _UNTOUCHED.search(html, position):
        end = ends.after(match[1], match.end())
        parts.append(html[position : match.start()])
        position = end if end else match.end()
        if end:
            kept.append(html[match.start() : end])
            parts.append(f"\n\n<pre data-kept=\x00{len(kept) - 1}\x00></pre>\n\n")
        else:
            parts.append(match[0])
    html = "".join([*parts, html[position:]])
    html = _AFTER_BLOCK.sub(r"\1\n\n", _BEFORE_BLOCK.sub(r"\n\n\1", html))
    lines = []
    for part in _BLANK_LINES.split(html):
        part = part.strip()
        if not part:
            continue
        part = _BLOCK_TAG_END.sub(r"\1", _BREAK.sub("<br>", part))
        opening = "" if _STARTS_WITH_BLOCK.match(part) else "<p>"
        closing = "</p>" if opening and not _ENDS_WITH_BLOCK.search(part[-2_000:]) else ""
        lines.append(f"{opening}{part}{closing}")
    html = "\n".join(lines)
    return _KEPT.sub(lambda found: kept[int(found[1])], html) if kept else html


class _EndTags:
    """Find end tags in one text; what was not found once is not searched for again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.missing: set[str] = set()

    def after(self, name: str, position: int) -> int:
        """Return where the next end tag of ``name`` ends, 0 if there is none. ``--`` stands for comments."""
        name = name.lower()
        if name in self.missing:
            return 0
        pattern = "-->" if name == "--" else rf"</{name}\s*>"
        match = re.compile(pattern, re.IGNORECASE).search(self.text, position)
        if match is None:
            self.missing.add(name)
            return 0
        return match.end()


class _Shortcodes:
    """Replace the shortcodes of one text by HTML, or drop them and say so."""

    def __init__(
        self,
        attachments: Mapping[int, Picture],
        attached: Sequence[int],
        warnings: list[ConversionWarning],
        line: int,
    ) -> None:
        self.attachments = attachments
        self.attached = attached
        self.warnings = warnings
        self.line = line
        self.handlers: dict[str, Callable[[Attributes, str], str]] = {
            "audio": self._audio,
            "caption": self._caption,
            "embed": self._embed,
            "gallery": self._gallery,
            "video": self._video,
            "wp_caption": self._caption,
        }

    def replace(self, text: str) -> str:
        if "[" not in text:
            return text
        closed = {match[1].lower() for match in re.finditer(r"\[/([a-zA-Z][\w-]*)", text)}
        out: list[str] = []
        opened: list[tuple[str, Attributes, int, int]] = []
        ends = _EndTags(text)
        position = 0
        counted, line = 0, self.line
        while match := _TOKEN.search(text, position):
            out.append(text[position : match.start()])
            position = match.end()
            line += text.count("\n", counted, match.start())
            counted = match.start()
            if match["kept"]:
                # A tag, a comment, or an element whose content is shown as it is.
                holder = match["raw"] or ("--" if match["kept"] == "<!--" else "")
                position = (ends.after(holder, match.end()) if holder else 0) or match.end()
                out.append(text[match.start() : position])
                continue
            name = match["name"].lower()
            if match["escaped"]:
                out.append(match[0][1:-1])
            elif match["closing"]:
                self._close(name, out, opened, match[0])
            else:
                rest = match["rest"]
                attributes = _attributes(rest.strip().removesuffix("/"))
                if not (name in _KNOWN or name in closed or ("=" in rest and any(attributes))):
                    out.append(match[0])
                elif name in closed and not rest.rstrip().endswith("/"):
                    out.append("")
                    opened.append((name, attributes, len(out), line))
                else:
                    out.append(self._replace_one(name, attributes, "", line))
        out.append(text[position:])
        for name, attributes, index, at in opened:
            # It was never closed: it stood alone.
            out[index - 1] = self._replace_one(name, attributes, "", at)
        return "".join(out)

    def _close(self, name: str, out: list[str], opened: list[tuple[str, Attributes, int, int]], source: str) -> None:
        for position in range(len(opened) - 1, max(len(opened) - 50, 0) - 1, -1):
            if opened[position][0] == name:
                _, attributes, index, line = opened[position]
                for inner_name, inner_attributes, inner_index, inner_line in opened[position + 1 :]:
                    out[inner_index - 1] = self._replace_one(inner_name, inner_attributes, "", inner_line)
                del opened[position:]
                content = "".join(out[index:])
                del out[index:]
                out[index - 1] = self._replace_one(name, attributes, content, line)
                return
        if name not in _KNOWN:
            out.append(source)

    def _replace_one(self, name: str, attributes: Attributes, content: str, line: int) -> str:
        handler = self.handlers.get(name)
        html = handler(attributes, content) if handler else ""
        if html:
            return html
        shown = {key: value for key, value in attributes.items() if key in _SHOWN} if _BUILDER.match(name) else {}
        if taken := attribute_texts(shown):
            message = f"The shortcode [{name}] is not known; the texts of its attributes were taken."
            self.warnings.append(ConversionWarning(line, message))
            return f"\n\n{taken}\n\n{content}"
        self.warnings.append(ConversionWarning(line, f"The shortcode [{name}] was left out."))
        return content

    def _caption(self, attributes: Attributes, content: str) -> str:
        image = _IMAGE.search(content)
        if image is None:
            return ""
        caption = (attributes.get("caption", "") or content[image.end() :]).strip()
        before = content[: image.start()].strip()
        return f"{before}\n\n<figure>{image[0]}<figcaption>{caption}</figcaption></figure>\n\n"

    def _gallery(self, attributes: Attributes, content: str) -> str:
        ids = [
            int(item) for item in re.findall("[0-9]{1,12}", attributes.get("ids", "") or attributes.get("include", ""))
        ]
        ids = ids or list(self.attached)
        images = "".join(self.attachments[number].figure for number in ids if number in self.attachments)
        if not images:
            return ""
        columns = attributes.get("columns", "3")
        return f'\n\n<figure class="gallery" data-columns="{escape(columns)}">{images}</figure>\n\n'

    def _embed(self, attributes: Attributes, content: str) -> str:
        url = _TAG.sub("", content).strip() or attributes.get("src", "") or attributes.get("url", "")
        return f'\n\n<figure class="wp-block-embed">{escape(url, quote=False)}</figure>\n\n' if url else ""

    def _audio(self, attributes: Attributes, content: str) -> str:
        src = next((attributes[name] for name in _AUDIO if attributes.get(name)), "") or _TAG.sub("", content).strip()
        return f'\n\n<figure><audio src="{escape(src)}"></audio></figure>\n\n' if src else ""

    def _video(self, attributes: Attributes, content: str) -> str:
        src = next((attributes[name] for name in _VIDEO if attributes.get(name)), "") or _TAG.sub("", content).strip()
        poster = escape(attributes.get("poster", ""))
        return f'\n\n<figure><video src="{escape(src)}" poster="{poster}"></video></figure>\n\n' if src else ""


def _attributes(text: str) -> Attributes:
    found: Attributes = {}
    for match in _ATTRIBUTE.finditer(text.replace("\u201c", '"').replace("\u201d", '"').replace("\u2033", '"')):
        name = match[1] or match[3] or match[5]
        if name:
            found.setdefault(name.lower(), match[2] or match[4] or match[6] or "")
        elif "src" not in found and "://" in (match[7] or match[8] or ""):
            found["src"] = match[7] or match[8]
    return found
