"""Read a brief: what its lines say about parts, paragraphs and points, for drafts without a model."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ai_cms.llm.backends.local import text as local_text

__all__ = ["Part", "read_brief", "title_of", "without_instructions"]

_HASHES = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$")
_POINT = re.compile(r"^(?:[-*•]|\d+[.)])\s+(?P<text>.+)$")
#: A line of at most so many characters, without an end of sentence, opens a part.
HEADING_LENGTH = 60


@dataclass
class Part:
    """One part of a page: its heading (perhaps empty), paragraphs, and the points of a list."""

    heading: str = ""
    paragraphs: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)


def read_brief(text: str) -> list[Part]:
    """Return the parts that a brief lays out.

    Lines with ``#``, lines that end with a colon, and short lines without an end of sentence that begin a block of lines are
    headings; lines with a bullet or number are points. A brief of points alone is an outline: each is a part. A brief of
    plain sentences is one part a sentence.
    """
    lines = [line.strip() for line in text.splitlines()]
    parts: list[Part] = []
    fresh = True
    for number, line in enumerate(lines):
        if not line:
            fresh = True
            continue
        heading, point = _HASHES.match(line), _POINT.match(line)
        follows = next((other for other in lines[number + 1 : number + 2] if other), "")
        if heading:
            parts.append(Part(heading["text"]))
        elif point:
            if not parts:
                parts.append(Part())
            parts[-1].points.append(point["text"])
        elif line.endswith(":") or (fresh and follows and _is_title(line)):
            parts.append(Part(line.rstrip(":")))
        else:
            if not parts:
                parts.append(Part())
            parts[-1].paragraphs.append(line)
        fresh = False
    if len(parts) == 1 and not parts[0].heading:
        return _of_one(parts[0], text)
    return parts


#: Sentences that tell somebody to write, in the languages whose stop words are known: they are not what to write.
_INSTRUCTION = re.compile(
    r"^(?:please,? |bitte |s'il (?:vous|te) pla[iî]t,? |por favor,? )?"
    r"(?:(?:can|could|would) you (?:please )?|(?:i|we) (?:want|need|would like) (?:you )?to |i'd like (?:you )?to )?"
    r"(?:write|draft|create|make|generate|compose|produce|design|build|schreibe?|erstelle?|verfasse?|entw[iu]rf"
    r"|r[eé]dige[rz]?|[eé]cri[svt]\w*|cr[eé]e[rz]?|escrib[ea]\w*|crea|redacta|scrivi|genera|escrev[ae]\w*|schrijf|maak)"
    r"\b.{0,60}\b(?:page|site|website|article|post|text|section|copy|content|about|seite|artikel|beitrag"
    r"|abschnitt|über|texte|rubrique|sur|p[aá]gina|art[ií]culo|texto|sobre|articolo|testo|su|over|tekst)\b",
    re.IGNORECASE,
)
#: The wish for a text: "I need a page about bread", "Ich brauche eine Seite über Brot".
_WISH = re.compile(
    r"^(?:(?:i|we) (?:want|need|would like)|i'd like|we'd like|(?:ich|wir) (?:brauchen?|möchten?|hätten? gern)"
    r"|(?:je|nous) (?:veux|voulons|voudrais|voudrions)|j'ai besoin d'|necesito|necesitamos|quiero|queremos)\b"
    r".{0,30}\b(?:page|article|post|text|section|copy|seite|artikel|beitrag|abschnitt|texte|rubrique|p[aá]gina|art[ií]culo"
    r"|texto)\b",
    re.IGNORECASE,
)
#: How the text is to be: of a sentence that follows an instruction or stands before it.
_MANNER = re.compile(
    r"^(?:please,? |bitte |also,? |and )?(?:"
    r"(?:mention|include|describe|explain|highlight|emphasi[sz]e|stress|focus on|avoid|talk about|do not|don't"
    r"|(?:end|start|begin|finish) with|keep (?:it|the)|make (?:it|sure|the (?:text|page|tone))"
    r"|(?:say|tell) (?:that|them|visitors|people|readers)|use (?:an?|the|simple|short|plain|friendly)"
    r"|add (?:an?|some) (?:call|section|list|heading|button|link|table|quote|picture|image|faq)"
    r"|the (?:tone|style|voice|text|page) (?:should|must|is to)|it (?:should|must)"
    r"|erwähne|nenne|beschreibe|erkläre|betone|vermeide|verwende|benutze|halte (?:es|den)|der (?:ton|text|stil) soll"
    r"|mentionnez?|d[eé]cri[svt]\w*|expliquez?|insiste[rz]? sur|[eé]vite[rz]?|utilise[rz]?|le ton (?:doit|sera)"
    r"|menciona|incluye|explica|destaca|evita|usa (?:un|una)|el tono debe)\b|(?:tone|style|audience|length|language) ?:)",
    re.IGNORECASE,
)
# Where the verb comes last, or no blanks part the words.
_INSTRUCTION_CJK = re.compile(
    r".{0,100}(?:書いて|作成して|作って)(?:ください|下さい|ほしい|欲しい|くれ)?[^\w\s]?\s*\Z"
    r"|(?:请|請|帮我|幫我){0,2}(?:写|寫|撰写|撰寫|创建|創建|制作|製作|生成).{0,60}(?:页面|頁面|网页|網頁|网站|網站|文章|帖子)[^\w\s]?\s*\Z"
)


def without_instructions(text: str) -> str:
    """Return a brief without the sentences that tell somebody to write: what is left is what can be laid out.

    Where there is one, those go too that say how: "Mention the mill", "Keep it short".
    """
    lines = [(line, local_text.sentences(line)) for line in text.splitlines()]
    told = any(_is_instruction(sentence) for _line, found in lines for sentence in found)
    left = []
    for line, found in lines:
        kept = [sentence for sentence in found if not (_is_instruction(sentence) or (told and _MANNER.match(sentence)))]
        left.append(line if len(kept) == len(found) else " ".join(kept))
    return "\n".join(left).strip()


def _is_instruction(sentence: str) -> bool:
    return any(pattern.match(sentence) for pattern in (_INSTRUCTION, _WISH, _INSTRUCTION_CJK))


def title_of(parts: list[Part]) -> str:
    """Return the title that stands alone above the parts, and take it off; "" where there is none."""
    first = parts[0] if len(parts) > 1 else None
    if (
        first is None
        or first.heading
        or first.points
        or len(first.paragraphs) != 1
        or not _is_title(first.paragraphs[0])
    ):
        return ""
    return parts.pop(0).paragraphs[0]


def _is_title(line: str) -> bool:
    return len(line) <= HEADING_LENGTH and line[-1] not in ".!?;,…"


def _of_one(part: Part, text: str) -> list[Part]:
    """Return the parts of a brief without any heading."""
    if part.points and not part.paragraphs:
        return [_outlined(point) for point in part.points]
    if part.points:
        return [part]
    return [Part(heading, paragraphs) for heading, paragraphs in local_text.outline(text)]


def _outlined(point: str) -> Part:
    heading, _colon, rest = point.partition(": ")
    return Part(heading, [rest] if rest else [])
