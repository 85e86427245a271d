"""Clock times as they are said: half past nine, halb zehn, neuf heures et quart, las nueve y media.

Hours come in digits (`numbers.in_digits`). Without a word for the half of the day the hour is the
one that is said, from 1 to 12.
"""

from __future__ import annotations

import re

_PART_OF_DAY = re.compile(
    r"(?i)[\s,]+(?:(?P<am>in the morning|morgens|vormittags|du matin|de la mañana|di mattina)"
    r"|(?P<pm>in the (?:afternoon|evening)|nachmittags|abends|du soir|de l'après-midi|de la tarde"
    r"|del pomeriggio|di sera)|(?P<night>at night|nachts|de la noche|de la nuit|di notte))$"
)
_MERIDIEM = r"(?:\s*(?:o'clock|uhr))?(?:\s*(?P<half>[ap])\.?\s?m\.?)?"
_MINUTES = {
    "half": 30, "1/2": 30, "1/4": 15, "quarter": 15, "viertel": 15, "quart": 15, "demie": 30,
    "demi": 30, "media": 30, "cuarto": 15, "le quart": 15, "mezza": 30, "un quarto": 15,
    "4º": 15,
}  # fmt: skip
_AMOUNT = "|".join(sorted(_MINUTES, key=len, reverse=True))
_FORMS = [  # m after or before hour h; "from" is the hour that has not come yet
    re.compile(form + _MERIDIEM, re.IGNORECASE)
    for form in (
        rf"(?:an? )?(?P<m>{_AMOUNT}|\d{{1,2}}(?: minutes?)?) (?:past|after) (?P<h>\d{{1,2}})",
        rf"(?:an? )?(?P<less>{_AMOUNT}|\d{{1,2}} minutes?) (?:to|before|till) (?P<h>\d{{1,2}})",
        r"(?P<m>viertel|\d{1,2}(?: minuten)?) (?:nach|über) (?P<h>\d{1,2})",
        r"(?P<less>viertel|\d{1,2}(?: minuten)?) vor (?P<h>\d{1,2})",
        r"(?P<from>halb|viertel|dreiviertel) (?P<h>\d{1,2})",
        rf"(?:à )?(?P<h>\d{{1,2}}|midi|minuit) ?(?:heures?|h)? et (?P<m>{_AMOUNT})",
        r"(?:à )?(?P<h>\d{1,2}) ?(?:heures?|h) moins (?P<less>le quart|\d{1,2})",
        rf"(?:(?:a )?las?|alle|le) (?P<h>\d{{1,2}}) (?:[ye] )?(?P<m>{_AMOUNT}|\d{{1,2}})",
        r"(?:(?:a )?las?|alle|le) (?P<h>\d{1,2}) (?:menos |meno (?:un )?|-)"
        r"(?P<less>cuarto|quarto|4º|\d{1,2})",
    )
]
_NAMED = {"midi": 12, "minuit": 0}
_BEFORE = {"halb": 30, "viertel": 15, "dreiviertel": 45}


def part_of_day(text: str) -> tuple[str, str]:
    """(the time, "am", "pm", "night" or empty) of a time with "in the morning" or its like."""
    match = _PART_OF_DAY.search(text)
    return (text[: match.start()], match.lastgroup or "") if match else (text, "")


def hour_of(hour: int, part: str) -> int:
    """The hour of 24 for one from 1 to 12 in a part of the day."""
    late = part == "pm" or (part == "night" and 6 <= hour < 12)
    return hour % 12 + 12 * late


def spoken(text: str) -> tuple[int, int] | None:
    """Hour and minute of a time in words, None for any other text."""
    text = " ".join(text.split())
    match = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
    if match is None:
        return None
    said = match.groupdict()
    hour = _NAMED.get(said["h"].lower(), -1)
    hour = int(said["h"]) if hour < 0 else hour
    if after := said.get("from"):
        minutes = _BEFORE[after.lower()] - 60
    else:
        amount = (said.get("m") or said.get("less") or "").lower()
        minutes = _MINUTES.get(amount) or int(re.sub(r"\D", "", amount) or 15)
        minutes = -minutes if said.get("less") else minutes
    if not (0 <= hour <= 24 and abs(minutes) < 60):
        return None
    if said["half"]:
        total = hour % 12 * 60 + (720 if said["half"].lower() == "p" else 0) + minutes
    else:
        total = hour * 60 + minutes
        total += 720 if 0 < hour <= 12 and total < 60 else 0  # ten to one
    return total // 60 % 24, total % 60
