"""Words that a text is not about, of seven languages."""

from __future__ import annotations

__all__ = ["STOP_WORDS", "STOP_WORDS_OF"]

_ENGLISH = """
a about above across after again against all along also although always am among an and another any are around
as at away be because been before being below beside besides between both but by can could despite did do does
doing down during each either else even ever every except few for from further had has have having he her here
hers him his how however i if in indeed instead into is it its just many may maybe me might more most much must
my neither never new next no nor not now of off often on once only onto or other others our out over own perhaps
quite rather same shall she should since so some someone something still such than that the their them then
there these they this those though through thus to too toward towards under unless unlike until up upon us
usually very via was we were what when where whether which while who whom whose why will with within without
would yet you your yours
"""
_GERMAN = """
aber alle als also am an auch auf aus bei bin bis bist da damit dann das dass dein dem den der des die dies
diese dieser doch dort du durch ein eine einem einen einer eines er es euch für gegen haben hat hatte hier ich
ihr im in ist ja jede kann kein können man mehr mein mit muss nach nicht noch nun nur ob oder ohne sehr sein
seine sich sie sind so über um und uns unser unter vom von vor war was wenn wer werden wie wieder wir wird wo zu
zum zur zwischen
"""
_FRENCH = """
au aux avec ce ces cette dans de des du elle en est et eux il ils je la le les leur lui ma mais mes mon ne nos
notre nous on ont ou par pas plus pour qu que qui sa sans se ses si son sont sur ta te tu un une vos votre vous
été être
"""
_SPANISH = """
al como con contra cuando de del desde donde el ella ellos en entre era es esta este esto ha hasta hay la las lo
los más me mi muy no nos o para pero por porque que quien se ser si sin sobre son su sus también te tiene un una
uno y ya
"""
_ITALIAN = """
ai alla anche che chi con da dal dei del della di e gli ha i il in io la le lo ma nel non per più quella questo
sono su tra un una
"""
_PORTUGUESE = """
ao com da das do dos e em mais na nas no nos não os ou para pela pelo por que se seu sua um uma
"""
_DUTCH = """
aan bij dat de deze die dit door een en er het hij hoe ik in is je kan maar meer met naar niet nog of om ook op
te tot uit van voor was wat we wel wij zijn ze zo
"""

#: By the tag of their language.
STOP_WORDS_OF = {
    tag: frozenset(words.split())
    for tag, words in {
        "en": _ENGLISH,
        "de": _GERMAN,
        "fr": _FRENCH,
        "es": _SPANISH,
        "it": _ITALIAN,
        "pt": _PORTUGUESE,
        "nl": _DUTCH,
    }.items()
}
STOP_WORDS: frozenset[str] = frozenset().union(*STOP_WORDS_OF.values())
