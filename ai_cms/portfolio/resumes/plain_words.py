"""Words that state nothing by themselves, in the languages that résumés are mostly written in.

Articles, prepositions, conjunctions, pronouns, forms of to be and to have, and a few words that join what one has done. What is
not here, and why: negations (they turn a fact round), numbers (also where an article is one: ``un``, ``ein`` stand here, ``one``
and ``due`` do not), quantities such as ``many``, and verbs such as ``led`` or ``built``: who led and who took part differ.
"""

from __future__ import annotations

__all__ = ["PLAIN_WORDS"]

_BY_LANGUAGE = {
    "en": "a an the and or as at by for from in into of on onto to with within across through between among while where when "
    "which who whom whose that this these those it its i my me he his she her they their them we our us you your is am are was "
    "were be been being has have had having do does did also both than then there here so such via per up during after before "
    "since until over under about including include includes worked work works working use used uses using experience "
    "background role position s focus focused focusing relevant mainly particularly",
    "de": "der die das den dem des ein eine einen einem einer eines und oder als am an auf aus bei beim bis durch für gegen im "
    "in ins mit nach ob über um unter vom von vor während wegen zu zum zur zwischen ich mein meine meinen meiner mir mich er "
    "sie es wir unser unsere ihr ihre ist bin sind war waren wurde wurden habe hat haben hatte auch sowie dabei damit darunter "
    "dort hier wie wo welche welcher welches dass seit sowohl etwa insbesondere",
    "fr": "le la les l un une des du de d et ou à au aux en dans par pour sur sous avec chez entre vers depuis pendant comme que "
    "qui dont où ce cet cette ces je j mon ma mes nous notre nos il elle ils elles leur leurs est suis sont était étaient été a "
    "ai ont avait aussi ainsi y compris notamment afin",
    "es": "el la los las lo un una unos unas del de y e o u a al en con por para sobre entre desde hasta durante como que quien "
    "donde cuando este esta estos estas mi mis me su sus nos es soy son era eran fue ha he han había también así incluido "
    "incluida mediante",
    "it": "il lo la i gli le l un uno una del dello della dei degli delle di e ed o a al allo alla ai agli alle in nel nella nei "
    "nelle con per da dal dalla su sul sulla tra fra come che chi dove quando questo questa mio mia miei mie è sono era ha ho "
    "hanno anche così durante",
    "nl": "de het een en of als aan bij door in met na naar om onder op over te ten ter tot uit van vanaf via voor tijdens "
    "tussen ik mijn hij zij ze wij onze die dat deze dit is ben zijn was waren heb heeft hebben had ook zoals waaronder",
    "pt": "o a os as um uma uns umas do da dos das de e ou ao aos à às em no na nos nas com por para pelo pela sobre entre desde "
    "até durante como que quem onde quando este esta eu meu minha meus minhas é sou são era foi tem tenho também incluindo",
}
#: Plain in one language; a negation, a number, a degree or a field of work in another.
_NOT_PLAIN = {"no", "ten", "dos", "ai", "ma", "os", "ob"}

PLAIN_WORDS = frozenset(word for words in _BY_LANGUAGE.values() for word in words.split()) - _NOT_PLAIN
