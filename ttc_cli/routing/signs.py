"""Signs that give a computed question away, each with its name for people."""

from __future__ import annotations

import re

NUMBER = (
    r"(?:\d[\d.,]*|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|"
    r"thirty|forty|fifty|sixty|hundred|thousand|dozen|half|twice|double|third|quarter)\b)"
)
_CLOCK = r"\d{1,2}(?:[:.]\d\d(?!\d)|\s?h(?:\s?\d\d)?\b|\s?uhr\b|\s?[ap]\.?m\b)"
_DAY = (
    r"(?:\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|(?:\d{1,2}(?:st|nd|rd|th|er)?\.?\s+(?:of "
    r"|de )?)?"
    r"(?:jan|feb|fév|mar|mär|apr|avr|abr|may|mai|mayo|jun|juin|jul|juil|aug|ao[uû]|ago|sep|"
    r"oc?kt|oct|nov|de[cz]|dic)"
    r"[a-zéû]{0,7}\b|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|"
    r"sonn)tag|mittwoch)"
)
LAPSE = re.compile(
    rf"{_CLOCK}.{{1,60}}\b\d+\s?(?:hours?|minutes?|mins?|stunden?|minuten?|heures?|horas?|"
    rf"minutos?)\b|"
    rf"{_CLOCK}.{{1,80}}{_CLOCK}|{_DAY}.{{1,60}}\b(?:to|until|till|and|bis|und|au|et|hasta|al|y|"
    rf"a)\b.{{0,30}}{_DAY}|"
    rf"(?:\d+|how many|wie viele|combien d[e']|cuánt[oa]s)\s+(?:days?|weeks?|months?|hours?|"
    rf"minutes?|tagen?|wochen|"
    rf"monaten?|stunden|minuten|jours|semaines|mois|heures|días|semanas|meses|horas|minutos)\b"
    rf".{{0,60}}(?:\b(?:after|before|from|since|until|nach|vor|bis|seit|après|avant|depuis|"
    rf"después|antes|desde)\b"
    rf".{{0,30}}(?:{_CLOCK}|{_DAY}|now|today|heute|hoy|aujourd)|{_CLOCK})",
    re.IGNORECASE | re.DOTALL,
)  # a sum over times or dates: a span between two, or one that lies so much before or after

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_UNIT = (
    r"(?:miles?|km|kilomet(?:er|re)s?|met(?:er|re)s?|cm|mm|inch(?:es)?|feet|foot|yards?|lbs?|"
    r"pounds?|ounces?|oz|kgs?|kilograms?|grams?|tons?|tonnes?|lit(?:er|re)s?|ml|gallons?|pints?|"
    r"cups?|celsius|fahrenheit|kelvin|hours?|minutes?|seconds?|days?|weeks?|months?|years?|mph|"
    r"km/h|bytes?|[kmgt]i?b|joules?|watts?|acres?|hectares?|knots?|degrees?(?: [cf]\w*)?|°? ?[cfk]|"
    r"ft|yds?|mi|in|tbsps?|tsps?|(?:table|tea)spoons?|fl\.? ?oz|stone|m/s|kph|[mglh]|mg|mins?|"
    r"kilomètres?|mètres?|milles?|meilen?|grad|stunden?|sekunden?|heures?|secondes?|millas?|"
    r"kilómetros?|metros?|horas?|segundos?)"
)
_SHAPE = (
    r"(?:circles?|squares?(?! (?:miles?|feet|foot|met|inch|yards?|k))|rectang(?:les?|ular)|"
    r"triang(?:les?|ular)|cubes?|spheres?|cylinders?|cones?|\w+gons?|prisms?|pyramids?|kreis\w*|"
    r"quadrat|rechteck\w*|dreieck\w*|würfel|kugel|zylinder|cercle|carré|sphère|cylindre|círculo|"
    r"cuadrado|rectángulo|triángulo|cubo|esfera|cilindro)"
)
_SIZE = (
    r"(?:areas?|perimeter|circumference|diagonals?|volumes?|hypotenuse|radius|diameter|"
    r"\w*fläche\w*|\w*umfang|diagonalen?|volumen|aire|périmètre|circonférence|área|perímetro|"
    r"circunferencia)"
)
_PER = (
    r"(?:an?|per|each|every|pro|im|par|por) (?:hour|day|week|month|year|stunde|tag|woche|monat|"
    r"jahr|heure|jour|semaine|mois|an|hora|día|semana|mes|año)\b"
)
_SIGNS = {
    "clock times": (
        r"\b\d{1,2}[:.]\d\d ?(?:[ap]\.?m\b)?.*\b(?:to|until|till|and|later|after|before|long)\b",
        r"\b\d{1,2}:\d\d.*\b(?:minutes?|hours?|arrives?|leaves?|ends?|starts?)\b",
        r"\b\d{1,2} ?[ap]\.?m\b",
    ),
    "dates": (
        rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}|{_MONTH} \d{{1,2}})\b.*"
        r"\b(?:days?|weeks?|weekday|months?|years?|old|between|after|before|from|until|later)\b",
        r"\b\d{4}-\d\d-\d\d\b",
        r"\b(?:what|which) (?:day|date|weekday)\b.*\d",
        r"\bleap years?\b",
        rf"\bhow many days\b.*\b{_MONTH} \d{{4}}\b",
        r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b.*\b(?:1[89]|20)\d\d\b",
        r"\bdays? (?:are there )?(?:between|from|until|after|before)\b",
    ),
    "percentages": (r"\d ?%", r"\bper ?cent(?:age)?\b.*\d", r"\d.*\bper ?cent(?:age)?\b"),
    "units": (
        r"\b(?:convert|convertis(?:sez)?|convertir|convi[eé]rt[ae]\w*)\b.*\d",
        r"\brechne\b.*\d.*\bum\b|\d.*\bum(?:rechnen|gerechnet)\b",
        rf"\b{NUMBER} ?{_UNIT} (?:to|in|into|as|en) {_UNIT}\b",
        rf"\bhow many {_UNIT} (?:are|is|in|make|equal|does|do)\b",
    ),
    "rates": (
        rf"^\D*\d.*(?:\b(?:is|does)|['’]s) (?:that|it|this)\b.{{0,20}}\b{_PER}",
        rf"^\D*\d.*\b(?:wie ?viel|combien|cu[áa]nto)\b.{{0,40}}\b{_PER}",
    ),
    "shapes": (rf"^(?=.*\d)(?=.*\b{_SHAPE}\b).*\b{_SIZE}\b",),
    "combinatorics": (
        r"\b(?:how many|number of) (?:\w+ )*(?:ways?|arrangements?|permutations?|combinations?|"
        r"orders?|handshakes?|subsets?|outcomes?)\b",
        r"\bprobability\b",
        r"\b(?:dice|coins?|cards?)\b.*\b(?:chance|likely|odds)\b",
    ),
    "numbers": (
        r"^(?=.*\d).*\b(?:primes?|factorial|divisors?|divisible|factors?|remainder|modulo|digits?|"
        r"fibonacci|binary|hexadecimal|gcd|lcm|average|mean|median|sum of|product of|"
        r"square root|squared|cubed?)\b",
        r"\d.*\b(?:divided by|times|plus|minus|multiplied)\b.*\d",
        r"\d\s*[-+*/×÷^]\s*\(?\d",
        r"\bsqrt ?\(? ?\d|√ ?\d+\W*$",
        r"(?:^|\b(?:is|of|calculate|compute|evaluate) )\d+!\s*(?:$|[-?.+*/)])",
        r"\d ?%? (?:as|into|als|en|como) (?:an? |eine? |une? )?(?:\w+ )?(?:fraction|decimal|"
        r"percentage|mixed number|bruch|dezimalzahl|fracción)\b",
        r"\beach letter (?:stands|is)\b.*\bdigit",
        r"^(?=.*\d).*\b(?:ziffern?|quersumme|teilbar|primzahl(?:en)?|summe|durchschnitt|chiffres?|"
        r"divisibles?|nombres? premiers?|somme|moyenne|cifras?|múltiplos?|primos?|suma|promedio)\b",
    ),
    "number systems": (
        r"^(?=.*\d).*\b(?:roman numerals?|binary|hexadecimal|hex|octal|base (?:\d+|two|ten))\b",
        r"\broman numerals? [MDCLXVI]+\b",
        r"\b0[xbo][0-9a-f]+\b",
    ),
}
_LETTERS = re.compile(
    r"\bhow many (?:letter )?[\"']?[a-z][\"']?(?:'?s)? (?:are|is|does|do|in)\b|"
    r"\b(?:wie ?viele?|cu[áa]nt[oa]s) [\"'„]?[a-z][\"'“]?s? "
    r"(?:sind|hat|gibt|stecken|in|hay|tiene|en)\b|"
    r"\bcombien (?:y a-t-il )?de [\"'«]?\s?[a-z]\s?[\"'»]? (?:dans|y a|contient|a)\b|"
    r"\bhow (?:many times|often) (?:does|do|is) [\"'“‘].{1,30}[\"'”’] .*\bin\b|"
    r"\bhow (?:many|often) .*\b(?:letters?|vowels?|consonants?|characters?|words?)\b"
    r".*\b(?:in|does)\b|"
    r"\b(?:revers\w+|backwards?|palindromes?|anagrams?|alphabetical\w*)\b|"
    r"\b(?:sort|count)\b.*\b(?:letters?|words?|numbers?)\b|"
    r"\b(?:\d+(?:st|nd|rd|th)|first|second|third|last|middle) letters? (?:of|in)\b|"
    r"\b(?:different|distinct) letters\b|\bwhich letter (?!did|was)\w+|"
    r"\b(?:caesar|rot-?13|vigenère|atbash)\b.*(?:\d|rot-?13)|"
    r"\b(?:spell|write|read|say)\b.*\bbackwards?\b",
    re.IGNORECASE,
)
SIGNS = {
    "letters or words": _LETTERS,
    **{name: re.compile("|".join(parts), re.IGNORECASE) for name, parts in _SIGNS.items()},
}
