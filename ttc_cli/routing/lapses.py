"""Questions that reckon with times and dates, which small models are sure of and wrong at."""

from __future__ import annotations

import re

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
)
"""A sum over times or dates: a span between two, or one that lies so much before or after."""
