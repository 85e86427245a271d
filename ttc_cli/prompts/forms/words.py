"""The words by which forms are asked for in English, German, French and Spanish, as patterns."""

from __future__ import annotations

import re

ONLY = (
    r"(?:just|only|simply|nothing but|merely|nur|lediglich|bloß|ausschließlich|seulement|"
    r"uniquement|juste|simplement|rien que|solo|sólo|solamente|únicamente|simplemente)"
)
ALONE = (
    r"(?:only|alone|by itself|(?:and )?nothing (?:else|more)|(?:without(?: any)?|"
    r"with no)(?: other)? text|"
    r"ohne(?: weiteren)? text|sans(?: autre)? texte|sin(?: más)? texto|allein|"
    r"(?:und )?sonst nichts|"
    r"und nichts (?:anderes|weiter)|seulement|uniquement|seule?s?|(?:et )?rien d['’]autre|"
    r"solamente|únicamente|solo|sólo|(?:y )?nada más)"
)
TELL = (
    r"(?:reply|answer|respond|give|return|output|print|write|say|state|tell|send|show|name|list|"
    r"provide|use|need|want|put|make|format|present|antwort(?:e|en sie|et)?|gib|geben sie|nenne?|"
    r"nennen sie|schreib\w*|sag\w*|zeig\w*|liefere?|réponds|répondez|réponse|donne[zr]?|écri\w+|"
    r"indique[zr]?|dis|di|diga|affiche[zr]?|renvoie\w*|responde[r]?|contesta\w*|contesten|da|dame|"
    r"dime|escrib\w+|devuelve|indica|muestra|quiero|veux|voudrais|möchte|will|brauche)"
)  # verbs by which a reply is ordered, and "want"
ARTICLE = (
    r"(?:(?:with|in|as|by|to|mit|als|in|par|avec|en|con|de)\s+)?(?:(?:the|an?|one|your|its|this|"
    r"der|die|das|dem|den|des|eine[rnms]?|ein|le|la|les|une?|el|los|las|una?|su|sa|son)\s+|l['’]|"
    r"d['’])?"
)
ADJECTIVE = (
    r"(?:(?:final|correct|right|single|bare|plain|exact|resulting|raw|valid|shell|one|full|first|"
    r"last|richtigen?|korrekten?|fertigen?|reinen?|bonne|correcte?|seule?|simple|única?|correcta|"
    r"exacto?|bash|sql|sola?)\s+){0,2}"
)
START = (
    rf"(?:^|[.!?;:,(\n–—-]\s*|\b(?:please|bitte|and|und|et|y|but|s['’]il (?:te|vous) plaît|por "
    rf"favor|with|mit|par|avec|con|result|answer|ergebnis|antwort|résultat|réponse|resultado|"
    rf"respuesta|(?:answer|reply|response) (?:should|must|has to) be|antwort bitte)\s+|"
    rf"\b{TELL}\b(?:\s+(?:me|us|it|to me|mir|uns|moi|-moi|nos|the "
    rf"answer)\b)?\s*(?:(?:with|in|as|by|mit|in|als|par|avec|en|con)\s+)?)"
)
WITH = r"(?:with|mit|par|avec|con)\s+(?:an?|one|the|its|einer?|einem|une?|una?|la|le|el|der|dem)\s+"
CLOSE = (
    r"(?=\s*(?:[.!?;:,)\n–—]|$|(?:please|bitte|and|und|et|y|no|without|ohne|sans|sin|in|with)\b))"
)

BARE_NOUNS = {
    "quantity": (
        r"(?:number|value|figure|amount)s?,? (?:and|with|plus|&) (?:its |the )?(?:unit|currency)s?|"
        r"(?:zahl|wert|betrag) (?:und|mit)(?: der)? einheit|(?:nombre|valeur|chiffre) (?:et|"
        r"avec)(?: (?:son|sa|l['’]))? ?unité|(?:número|valor|cifra) (?:y|con)(?: (?:su|la))? unidad"
    ),
    "number": (
        r"(?:number|integer|digits?|numeral|figure|numerical (?:value|answer)|numeric (?:value|"
        r"answer))|(?:zahl|nummer|ziffer|zahlenwert)|(?<!el )(?<!su )(?<!del )nombre(?= |[.,;!)]|"
        r"$)|chiffres?|número|cifra"
    ),
    "letter": (
        r"(?:option |answer )?letter(?: of (?:the|your) \w+(?: \w+)?)?|buchstaben?s?|lettre|letra"
    ),
    "short": (
        r"(?:(?:first |last |full |family |city |country )?names?|surname|dates?|years?|"
        r"times?|day|month|cit(?:y|ies)|"
        r"countr(?:y|ies)|colou?r|title|email(?: address)?|symbol|abbreviation|word|result|"
        r"price|language|label|category|sentiment|(?:vor|nach|familien|städte|orts)?namen?|datum|"
        r"jahr(?:eszahl)?|uhrzeit|"
        r"stadt|land|farbe|wort|ergebnis|wochentag|nom|mot|date|année|heure|ville|pays|couleur|"
        r"résultat|prénom|nom de famille|apellido|(?<=el )nombre|(?<=con el )nombre|"
        r"(?<=su )nombre|fecha|año|hora|ciudad|"
        r"país|palabra|resultado|color)"
    ),
    "code": (
        r"(?:command|code|query|regex(?:p|es)?|regular expression|one-liner|function|script|"
        r"befehl|kommando|quellcode|abfrage|commande|requête|comando|código|consulta)"
    ),
    "json": r"json(?:[- ](?:object|array|objekt|objet|objeto))?",
    "bare": (
        r"(?:answer|translation|sentence|text|corrected \w+|rewritten \w+|list|table|lines?|items|"
        r"antwort|übersetzung|satz|liste|tabelle|réponse|traduction|phrase|tableau|respuesta|"
        r"traducción|frase|oración|lista|tabla|bullets?|headline|subject(?: line)?|poem|summary)"
    ),
}
ORDERED = re.compile(rf"{ONLY}|{ALONE}|\b{TELL}\s+{WITH}", re.IGNORECASE)
"""One of these stands in all that orders something alone, and in few questions."""

BARE_REPLY = re.compile(
    rf"\b(?:no|without(?: any| an)?|don['’]t|do not|never|keine?n?|ohne(?: jede)?|sans|aucune?|pas "
    rf"d['’]|sin(?: ninguna)?|nada de)\s+(?:add(?:itional)?\s+|extra\s+|other\s+|further\s+|"
    rf"give\s+|include\s+|any\s+|weiteren?\s+)*(?:explanations?|explain|working|workings|reasoning|"
    rf"commentary|comments?|text|words|prose|introduction|preamble|pleasantries|erklärung(?:en)?|"
    rf"begründung|kommentare?|einleitung|rechenweg|explications?|commentaires?|introduction|"
    rf"justification|explicación|explicaciones|comentarios?|introducción)\b|(?:,|\band|\bund|\bet|"
    rf"\by|\.|;|—|–)\s*(?:nothing (?:else|more)|sonst nichts|nichts (?:anderes|weiter|sonst)|rien "
    rf"d['’]autre|nada más)\s*(?:[.!]|$)|\b{TELL}\b[^.!?\n]{{0,30}}\b(?:nothing (?:else|but)|sonst "
    rf"nichts|rien d['’]autre)",
    re.IGNORECASE | re.MULTILINE,
)

_ONES = {
    1: "one a single an ein eine einem einen einer un une seul uno una", 2: "two zwei deux dos",
    3: "three drei trois tres", 4: "four vier quatre cuatro", 5: "five fünf cinq cinco",
    6: "six sechs seis", 7: "seven sieben sept siete", 8: "eight acht huit ocho",
    9: "nine neun neuf nueve", 10: "ten zehn dix diez", 12: "twelve zwölf douze doce",
    15: "fifteen fünfzehn quinze quince", 20: "twenty zwanzig vingt veinte",
}  # fmt: skip
SPELT = {word: number for number, words in _ONES.items() for word in words.split()}


def numeral(said: str) -> int:
    """The number that digits or a word say, one where they say none."""
    return int(said) if said.isdigit() else SPELT.get(said.lower(), 1)


def ranged(count: re.Match[str]) -> tuple[int, int]:
    """The least and the most that a number or a range (`RANGED`) says."""
    if not count["high"]:
        return numeral(count["number"]), numeral(count["number"])
    least, most = sorted(numeral(said) for said in (count["from"] or count["low"], count["high"]))
    return least, most


COUNTED = {
    "characters": r"characters?|chars|zeichen|caractères|caracteres|signes",
    "words": r"words?|wörter[n]?|worte[n]?|wort|mots?|palabras?",
    "lines": r"lines?|zeilen?|lignes?|líneas?|renglones",
    "rows": r"(?:table |data )?rows?|reihen|tabellenzeilen|rangées|filas",
    "items": (
        r"bullet[- ]?(?:points?|list items)|bullets?|(?:list )?items|stichpunkten?|stichworten?|"
        r"aufzählungspunkten?|puces|éléments|viñetas|puntos|elementos|numbered points"
    ),
    "sentences": r"sentences?|sätzen?|satz|phrases?|oraci(?:ón|ones)|frases?",
    "paragraphs": r"paragraphs?|absätzen?|absatz|paragraphes?|párrafos?",
}
_BOUNDS = {
    "exactly": r"exactly|precisely|genau|exakt|exactement|exactamente|précisément",
    "most": (
        r"(?:limit|keep|cut|shorten|restrict)\s[^.!?,;:\n]{0,40}?\bto|(?:beschränk|begrenz)\w*\s"
        r"[^.!?,;:\n]{0,40}?\bauf|limitez?\s[^.!?,;:\n]{0,40}?à|"
        r"limit[ae]\w*\s[^.!?,;:\n]{0,40}?\ba|"
        r"at most|(?:no|not) (?:more|longer) than|below|(?:a )?max(?:imum)?(?: of)?\.?|up to|"
        r"under|fewer than|less "
        r"than|shorter than|within|not (?:to )?exceed(?:ing)?|höchstens|maximal|nicht mehr als|"
        r"nicht länger als|weniger als|unter|au plus|au maximum|maximum|pas plus de|moins de|"
        r"como máximo|a lo sumo|"
        r"máximo(?: de)?|no más de|menos de"
    ),
    "least": r"at least|(?:a )?minimum(?: of)?|no fewer than|mindestens|au moins|al menos|por "
    r"lo menos",
}
_AFTER = (
    r"or (?:less|fewer)|max(?:imum)?\.?|at most|oder weniger|höchstens|maximal|ou moins|au plus|"
    r"au maximum|maximum|o menos|como máximo|máximo"
)
_MORE = (
    r"or more|at least|min(?:imum)?\.?|oder mehr|mindestens|ou plus|au moins|au minimum|o más|al "
    r"menos|como mínimo|mínimo"
)
_BETWEEN = r"\b(?:between|zwischen|entre)\s+"
NUMERAL = r"\d{1,5}|" + "|".join(sorted(SPELT, key=len, reverse=True))
RANGED = (
    rf"(?<![\w.,$€-])(?:{_BETWEEN}(?P<from>{NUMERAL})\s+(?:and|und|et|y)\s+|(?P<low>{NUMERAL})"
    rf"(?:\s?[-–]\s?|\s+(?:to|or|bis|oder|à|ou|a|o)\s+))(?P<high>{NUMERAL})"
)
"""A range of numbers: 2 to 3, 2-3, between two and three."""
_COUNTED = "|".join(f"(?P<{kind}>{words})" for kind, words in COUNTED.items())
COUNT = re.compile(
    r"(?:\b(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _BOUNDS.items()) + r")\s+)?"
    rf"(?:{RANGED}|(?<![\w.,$€-])(?P<number>{NUMERAL}))(?:[\s-]+(?:short|single|kurzen?|einzigen?|"
    rf"seule?|"
    rf"sola?|simple|"
    rf"courtes?|cortas?|markdown|complete|full|numbered|of the|separate))?[\s-]+(?:{_COUNTED})\b"
    rf"(?:\s+(?:(?P<after>{_AFTER})|(?P<more>{_MORE}))(?!\w))?",
    re.IGNORECASE,
)  # a number of things, with its bound before it or after it

MARKS = {
    "json": (
        rf"\b(?:in|as|into|using|with|valid|als|im|en|avec|con|au format|como)\s+(?:an?\s+|one\s+|"
        rf"valid(?:es)?\s+|strict\s+|plain\s+|raw\s+|minified\s+|single\s+|gültiges\s+|formato\s+|"
        rf"format\s+|un\s+(?:objet|objeto)\s+|ein\s+)*json(?:[- ](?:format|object|array|objekt|"
        rf"form))?\b(?!\s+(?:schema|parser|files?|path|web|library|column|datei|body|payload))|"
        rf"\b{TELL}(?:\s+|-moi\s+)(?:(?:me|us|mir|uns|nos|back|only|nur|valid|raw|an?|une?|du|ein|"
        rf"objet|objeto|object|"
        r"en)\s+)*json(?:[- ](?:object|array|objekt))?\b(?=\s*(?:[:.,]|$|with|only|containing|mit|"
        r"avec|con))|"
        rf"\bjson\s+(?:only|please|bitte|uniquement|solamente)\b|(?<!\w )json\s+format\b|"
        r"\bjson\s+(?:output|object|array)\s+(?:only|please|bitte)\b|\bformat\s*[:=]\s*json\b"
    ),
    "csv": (
        rf"\b{TELL}\s+(?:me\s+|us\s+)?(?:an?\s+|one\s+|the\s+|only\s+)*csv\b(?!\s+(?:files?|"
        r"parser|reader|writer|module|library))|"
        r"\b(?:as|in|als|en|como|format)\s+(?:valid\s+|a\s+|une?\s+)?csv\b|\bcomma[- ]separated\b|"
        r"\bseparated? (?:\w+ ){0,2}(?:by|with) commas\b(?!: ?[\w.]+,)|\bkommagetrennt|\b(?:durch|"
        r"mit) kommas? "
        r"getrennt|\bséparée?s par des virgules|\bseparad[oa]s por comas"
    ),
    "unfenced": (
        r"\b(?:no|without(?: an?)?|not? in an?|don['’]t use|do not use|not use|ohne|keine?n?|nicht "
        r"in einem|sans|pas de|aucun|sin|ningún)\s+(?:\w+\s+)?(?:code[- ]?(?:fences?|blocks?|"
        r"bl[oö]cke?|block|zaun)|fences?|fencing|backticks|triple backticks|blocs? de code|"
        r"bloques? de código|codeblöcke?)\b|(?:\b(?:not|never|nicht)|"
        r"n['’]t)\s+[^.!?\n]{0,30}\b(?:in|with|"
        r"mit)\s+(?:an?\s+)?(?:code\s?(?:fences?|blocks?)|backticks)"
    ),
    "plain": (
        r"\b(?:no|without(?: any)?|skip(?: the| any)?|don['’]t use|do not use|ohne|keine?n?|sans|"
        r"pas de|sin)\s+(?:markdown|formatting|formatierung|mise en forme|formato)\b|\b(?:in|"
        r"use) plain text\b|"
        r"\bals reine[nr]? text\b|\ben texte brut\b|\ben texto plano\b"
    ),
    "upper": (
        r"\b(?:upper[- ]?case|capitals|caps) only\b|"
        r"\b(?:in|use|using|all|only|with)\s+(?:all\s+|only\s+)?(?:capital letters|capitals|caps|"
        r"upper[- ]?case(?: letters)?|block (?:capitals|letters))\b|\b(?:nur |in )(?:gro(?:ß|"
        r"ss)buchstaben|versalien)\b|\bgro(?:ß|ss)geschrieben|\ben (?:lettres? )?(?:majuscules|"
        r"capitales)\b|\ben (?:letras? )?mayúsculas?\b"
    ),
    "lower": (
        r"\blower[- ]?case only\b|"
        r"\b(?:in|use|using|all|only)\s+(?:all\s+|only\s+)?(?:lower[- ]?case(?: letters)?|small "
        r"letters)\b|\bin kleinbuchstaben\b|\bkleingeschrieben|\ben (?:lettres? )?minuscules\b|"
        r"\ben (?:letras? )?minúsculas?\b"
    ),
    "verdict": (
        r"\b(?:yes|ja|oui|s[ií]|true|wahr|vrai|verdadero)\b[\"'”’»]?\s*(?:or|/|oder|ou|"
        r"o)\s*(?:par\s+)?[\"'“‘«]?\b(?:no|nein|non|false|falsch|faux|falso)\b|\b(?:y/n|j/n)\b"
    ),
}
MARK = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in MARKS.items()}

HAPPENS = (
    r"(?:is|are|was|were|has|had|can|did|does|changed|matters|counts|grew|rose|fell|increased|"
    r"decreased)"
)
AS_NUMBER = re.compile(
    r"\b(?:give|answer|reply|respond|return|write)(?: me)?(?: (?:the|your|it)(?: final)?(?: "
    r"answer| "
    r"result)?)? (?:as|with) an? (?:single )?(?:number|integer)(?=\s*(?:[.!?\n]|$))|\bantwort\w* "
    r"als (?:ganze )?zahl(?=\s*(?:[.!?\n]|$))",
    re.IGNORECASE,
)
LETTERS = re.compile(
    rf"(?i:\b{TELL}(?:\s+(?:me|only|just|either|with|by|nur|mit|par|con|solo|the letter|letter))*)"
    r"\s+(?P<letters>(?:\(?[A-J]\)?(?:\s*[,/]\s*|,?\s+(?:or|oder|ou|o)\s+))+\(?[A-J]\)?)(?![\w'’])"
)
"""Reply with A or B; with A, B or C."""
_LANGUAGES = {
    "en": "english|englisch|anglais|inglés",
    "de": "german|deutsch|allemand|alemán",
    "fr": "french|französisch|français|francés",
    "es": "spanish|spanisch|espagnol|español|castellano",
    "it": "italian|italienisch|italien|italiano",
    "pt": "portuguese|portugiesisch|portugais|portugués",
    "nl": "dutch|niederländisch|néerlandais|neerlandés|holandés",
    "pl": "polish|polnisch|polonais|polaco",
}
IN_LANGUAGE = re.compile(
    rf"(?:\b{TELL}\b|\b(?:explain|describe|summari[sz]e|erklär\w*|beschreib\w*|explique\w*|"
    rf"décri\w+|explica\w*|résume\w*|resum\w+|fasse?)\b|^|[.!?;,(\n]|\b(?:and|und|et|y)\b)"
    rf"(?P<ahead>[^.!?;\n]{{0,80}}?)(?<!used )(?<!called )(?<!said )(?<!spoken )(?<!known "
    rf")(?<!words )"
    rf"(?<!word )(?<!sentence )(?:\b(?:in|auf|en)\s+(?:plain\s+|simple\s+|good\s+)?|^\W*use\s+)(?:"
    + "|".join(f"(?P<{code}>{names})" for code, names in _LANGUAGES.items())
    + r")\b(?=\s*(?:[.!?;:,)\n]|$|please|bitte|only|with|in|using|and|und|et|y|about|to my|for my|"
    + r"how|what|why|wie|was|warum|comment|pourquoi|antwort|répond|respond|contest))",
    re.IGNORECASE | re.MULTILINE,
)
OF_LANGUAGE = re.compile(
    r"\bhow (?:to|do|one|people)\b|\bwie man\b|\bcomment (?:dire|on|\w+er)\b|\bcómo (?:se|"
    r"\w+[aei]r)\b|"
    r"\b(?:word order|sentence structure|wort(?:stellung|folge)|ordre des mots|orden de las "
    r"palabras|"
    r"gramm\w+|gramática|(?:sub|kon)junctive|subjonctif|subjuntivo|konjunktiv|indikativ|"
    r"imperativ\w*|"
    r"tenses?|zeitform\w*|passé (?:simple|composé)|imparfait|plus-que-parfait|pretérito|imperfecto|"
    r"perfekt|präteritum|plurals?|pluriel|singular|genders|nouns?|verb\w*|adjectives?|adverbs?|"
    r"pronouns?|pr[eé]posi\w+|participes?|particip\w+|n[eé]gaci\w+|conjunctions?|substantive?|"
    r"nomen|adjektive?|pronomen|präposition\w*|"
    r"noms communs|adjectifs?|pronoms?|sustantivos?|adjetivos?|pronombres?|"
    r"(?:use of|definite|the) articles|bestimmte\w* artikel|conjugat\w+|conjugaison|conjugación|"
    r"konjugation|declension\w*|deklination|(?:the|four|german|polish) cases|fälle|dative?|"
    r"accusative|akkusativ|genitive?|nominative?|infinitive?|gerunds?|n[eé]gation|"
    r"pronunciation|aussprache|prononciation|pronunciación|spelling|rechtschreibung|orthographe|"
    r"alphabet|alfabeto|vowels?|consonants?|umlauts?|accents?|dialects?|slang|idioms?|vocabulary|"
    r"wortschatz|vocabulaire|vocabulario|greetings|swear words|(?:the|some|common|useful|basic)"
    r"(?: \w+)? (?:words|phrases|expressions)|numbers from|recommend|suggest|"
    r"empfiehl|recommande|recomienda)\b|\b(?:novels|books|films|movies|songs|podcasts|newspapers|"
    r"mistakes|romane|bücher|filme|lieder|romans|livres|chansons|novelas|libros|películas|canciones)"
    r"\s*$",
    re.IGNORECASE,
)
"""What is of a language itself: "word order in German", "how to order food in Italian"."""
