"""What can be said about a text by counting: sentences, keywords, summaries, titles. No model, no network, always the
same.

All of it is drawn from the text given; nothing is made up.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from django.utils.text import Truncator

from .stop_words import STOP_WORDS

__all__ = [
    "alt_text",
    "headlines",
    "keywords",
    "outline",
    "plain",
    "proofread",
    "relevant",
    "sentences",
    "seo_description",
    "seo_title",
    "shorten",
    "summary",
]

#: Apostrophes, straight and typographic, and hyphens belong to words.
_INSIDE = "'\u2019-"
_WORD = re.compile(rf"[^\W\d_][\w{_INSIDE}]*")
#: The end of a sentence with the quotation marks that belong to it, the full-width marks of Chinese, and line ends.
_SENTENCE_END = re.compile("[.!?\u2026][\"'\u201d\u2019)\u00bb]*(?=\\s|$)|[\u3002\uff01\uff1f]|\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|mr|mrs|ms|dr|prof|st|z\.b|d\.h|bzw|ca|m|mme|p\.ex|sra?)|\b[^\W\d_])\.$", re.IGNORECASE
)
#: Shortened only before a number: "No. 5", "Nr. 5".
_NUMBER = re.compile(r"\b(?:no|nr|p|pp|fig|art)\.$", re.IGNORECASE)
#: Scripts without spaces between words; and of them Chinese characters without the commonest particles, and katakana.
_UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_PARTICLES = "的了是在和与也不就都而及着或一有我你他她它们这那很到说要去会没自"
_RUNS = re.compile(f"[\u30a0-\u30ff]{{2,}}|(?:(?![{_PARTICLES}])[\u4e00-\u9fff]){{2,6}}|[A-Za-z]{{2,}}")
_FULL_WIDTH = "\u3002\uff01\uff1f"
_MARKUP = re.compile(r"<[^>]+>")
#: A sentence with fewer words says little by itself.
_SHORT_SENTENCE = 4


def plain(text: str) -> str:
    """Return ``text`` without tags and with single spaces, its lines kept."""
    without = _MARKUP.sub(" ", text)
    lines = (" ".join(line.split()) for line in without.splitlines())
    return "\n".join(line for line in lines if line)


def sentences(text: str) -> list[str]:
    """Return the sentences of ``text`` in order."""
    text = plain(text)
    found: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        piece = text[start : end.end()].strip()
        follows = text[end.end() : end.end() + 3].lstrip()
        if _ABBREVIATION.search(piece) or (_NUMBER.search(piece) and follows[:1].isdigit()):
            continue
        if piece:
            found.append(piece)
        start = end.end()
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def _words(text: str) -> list[str]:
    found: list[str] = []
    for word in _WORD.findall(text):
        # Chinese and Japanese set no spaces: a run of one script is the nearest to a word that counting can find.
        found += _RUNS.findall(word) if _UNSPACED.search(word) else [word.strip(_INSIDE)]
    return found


def _in_a_row(found: Sequence[str]) -> str:
    """Return sentences as one text, with spaces where their script sets any."""
    text = ""
    for sentence in found:
        text += sentence if not text or text[-1] in _FULL_WIDTH else f" {sentence}"
    return text


def _weights(text: str) -> Counter[str]:
    return Counter(
        word
        for word in (word.lower() for word in _words(text))
        if (len(word) > 2 or _UNSPACED.search(word)) and word not in STOP_WORDS
    )


def keywords(text: str, count: int = 8) -> list[str]:
    """Return the ``count`` words that the text is about, in the spelling it uses most, the weightiest first."""
    text = plain(text)
    spellings: dict[str, Counter[str]] = {}
    first: dict[str, int] = {}
    for place, word in enumerate(_words(text)):
        spellings.setdefault(word.lower(), Counter())[word] += 1
        first.setdefault(word.lower(), place)
    weights = _weights(text)
    # What stands in several sentences is what a text is about; a name says more than a long word.
    spread = Counter(word for sentence in sentences(text) for word in {found.lower() for found in _words(sentence)})

    def rank(word: str) -> tuple[float, int]:
        always = all(found[:1].isupper() for found in spellings[word])
        name = 1.5 if always and first[word] > 0 else 1.0
        return (-(weights[word] + spread[word]) * name * min(len(word), 8) ** 0.5, first[word])

    ranked = sorted(weights, key=rank)
    return [spellings[word].most_common(1)[0][0] for word in ranked[: max(count, 0)]]


def summary(text: str, count: int = 3) -> str:
    """Return the ``count`` sentences that hold most of what the text is about, in their order."""
    found = sentences(text)
    if len(found) <= count:
        return _in_a_row(found)
    weights = _weights(text)

    def score(place: int) -> float:
        words = [word.lower() for word in _words(found[place])]
        if len(words) < _SHORT_SENTENCE:
            return 0.0
        # Long sentences hold more words; the square root keeps them from always winning. Texts begin with their point.
        return sum(weights[word] for word in set(words)) / math.sqrt(len(words)) * (1.25 if place == 0 else 1.0)

    best = sorted(range(len(found)), key=lambda place: (-score(place), place))[: max(count, 1)]
    return _in_a_row([found[place] for place in sorted(best)])


_LOOSE_END = " ,;:\u2013-"


def shorten(text: str, limit: int) -> str:
    """Return ``text`` in at most ``limit`` characters, cut between words and marked with an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    cut = Truncator(text).chars(limit, truncate="")
    space = cut.rfind(" ")
    kept = cut[:space] if space > limit // 2 else cut[: limit - 1]
    stem = kept[: limit - 1].rstrip(_LOOSE_END)
    return f"{stem}\u2026"


def seo_title(text: str, title: str = "", limit: int = 60) -> str:
    """Return a title for search results: the page's own, else its first sentence."""
    found = sentences(text)
    base = " ".join(title.split()) or (found[0].rstrip(".") or found[0] if found else "")
    return shorten(base, limit)


def seo_description(text: str, limit: int = 155) -> str:
    """Return a description for search results: as many of the best sentences as fit."""
    chosen = ""
    for count in (1, 2, 3):
        candidate = summary(text, count)
        if chosen and len(candidate) > limit:
            break
        chosen = candidate
    return shorten(chosen, limit)


#: What parts a sentence: marks, and the commonest words that join clauses in English, German, French and Spanish.
_CLAUSE_END = re.compile(
    r"[,;:] | [\u2013\u2014-] |[\u3001\uff0c]"
    r"| (?:because|when|while|which|that|who|and|but|so that|so|if|unless|until|although|where"
    r"|weil|wenn|w\u00e4hrend|und|aber|damit|dass|ob|bis|obwohl"
    r"|parce que|quand|pendant que|et|mais|si|qui|que|porque|cuando|mientras|y|pero|aunque)(?= )"
)
#: A line of more words is a sentence to read, not a headline.
_HEADLINE_WORDS = 9
_HEADLINE_CHARACTERS = 64
#: Where no spaces are set.
_HEADLINE_UNSPACED = 24


def headlines(text: str, title: str = "", count: int = 5, limit: int = 90) -> list[str]:
    """Return up to ``count`` headlines made of the title and the best sentences, of keywords where no sentence makes one."""
    candidates: list[str] = [title] if title else []
    # A sentence that has to be cut is no headline, and a long one is none either; its first clauses may be one.
    for sentence in [summary(text, 1), *sentences(text)]:
        candidates += _short_beginning(sentence, limit)
        if len(candidates) > 2 * count:
            break
    words = keywords(text, 3)
    if words and not candidates:
        # Words side by side, and no more: what they have to do with each other, counting does not tell.
        candidates.append(", ".join([words[0][:1].upper() + words[0][1:], *words[1:]]))
    result: list[str] = []
    for candidate in candidates:
        line = shorten(candidate.strip().rstrip("."), limit)
        if line and line.lower() not in {known.lower() for known in result}:
            result.append(line)
    # Of a text that is all punctuation its own characters are left.
    return result[: max(count, 1)] or [shorten(plain(text), limit)]


def _short_beginning(sentence: str, limit: int) -> list[str]:
    """Return as many whole clauses of a sentence, from its beginning, as make a headline; none if not even one does."""
    ends = [len(sentence), *(match.start() for match in reversed(list(_CLAUSE_END.finditer(sentence))))]
    for end in ends:
        piece = sentence[:end].rstrip(_LOOSE_END)
        most = _HEADLINE_UNSPACED if _UNSPACED.search(piece) else _HEADLINE_CHARACTERS
        words = piece.split()
        # One or two words in front of a comma ("In spring, …") say nothing.
        says_enough = end == len(sentence) or len(words) > 2 or _UNSPACED.search(piece) is not None
        if piece and len(piece) <= min(limit, most) and len(words) <= _HEADLINE_WORDS and says_enough:
            return [piece]
    return []


_HEADING = re.compile(r"^\s*(?:#{1,6}\s+|\d+[.)]\s+|[IVX]+\.\s+|[-*•]\s+)(?P<text>.+?)\s*#*\s*$")


def outline(brief: str) -> list[tuple[str, list[str]]]:
    """Return the sections that a brief or an outline names: (heading, paragraphs).

    Lines that are numbered, bulleted, begin with ``#`` or end with a colon are headings; what follows belongs to them.
    A brief without such lines is one section a sentence that says something.
    """
    sections: list[tuple[str, list[str]]] = []
    lines = [line for line in _MARKUP.sub(" ", brief).splitlines() if line.strip()]
    marked = [line for line in lines if _HEADING.match(line) or line.rstrip().endswith(":")]
    if marked:
        for line in lines:
            match = _HEADING.match(line)
            if match or line.rstrip().endswith(":"):
                text = match.group("text") if match else line.strip()
                heading, _, rest = text.partition(": ")
                sections.append((shorten(heading.rstrip(":"), 120), [rest.strip()] if rest.strip() else []))
            elif sections:
                sections[-1][1].append(" ".join(line.split()))
            else:
                sections.append(("", [" ".join(line.split())]))
        return sections
    for sentence in sentences(brief):
        words = keywords(sentence, 3)
        heading = " ".join(word for word in _words(sentence) if word in words) if words else ""
        sections.append((heading[:1].upper() + heading[1:], [sentence]))
    return sections


_CAMERA_WORD = re.compile(r"\d+|(?:img|dsc|dscn|image|photo|picture|pic|scan|copy|final)\d*", re.IGNORECASE)


def alt_text(file_name: str = "", context: str = "", limit: int = 125) -> str:
    """Return an alternative text from a file's name and the text around the picture; empty if neither says anything."""
    stem = PurePosixPath(file_name.replace("\\", "/")).stem
    words = [word for word in re.split(r"[\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)) if word]
    # Cameras and phones number their pictures; that says nothing.
    words = [word for word in words if not _CAMERA_WORD.fullmatch(word)]
    words = [word for word in words if len(word) > 1 and not re.fullmatch(r"(?i)\d+x\d*|v\d+|[0-9a-f]{8,}", word)]
    text = " ".join(words)
    text = text[:1].upper() + text[1:]
    if not text and context:
        found = sentences(context)
        text = found[0] if found else ""
    return shorten(text, limit)


_NEVER_TWICE = frozenset({"the", "a", "an", "and", "of", "to", "und", "et", "y", "le", "la"})


def proofread(text: str) -> str:
    """Return ``text`` with its spacing, its punctuation and the commonest slips of English typing put right."""
    lines = []
    for line in text.splitlines():
        line = re.sub(r"[ \t]{2,}", " ", line.rstrip())
        line = re.sub(r" +,(?=[^\W\d_])", ", ", line)
        line = re.sub(r"(?<=[^\W\d_]),(?=[^\W\d_])", ", ", line)
        line = re.sub(r" +([,.;!?])(?=\s|$)", r"\1", line)
        line = re.sub(r"(?<!\.)\.\.\.(?!\.)", "…", line)
        line = re.sub(r"([!?,;])\1{2,}", r"\1", line)
        line = _SLIP.sub(_put_right, line)
        line = re.sub(r"(?i)\b(\w+) (\1)\b(?=\s|[.,;!?]|$)", _repeated, line)
        lines.append(line)
    return "\n".join(lines)


_SLIPS = {
    "teh": "the", "hte": "the", "adn": "and", "taht": "that", "thier": "their", "recieve": "receive",
    "recieved": "received", "beleive": "believe", "wich": "which", "seperate": "separate", "definately": "definitely",
    "occured": "occurred", "untill": "until", "wierd": "weird", "freind": "friend", "becuase": "because",
    "tommorow": "tomorrow", "accomodation": "accommodation", "adress": "address", "goverment": "government",
    "neccessary": "necessary", "publically": "publicly", "succesful": "successful", "enviroment": "environment",
    "begining": "beginning", "existance": "existence", "occurence": "occurrence",
    "reccomend": "recommend", "jsut": "just", "waht": "what", "yuor": "your",
}  # fmt: skip
#: No word of another language is among them, and none inside of an address is touched.
_SLIP = re.compile(rf"(?<![\w@/.:-])(?:{'|'.join(_SLIPS)})(?![\w@/:-]|\.\w)", re.IGNORECASE)


def _put_right(match: re.Match[str]) -> str:
    word = match.group()
    right = _SLIPS[word.lower()]
    if word.isupper():
        return right.upper()
    return right.capitalize() if word[:1].isupper() else right


def _repeated(match: re.Match[str]) -> str:
    # Most words may well stand twice: "had had", "that that", "die die".
    first, second = match.groups()
    # A sentence begins with the first; a second capital begins a name ("the The Hague"), and "A a" may be a grade and an article.
    same = first == second or (first == second.capitalize() and len(first) > 1)
    return first if same and first.lower() in _NEVER_TWICE else match.group(0)


def relevant(text: str, question: str, count: int = 3) -> list[str]:
    """Return up to ``count`` sentences of ``text`` that share words with ``question``, in their order."""
    asked = set(_weights(question))
    found = sentences(text)
    scores = [len(asked & set(_weights(sentence))) for sentence in found]
    best = sorted(range(len(found)), key=lambda place: (-scores[place], place))[: max(count, 0)]
    return [found[place] for place in sorted(best) if scores[place]]


def joined(paragraphs: Sequence[str]) -> str:
    """Return paragraphs as one text."""
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
