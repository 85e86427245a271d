"""Which language a text is in, by its smallest words; of other scripts, by the script."""

from __future__ import annotations

import re

SMALL_WORDS = {
    name: frozenset(words.split())
    for name, words in {
        "en": "the a is are to of and in what how it my do does for you i this please with be was",
        "de": "der die das ist und ich nicht ein eine zu wie was auf mit mir bitte den im sie wir",
        "fr": "le la les est et je un une des vous en à que il dans ne pas nous du au pour de",
        "es": "el la los es y un una en que no de por se qué está con mi las del tengo estoy para",
        "it": "il la è e un una di che non sono per con mi del si ho al lo gli come",
        "pt": "o a é e um uma de que não para com em do da os eu está no na você",
        "nl": "de het een is en ik niet van je dat wat hoe naar op met voor mijn we",
        "pl": "jest w na nie to się z do jak i czy po jest co mam",
    }.items()
}
_MORE = {
    "en": "that which from by at on has have not there will can its their or as he she they we",
    "de": "von für sich des dem auch es an werden aus er hat dass oder sind einen einer bei um am",
    "fr": "qui par sur plus se sont avec ce cette son sa ou ses l d c qu s aux être",
    "es": "lo su como más al o sus le ha me si sin sobre este ya cuando esta son entre",
}
_KNOWN = {
    name: words | frozenset(_MORE.get(name, "").split()) for name, words in SMALL_WORDS.items()
}
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = {
    "ru": re.compile(r"[Ѐ-ӿ]"),
    "ja": re.compile(r"[぀-ヿ]"),
    "zh": re.compile(r"[一-鿿]"),
    "ko": re.compile(r"[가-힣]"),
    "ar": re.compile(r"[؀-ۿ]"),
    "hi": re.compile(r"[ऀ-ॿ]"),
}


def language(text: str) -> str | None:
    """The language of a text by ISO 639-1 code, None where its words do not tell.

    Words that several languages share count for each of them; a tie tells nothing.
    """
    for name, script in _SCRIPTS.items():
        if 3 * len(script.findall(text)) > sum(map(len, _WORD.findall(text))):
            return name
    words = [word.lower() for word in _WORD.findall(text)]
    counts = {name: sum(word in known for word in words) for name, known in _KNOWN.items()}
    (first, most), (_, second) = sorted(counts.items(), key=lambda c: -c[1])[:2]
    return first if most > second else None
