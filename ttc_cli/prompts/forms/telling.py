"""Leaves out of a prompt what only tells or asks of the world: a form named there is no order.

A clause that opens with who or what it is about, and has a verb, tells; one that opens with a verb
orders; one without either ("in capital letters, please") may order too and stays.
"""

from __future__ import annotations

import re

from ttc_cli.prompts.forms.words import NUMERAL, TELL

TOLD = "…"
"""What stands where a clause was left out."""
_CLAUSE = re.compile(
    r"(?:\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»|„[^“”\n]*[“”]|[^,:(—–.!?;\n]|[.,:](?=\S))+"
)  # with texts between quotes in one piece
ASKING = re.compile(
    r"[\s¿]*(?:so,?\s+|and\s+)?(?:how|what|why|which|who|when|where|is|are|was|does|do(?! not)|did|"
    r"has|have|(?:should|can|could|would|must|may|will|shall)(?! you\b| (?:i|we) "
    r"(?:please |just )?(?:have|get|see)\b)|"
    r"wie|was|warum|welche[rsnm]?|wer|wann|wo|ist|sind|hat|soll|sollten?|darf|muss|kann|comment|"
    r"pourquoi|quel(?:le)?s?|qui|quand|où|est-ce|dois-je|doit-on|faut-il|peut-on|combien|"
    r"cómo|qué|por qué|cuál(?:es)?|"
    r"quién|cuándo|dónde|cuánt[oa]s|es(?! (?:gibt|ist|war|sind)\b)|son|debo|debería|puedo)\b",
    re.IGNORECASE,
)
_LINK = (
    r"\W*(?:(?:and|but|so|because|since|if|when|while|although|however|suppose|today|yesterday|und|"
    r"aber|weil|wenn|falls|et|mais|si|y|pero|cuando|also|now|then)\b\s+){0,2}"
)
_PERSON = (
    r"(?:(?:i|we|he|she|they|there|ich|wir|er|man|je|nous|elles?|ils?|yo|él|ella|ellos|nosotros|"
    r"estoy|estamos|tengo|tenemos|escribo|quiero|necesito)\b|j['’]|on (?=n['’]|a\b|est|peut|doit|"
    r"écri|parl|répond)|"
    r"(?:my|our|his|her|their|meine?[mnrs]?|unsere?|mon|ma|mes|notre|nos|mis?|nuestr[oa]s?)\s|"
    r"\w+é (?:mis?|el|la|los|las|una?)\b)"
)
_IS = (
    r"(?:is|are|was|were|isn['’]t|aren['’]t|has(?! to be)|"
    r"(?<!answer )(?<!reply )(?<!response )(?<!output )(?<!result )(?<!\bit )has|had|told|"
    r"(?<!should )(?<!must )(?<!has to )have|can|could|will|would|does|did|wrote|said|"
    r"spoke|speaks|writes|responds?|responded|replies|replied|answered|sent|returned|returns|"
    r"exported|used|contains|consists|ist|war|sind|waren|hat|haben|hatte|schrieb|spricht|antwortet|"
    r"liefert|est|était|sont|ont|avait|parle|répond|contient|está|están|era|eran|es|son|tiene|"
    r"tienen|había|habla)\b"
)
_THING = (
    r"(?:(?:the|an?|this|that|these|those|its|some|most|many|all|every|each|both|people|\d[\d.,]*"
    r"%?|der|die|das|eine?|dies\w*|viele|le|la|les|l['’]|une?|cette?|ces|el|los|las|una?|este|"
    r"esta)(?:(?<=['’])|(?<=%)|\b)[^\n]*?(?<!that)(?<!which)(?<!who)(?<!what)(?<!die)(?<!der)"
    rf"(?<!das)(?<!qui)(?<!que)\s+(?:responden?\b|(?={_IS}))|(?!you\b|du\b|tu\b|please\b|"
    rf"bitte\b)\w+\s+(?={_IS}))|"
    rf"(?!{TELL}\b)\w+ (?:\w+s (?:are|were)|(?:always|never|often|usually) \w+s)\b|"
    r"(?!always|unless|sometimes|perhaps|thus)\w+s (?:answer|reply|respond|write|speak|use|say)\b"
)
_THERE = (
    r"(?:(?:in|on|at|im|auf|dans|sur|en)\s[^\n]*)?\b(?:there (?:is|are|was|were)|es gibt|gibt es|"
    r"il y a|hay)\b"
)
_TELLS = re.compile(rf"{_LINK}(?:{_PERSON}|{_THING}|{_THERE})", re.IGNORECASE)
_WISHED = re.compile(
    r"\b(?:i|we)\b[^\n]{0,25}\b(?:want|need|like|prefer|expect|require)\b(?! to (?!know\b|have\b|"
    r"see\b|hear\b|get\b|read\b))|\b(?:möchte|ich will|brauche|hätte|wünsche|veux|voudrais|besoin|"
    r"aimerais|il faut)\b|\b(?:quiero|necesito|quisiera|prefiero)\b(?! (?!saber|tener|ver|"
    r"leer)\w+[aei]r\b)|\bimportant that you\b|^\W*(?:you are|you['’]re|act as|pretend|"
    r"imagine you|be an?|du bist|sie sind|tu es|vous êtes|eres)\b",
    re.IGNORECASE,
)
"""A wish for the reply, or a role for who gives it."""
_SAYING = (
    r"(?:speak|talk|answer|repl(?:y|ie)|respond|write|wrote|say|said|shout|communicate|sprech|"
    r"sprich|rede|antworte|schreib|parle|répond|écri|habla|responde|contesta|escrib)"
)
_WHOSE = re.compile(
    rf"(?<!me )(?<!us )(?<!tell )(?<!explain )(?<!name )"
    rf"\b(?:(?:who|in which|where|qui|que)\s+(?:\w+\s+){{0,4}}?{_SAYING}|"
    rf"that\s+(?:only |always |never )?(?:speaks|talks|replies|responds|says|writes)\b)[^\n]*",
    re.IGNORECASE,
)
_SAYS = re.compile(
    rf"(?<!the )(?<!your )(?<!an )(?<!correct )(?<!die )(?<!la )\b"
    rf"(?!wrote|said){_SAYING}",
    re.IGNORECASE,
)
_SET = re.compile(
    r"(?:^|(?<=[.!?\n]))\s*(?:in|with|if|mit|dans|avec|en|con)\s(?:[^\s,.!?]+ ){4,}[^\s,.!?]+, "
    r"(?=(?:how many|how much|wie viele?|combien|cuánt[oa]s?)\b)",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"((?:^|[.!?;,\n]\s*|\b(?:please|and|you|bitte|und|et|y)\s+)(?:translate|correct|fix|proofread|"
    r"übersetze?|korrigiere?|tradui\w+|corrige\w*|traduc\w+)\b[^.!?:\n]{0,60}:\s*)(?:\"[^\"\n]*\"|"
    r"“[^”\n]*”|«[^»\n]*»|„[^“”\n]*[“”]|[^.!?\n(—–]+)",
    re.IGNORECASE,
)
"""What is given to be translated or corrected."""
_EACH = (
    r"(?:each|every|jede[rsn]?|chaque|chacune?s?|cada(?: una?)?)\b(?!-| (?:question|time|answer|"
    r"reply|response|frage|antwort|réponse|pregunta|respuesta)\b)"
)
PART = re.compile(
    rf"^\W*(?:(?:please|bitte) )?\w+ {_EACH}|\b{_EACH}(?: \w+)?\s*$|\bje(?:weils)?\s*$|"
    r"\w(?<!si)(?<!serie)(?<!consist)s of\s*$",
    re.IGNORECASE,
)
"""Ahead of a number of words that is not the whole reply's: "describe each city in", "jokes of"."""
PART_BEHIND = re.compile(
    r"\s+(?:each|apiece|per(?! capita)|jeweils|pro(?! und)|chacune?s?|"
    r"par(?! (?:ex|oui|qu|rapport|l[ae]s?\b|l['’]|une?\b))|(?:por )?cada)\b",
    re.IGNORECASE,
)
"""Right behind such a number: "two sentences each"."""
THEN = re.compile(
    r"(?:^|[.,;:!\n])\s*(?:(?:and|und|et|y) )?(?:then|afterwards|dann|danach|puis|ensuite|luego|"
    r"después)\s+(?:list|give|name|explain|describe|nenne|gib|erkläre|donne|cite|explique|da|dame|"
    rf"enumera|explica|(?:in|en) (?!\d{{4}})(?:{NUMERAL}))\b|"
    r"^(?: \w+)? (?:followed by|gefolgt von|suivie?s? d|seguid[oa]s? de)",
    re.IGNORECASE,
)
"""Between such a number and a further part of the reply: ", then list three examples"."""
AND = re.compile(r"\b(?:and|und|et|y)\b", re.IGNORECASE)
"""Between two such numbers, each of which is that of a part."""


def ordering(text: str) -> str:
    """A text without the clauses that only tell, ask how others speak, or are to be worked on."""
    text = _GIVEN.sub(rf"\1{TOLD}", text)
    return _CLAUSE.sub(lambda clause: _kept(clause[0]), _SET.sub(f" {TOLD}, ", text))


def _kept(clause: str) -> str:
    if _WISHED.search(clause):
        return clause
    if ASKING.match(clause):
        return TOLD if _SAYS.search(clause) else clause
    return TOLD if _TELLS.match(clause) else _WHOSE.sub(TOLD, clause)
