"""How a reply announces its answer, in the languages small models reply in."""

from __future__ import annotations

import re

_NOUNS = {
    "is|was|:|=|equals|would be|should be|must be|comes out to|to .{1,60}? is": (
        "final answer|correct answer|right answer|answer|final result|correct (?:option|choice)"
    ),
    "ist|lautet|:|=": "endgültige antwort|antwort|endergebnis|lösung",
    "est|:|=": "réponse finale|réponse",
    "es|:|=": "respuesta final|respuesta correcta|respuesta",
    "è|e'|:|=": "risposta finale|risposta corretta|risposta",
    "é|:|=": "resposta final|resposta correta|resposta",
    "is|:|=": "antwoord|svar|svaret",
    "to|:|=|brzmi:?": "odpowiedź",
    "—|-|:|=": "ответ|відповідь",
    "是|为|為|：|:|=": "最终答案|最終答案|答案",
    "は|：|:|=": "最終的な答え|答え|解答",
    "은|는|:|=": "최종 답|정답|답",
}
_MARKS = r"[*_\"' \t]*"


def _pattern() -> str:
    # the longest noun first, and CJK without word boundaries, which it does not have
    forms = []
    for verbs, nouns in _NOUNS.items():
        edge = r"(?<![\w\"])" if nouns.isascii() or verbs.isascii() else ""
        forms.append(rf"{edge}(?:{nouns}){_MARKS}(?:{verbs}){_MARKS}:?")
    return "|".join(forms)


# a heading with the answer below it has no verb: "**Final Answer**" or "### Answer"
_HEADING = r"^[#*_ \t]*(?:final answer|answer|final result)[*_ \t:]*$"

PHRASE = re.compile(rf"(?:{_pattern()}|{_HEADING})", re.IGNORECASE | re.MULTILINE)
LABELLED = re.compile(
    r"^(?:(?:a|ans|result|output|solution|so|thus|hence|therefore)\s*[:=,]\s*)", re.IGNORECASE
)
PLEASANTRY = re.compile(
    r"(?i)\b(?:hope|let me know|feel free|good luck|happy to|you're welcome|thank|enjoy"
    r"|questions?\b.*[.!]|best regards|sincerely|cheers|have a (?:great|nice|good))"
)
