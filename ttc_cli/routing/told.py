"""Questions that are told and not computed, whatever numbers are in them.

What a thing means or is, how two named things differ, which is better, what somebody can or should
do: nothing follows from the numbers in such a question.
"""

from __future__ import annotations

import re

from ttc_cli.routing.features import split

_UNIT = (
    r"(?:(?-i:[kcm]?m|[km]?g|[cm]?l|h|s|x)|[kmgt]b|[ap]m|hrs?|mins?|lbs?|oz|ft|in|mph|st|nd|rd|th)"
)
_DAY = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_NAME = (
    rf"(?:(?!(?:sqrt|log|ln|sin|cos|tan)\d)[a-z]+-?\d\w*|\d+(?!{_UNIT}\b)[a-z]+\b|\d+-[a-z]{{3,}}|"
    rf"(?:type|version|level|grade|phase|windows|iphone|formula|(?-i:(?!{_DAY})[A-Z]\w+)) \d[\w.]*)"
)  # letters joined to the digits or ahead of them: 4G, B-52, 7-Eleven, Windows 10, type 1
_RATIO = r"(?:9/11|24/7|50/50|20/20|80/20|4/20|7/7)"
_MAY = (
    r"(?:(?:should|can|could|may|must|do) (?:I|you|we|one|my \w+)|(?:soll(?:te)?|kann|darf|muss) "
    r"(?:ich|man|wir)|puis-je|dois-je|peut-on|doit-on|puedo|debo|se puede|se debe)"
)
_ANYWHERE = re.compile(
    r"\bwhat (?:do|does|did)\b[^.?!]{1,60}\b(?:mean|stand for)\b(?! of)|\bmeaning of\b|"
    r"\bwas (?:bedeute[nt]|heißt)\b|\bque (?:signifie|veut dire)|\bqué significan?\b|"
    r"\bwhat (?:happened|took place)\b|\bwas (?:ist )?(?:passiert|geschah)|"
    r"\bque s[’']est-il passé|\bqué (?:pasó|ocurrió)\b|"
    r"\bwhat (?:can|could|should|shall) (?:I|we|you) (?:do|see|visit|eat|drink|cook|wear|read|"
    r"watch|say|bring)\b|"
    r"\b(?:what|which) (?:\w+ )?(?:is|are|would be) (?:good|best|healthy|safe|right) for\b|"
    r"\bhow many letters\b.*\balphabet\b",
    re.IGNORECASE,
)
_WISHED = re.compile(
    r"^\W*(?:(?:please|can you|could you|would you|help me) )*(?:"
    r"(?:recommend|suggest|advise)\b|(?-i:[Pp]lan (?:a|an|my|our|me|us)) [a-z]+|"
    r"(?:give|make|create|show) (?:me |us )?(?:an?|some) (?:[\w-]+ ){0,3}"
    r"(?:plan|itinerary|schedule|recipes?|menu|diet|ideas?|suggestions?|recommendations?|routine|"
    r"programme|advice)\b)|"
    r"^\W*(?:plane|empfiehl|planifie[rz]?|recommande[rz]?|planifica|recomienda)\b",
    re.IGNORECASE,
)
_ALONE = re.compile(
    rf"\bdifference between [^+*=]{{0,60}}?\b{_NAME}[^+*=]{{0,40}} and "
    rf"(?:\d+\W*$|[^+*=]{{0,60}}?\b{_NAME})|"
    rf"^\W*(?:what(?:[’']s| is| are| was)) (?:(?:an?|the) )?"
    rf"(?:[a-z]+|{_RATIO}(?: [a-z]+)?|(?:[a-z]+ )?{_NAME}(?: [a-z]+)?)\W*$|"
    rf"^\W*(?:what(?:[’']s| is| are| was)) an? (?:[a-z]+ )?\d+[-x]\d+(?: [a-z]+)?\W*$|"
    r"^(?!.*(?:[$€£%]|\b(?:deal|buy|price|value|offer|odds|chance)\b)).*"
    r"\b(?:better|best (?:ways?|times?|places?|methods?|age|foods?|exercises?))\b|"
    r"^\W*(?:is|are) [^?]{1,80}\b(?:polite|rude|normal|acceptable|okay|ok|healthy|unhealthy|safe|"
    r"legal|illegal|dangerous|worth it|a good|a bad)\b|"
    rf"\bhow long {_MAY} (?:roast|cook|bake|boil|fry|grill|steam|simmer|wait|sleep|rest|freeze|"
    r"store|keep|exercise)\b|\bwie lange (?:soll(?:te)?|muss) (?:ich|man)\b",
    re.IGNORECASE,
)  # of a question that is one sentence: a story before it gives what to compute from
_OF_ONE = re.compile(
    r"\b(?:how (?:much|many|long|often|far)|wie ?(?:viele?|lange?|oft|weit)|combien|"
    rf"cu[áa]nt[oa]s?)\b.{{0,80}}\b{_MAY}\b|"
    r"\b(?:how much|wie ?viel)\b.{0,80}\b(?:is|are|ist|sind) (?:there )?in (?:a |an )?\d",
    re.IGNORECASE,
)  # of one number alone
_YEAR = re.compile(r"(?<![\d.,/$€£-])\b(?:1[0-9]|20)\d\d\b(?![\d/%-]|[.,]\d)")
NUMBER = (
    r"(?:\d[\d.,]*|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|"
    r"thirty|forty|fifty|sixty|hundred|thousand|dozen|half|twice|double|third|quarter)\b)"
)
AMOUNT = re.compile(NUMBER, re.IGNORECASE)
_ENDED = re.compile(r"[.!?;](?=\s+\S)|\n")
_FORM = re.compile(r"(?<=\?)\s+[^\W\d]+(?:[ ,-]+[^\W\d]+){0,6}[.!]?\s*$")
"""A few words behind the question, which say how to answer it: "One sentence."."""


def told(prompt: str) -> bool:
    """Whether a question asks for what is known, meant or advised."""
    prompt = _FORM.sub("", prompt)
    asked = split(prompt)[0] or prompt
    if _ANYWHERE.search(asked):
        return True
    if asked.strip() != prompt.strip() or _ENDED.search(asked.strip()):
        return False  # a story, or what was pasted, gives what to compute from
    if _WISHED.search(asked) or _ALONE.search(asked):
        return True
    return len(AMOUNT.findall(asked)) == 1 and _OF_ONE.search(asked) is not None


def dated(question: str) -> bool:
    """Whether the only number of a question is the year that it is about."""
    return len(AMOUNT.findall(question)) == 1 and _YEAR.search(question) is not None
