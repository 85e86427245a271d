"""From a model's reply to its short answer, with the rule that found it.

The rules are tried in order, the most deliberate statement first; each is a plain function of the
reply, and the first whose find suits the expected kind wins. A truncated statement (an unclosed
or empty box, an unclosed tag or thought) is no answer: it would vote for a number from the middle
of the work. Nor is what says that it does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ttc_cli.answers import asked, scan
from ttc_cli.answers.asked import brief
from ttc_cli.answers.parse import canonical_json, parse
from ttc_cli.answers.source import FENCE, looks_like_code
from ttc_cli.answers.text import tidy

Kind = Literal["number", "choice", "word", "date", "list", "json", "code", "text"]
Rule = Literal[
    "tag", "boxed", "phrase", "hashes", "json", "code", "choice", "bold", "maths", "number",
    "line", "restated", "whole",
]  # fmt: skip
_LONGEST = 40_000  # characters from the end; an answer is at the end
_SPECIAL = re.compile(r"<\|(?:im_end|im_start|endoftext|eot_id|end|user|assistant)\|>|</s>")
_TAGS = r"answer|final[_ ]?answer|final|result|output|response|solution"
_TAG = re.compile(rf"(?is)[<\[]\|?(?:begin_of_)?({_TAGS})\|?[>\]](.*?)[<\[](?:/|\|end_of_|\|/)\1\|?[>\]]")
_OPEN_TAG = re.compile(r"(?i)<(?:final[_ ]?)?answer>")
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_EMPTY_BOX = re.compile(
    r"((?:\\[\[(]|\$\$?)\s*)?"  # alone between the marks of a formula, or in the midst of text
    r"\\(?:boxed|fbox)\s*\{(?:[\s.…_?$]|\\[,;:! ]|(?:\\(?:text|mathrm)\s*)?\{\s*\})*\}"
    r"(?(1)\s*(?:\\[\])]|\$\$?))"
)
_BETWEEN_BOXES = re.compile(
    r"(?:[\s,;.&$]|\\[\\,;()\[\] ]|\\q?quad|\band\b|\bor\b|\bund\b|\bet\b|\by\b|\\text\{\s*(?:and|or|,)?\s*\}|(?P<name>[a-zA-Z]\w?\s*=))*"
)
_HASHES = re.compile(r"####\s*(\S[^\n]*)")
_NOUNS = {
    "is|was|:|=|equals|would be|should be|must be|comes out to|to .{1,60}? is": (
        "final answer|correct answer|right answer|answer|final result|correct (?:option|choice)"
    ),
    "ist|lautet|:|=": "endgültige antwort|richtige antwort|antwort|endergebnis|ergebnis|lösung",
    "est|:|=": "réponse finale|bonne réponse|réponse correcte|réponse|résultat",
    "es|:|=": "respuesta final|respuesta correcta|respuesta|resultado",
    "è|e'|:|=": "risposta finale|risposta corretta|risposta|risultato",
    "é|:|=": "resposta final|resposta correta|resposta|resultado",
    "is|:|=": "antwoord|svar|svaret",
    "to|:|=|brzmi:?": "odpowiedź",
    "—|-|:|=": "ответ|відповідь",
    "是|为|為|：|:|=": "最终答案|最終答案|答案",
    "は|：|:|=": "最終的な答え|答え|解答",
    "은|는|:|=": "최종 답|정답|답",
}
_MARKS = r"[*_\"' \t]*"
# a heading with the answer below it has no verb: "**Final Answer**" or "### Answer"
_HEADING = r"^[#*_ \t]*(?:final answer|answer|final result|antwort|réponse|respuesta)[*_ \t:]*$"
_PHRASE = re.compile(
    "|".join(
        rf"{_edge}(?:{nouns}){_MARKS}(?:{verbs}){_MARKS}:?"
        for verbs, nouns in _NOUNS.items()
        # CJK has no word boundaries
        for _edge in [r"(?<![\w\"])" if nouns.isascii() or verbs.isascii() else ""]
    )
    + f"|{_HEADING}",
    re.IGNORECASE | re.MULTILINE,
)
_LABELLED = re.compile(r"(?i)^(?:(?:a|ans|result|output|solution|so|thus|hence|therefore)\s*[:=,]\s*)")
_PLEASANTRY = re.compile(
    r"(?i)\b(?:hope|let me know|feel free|good luck|happy to|you're welcome|thank|enjoy"
    r"|questions?\b.*[.!]|best regards|sincerely|cheers|have a (?:great|nice|good))"
)
_REFUSAL = re.compile(
    r"(?i)^\W*(?:(?:sorry|unfortunately|hmm|leider|désolé|lo siento|mi dispiace|desculpe)[,.]?\s+)?(?:(?:but|aber|mais|pero)\s+)?(?:"
    r"(?:i|we)(?:['’]m| am| are|['’]re)?\s+(?:really |just |honestly )?(?:can(?:not|['’]?t)|could(?: not|n['’]t)|do(?: not|n['’]t)|am not|not (?:sure|certain|able)|unsure|unable|have no|know not|need more)|"
    r"(?:ich|wir)\s+(?:weiß|wissen|kann|können|bin)\b.*\bnicht|keine ahnung|"
    r"(?:je|nous)\s+ne\s+\w+\s+pas|aucune idée|no (?:lo )?sé\b|no puedo|no tengo|non (?:lo )?so\b|non posso|não (?:sei|posso)|"
    r"(?:it is |it['’]s )?(?:not (?:clear|known|possible to)|impossible to (?:say|tell|know))|there is (?:not enough|no way)|not enough information|no idea|unknown\b|n/?a\b)"
)
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*|__([^_\n]+)__")
_INLINE_MATHS = re.compile(
    r"(?s)\\\[(.{1,400}?)\\\]|\\\((.{1,400}?)\\\)|\$\$([^$]{1,400})\$\$|\$([^$\n]{1,200})\$"
)
_ITEM_MARK = re.compile(r"^[ \t]*(?:\d{1,2}[.)]\s+|[-*•]\s+|#+\s)", re.MULTILINE)
_VERDICT = re.compile(r"\s*\**(yes|no|true|false)\b\**(?=[,.!;:]|\s*$)", re.IGNORECASE)
_LETTER = re.compile(
    r"(?P<named>(?i:option|choice|opción|opzione|answer|antwort)\s+(?i:is\s+)?\**\(?(?P<a>[A-J])\b(?!['’])\)?)|\((?P<b>[A-Ja-j])\)|\*\*(?P<c>[A-J])[).]?\*\*"
    r"|(?<![\w.'’-])(?P<d>[A-J])(?![\w'’-]|\.\s?[A-Z]\.|\.\s+[A-Z][a-z]+\.?$)"
)
_DENIED = re.compile(r"(?i)\b(?:not|n['’]t|nicht|pas|no|non|não|instead of|rather than|except|neither|nor|statt|wrong|rule out)\W+(?:\w+\W+){0,2}$")
_DENIED_AFTER = re.compile(r"(?i)^\W*(?:is|are|would be|ist|est|es)\s+(?:not|incorrect|wrong|false|nicht|falsch|fausse?|incorrecta)\b")
_NOT_BUT = re.compile(r"(?i)^(?:not|nicht|pas|no|non|não)\s+.{1,60}?,?\s+(?:but(?: rather)?|sondern|mais|sino|ma|bensì|mas)\s+(?P<rest>.+)$")
_REASON = re.compile(r",?\s+(?:because|since|which|weil|parce que|porque|perché)\b")
_LEAD = re.compile(r"^(?:as follows|that|therefore|simply|thus|just|clearly|:)[:,]?\s+")
PLACEHOLDER = re.compile(r"(?i)[\s.…_?]*|\\l?dots|(?:your |final |the )?answer(?: here)?|\\text\{answer\}")
_FREE = (None, "word", "text")  # kinds whose answer may be any words


@dataclass(frozen=True)
class Extracted:
    """A short answer, the rule that found it, and (start, end) of where in the reply, if known."""

    text: str
    rule: Rule
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class _Reply:
    """What the rules look at: the text without thoughts, what is asked for, and the question."""

    text: str
    kind: Kind | None
    question: str

    @property
    def last(self) -> tuple[str, int]:
        """The last line, stripped, and where it starts."""
        text = self.text.rstrip()
        line = text.rsplit("\n", 1)[-1]
        return line.strip(), len(text) - len(line.lstrip())


_RuleFunction = Callable[[_Reply], Extracted | None]


def extract(text: str, kind: Kind | None = None, question: str = "") -> Extracted | None:
    """The short answer of a reply; None when it has none, as prose and cut-off replies do.

    Args:
        text: the reply; a thought in `<think>` tags and everything after an end mark is ignored.
        kind: what the task asks for, when known; a rule whose find does not suit is passed over.
        question: what was asked, when known: its form decides which value is the answer, and what
            a sentence restates of it is not.
    """
    start = max(text.rfind("</think>") + len("</think>"), 0) if "</think>" in text else 0
    end_mark = _SPECIAL.search(text, start)
    end = end_mark.start() if end_mark else len(text)
    start = max(start, end - _LONGEST)
    said = text[start:end].rstrip()
    if "<think>" in said or not said.strip():
        return None
    rules = _ORDERS.get(kind, _ORDER)
    if kind != "code":
        said, empty = _without_empty_boxes(said)
        rules = _STATED if empty and kind != "json" else rules
    said, cut = _without_open_end(said.rstrip())
    reply = _Reply(said, kind, question)
    found = _first((boxed,) if cut else rules, reply)
    if question and not cut and kind in _FREE:
        found = _shortened(found, reply)
    if found is None or found.span is None:
        return found
    return replace(found, span=(found.span[0] + start, found.span[1] + start))


def _first(rules: Sequence[_RuleFunction], reply: _Reply) -> Extracted | None:
    for rule in rules:
        found = rule(reply)
        if found and (answer := _suits(found.text, reply)):
            return replace(found, text=answer)
    return None


def _shortened(found: Extracted | None, reply: _Reply) -> Extracted | None:
    """The find without what it restates of the question; where that is the last line, all of it."""
    if found and found.rule in ("tag", "boxed", "hashes", "json"):
        answer = asked.short(tidy(found.text), reply.question)
        return replace(found, text=asked.bare(answer or found.text, reply.question))
    if found and found.rule in ("code", "whole", "phrase"):
        answer = asked.short(_announced(reply.text) or "", reply.question) if found.rule == "phrase" else None
        return replace(found, text=asked.bare(answer or found.text, reply.question))
    line, at = reply.last
    alone = not reply.text[:at].strip()
    if answer := asked.short(line, reply.question, alone=alone):
        again = _first(_ORDERS.get(reply.kind, _ORDER), replace(reply, text=answer))
        if again:
            text = asked.bare(again.text, reply.question)
            return Extracted(text, "restated" if alone else "line", (at, len(reply.text)))
    if alone and found and found.rule == "number" and asked.yes_or_no(reply.question):
        # the number is of what was asked about
        return Extracted(sentence(line), "line") if brief(line) else None
    return found and replace(found, text=asked.bare(found.text, reply.question))


def _suits(text: str, reply: _Reply) -> str | None:
    """The find as the kind wants it, None when it cannot be of that kind."""
    kind = reply.kind
    if PLACEHOLDER.fullmatch(text):
        return None
    if kind == "number":
        known = parse(text).kind in ("number", "quantity", "formula", "assignment", "ratio", "range")
        return text if known or re.search(r"\d|\\|π|∞|\bpi\b", text) else None
    if kind == "choice":
        return _letter(tidy(text), reply)
    if kind == "date":
        return text if parse(text).kind in ("date", "clock") or re.search(r"\d", text) else None
    if kind == "json":
        return text if text[:1] in '{["' or _loads(text) is not None else None
    return text


def sentence(line: str) -> str:
    """A statement without what follows it: the first sentence, stripped of its markup."""
    line = re.split(r"(?<=[^\s.A-Z])[.!](?:\*\*)?(?=\s+[A-Z(])|[。！]", line.strip())[0]
    line = _REASON.split(_LEAD.sub("", line.strip(" *_")))[0]
    return re.sub(r"(?:です|입니다)$", "", line.lstrip(" *_").rstrip(" *_.,;:"))


# --- marked by structure: a tag, a box, ####, a JSON field, a fenced block


def tag(reply: _Reply) -> Extracted | None:
    """What stands between `<answer>` and `</answer>`, or another tag that means the same."""
    matches = list(_TAG.finditer(reply.text))
    if not matches:
        return None
    inner = matches[-1][2].strip()
    span = matches[-1].span(2)
    if brief(inner) and "\n" not in inner and not _BOX.search(inner) and not _PHRASE.search(inner):
        return None if _REFUSAL.match(inner) else Extracted(inner, "tag", span)
    found = extract(inner, reply.kind, reply.question)
    return found and Extracted(found.text, "tag", span)


def _closing(text: str, start: int) -> int:
    """Index just after the brace that closes the one before `start`, -1 when none does."""
    depth = 1
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return -1


def _without_open_end(reply: str) -> tuple[str, bool]:
    """The reply without a last box or answer tag that never closes; True when it was cut there."""
    opened = list(_OPEN_TAG.finditer(reply))
    if opened and not re.search(r"(?i)</(?:final[_ ]?)?answer>", reply[opened[-1].end() :]):
        return reply[: opened[-1].start()], True
    boxes = list(_BOX.finditer(reply))
    if not boxes or _closing(reply, boxes[-1].end()) > 0:
        return reply, False
    # text on later lines means that the model forgot a brace and went on
    if "\n" in reply[boxes[-1].end() :].strip():
        blank = " " * len(boxes[-1][0])  # of the same length, so that spans stay true
        return f"{reply[: boxes[-1].start()]}{blank}{reply[boxes[-1].end() :]}", False
    return reply[: boxes[-1].start()], True


def _without_empty_boxes(reply: str) -> tuple[str, bool]:
    """The reply without boxes that hold nothing, spans kept; True when its last box was one."""
    ends = [box.end() for box in _EMPTY_BOX.finditer(reply)]
    blank = _EMPTY_BOX.sub(lambda box: " " * len(box[0]), reply)
    return blank, bool(ends) and _BOX.search(reply, ends[-1]) is None


def boxed(reply: _Reply) -> Extracted | None:
    r"""The content of the last closed `\\boxed{}`; of all that stand side by side at the end."""
    text, boxes, at = reply.text, list[tuple[int, int]](), 0
    for box in list(_BOX.finditer(text))[-16:]:
        end = _closing(text, box.end())
        if end > 0 and box.start() >= at:
            at = end
            boxes.append((box.start(), end))
    said = [(start, end, text[_BOX.match(text, start).end() : end - 1].strip()) for start, end in boxes]  # type: ignore[union-attr]
    said = [one for one in said if not PLACEHOLDER.fullmatch(one[2])]
    if not said:
        match = re.search(r"\\boxed\s+(\w+)", text)
        return Extracted(match[1], "boxed", match.span(1)) if match else None
    group = [said[-1]]
    for one in reversed(said[:-1]):
        if not _BETWEEN_BOXES.fullmatch(text[one[1] : group[0][0]]):
            break
        group.insert(0, one)
    start, end, inner = group[-1]
    answers = list(dict.fromkeys(one[2] for one in group))
    if len(answers) == 1:
        offset = text.index(inner, _BOX.match(text, start).end())  # type: ignore[union-attr]
        return Extracted(inner, "boxed", (offset, offset + len(inner)))
    names = [re.search(r"([a-zA-Z]\w?)\s*=[\s$]*$", text[: one[0]]) for one in group]
    if all(names):
        answers = [f"{name[1]} = {one[2]}" for name, one in zip(names, group, strict=True) if name]
    return Extracted(", ".join(answers), "boxed", (group[0][0], end))


def hashes(reply: _Reply) -> Extracted | None:
    """GSM8K's `#### 42`; a markdown heading of that depth is not one."""
    text = reply.text
    found = [m for m in _HASHES.finditer(text) if brief(m[1]) and not m[1].rstrip("* ").endswith(":")]
    # "#### Step 3" is a heading unless it is the last line
    found = [m for m in found if re.search(r"\d", m[1]) or not text[m.end() :].strip()]
    found = [m for m in found if not re.match(r"(?i)\**(?:step|part|case|\d+\.\s)", m[1])]
    return Extracted(sentence(found[-1][1]), "hashes", found[-1].span(1)) if found else None


def _loads(text: str) -> object:
    """The JSON value that the whole of `text` is, None when it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _objects(reply: str) -> list[tuple[object, int, int]]:
    """JSON objects of the reply, outermost, with their spans; at most 200 places are tried."""
    decoder, at, found = json.JSONDecoder(), reply.find("{"), []
    for _ in range(200):
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(reply, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.append((value, at, end))
        at = reply.find("{", end)
    return found


def json_field(reply: _Reply) -> Extracted | None:
    """The answer field of the last JSON object; for kind json, the whole object."""
    if reply.kind == "json" and (whole := _loads(reply.text.strip())) is not None:
        return Extracted(canonical_json(whole), "json")
    for value, start, end in reversed(_objects(reply.text)):
        if reply.kind == "json":
            return Extracted(canonical_json(value), "json", (start, end))
        if isinstance(value, dict):
            fields = {str(key).lower().replace(" ", "_"): key for key in value}
            name = next((f for f in ("final_answer", "answer", "result") if f in fields), None)
            if name:
                answer = value[fields[name]]
                shown = answer if isinstance(answer, str) else canonical_json(answer)
                return Extracted(shown, "json", (start, end))
    return None


def code(reply: _Reply) -> Extracted | None:
    """The last fenced block: where the reply ends with it, or anywhere for kind code."""
    text, wanted = reply.text, reply.kind == "code"
    blocks = list(FENCE.finditer(text))
    if blocks and (wanted or not text[blocks[-1].end() :].strip()):
        return Extracted(blocks[-1][2].rstrip(), "code", blocks[-1].span(2))
    if wanted and "```" not in text and looks_like_code(text):
        return Extracted(text, "whole", (0, len(text)))
    return None


# --- marked by words, or by being last


def phrase(reply: _Reply) -> Extracted | None:
    """What follows the last "the answer is" or "Final answer:", in several languages."""
    for match in reversed([*_PHRASE.finditer(reply.text)][-6:]):
        said = sentence(_after(reply.text, match))
        if turned := _NOT_BUT.match(said):
            said = turned["rest"]
        if not brief(said):
            said = _inner_value(said) or ""
        elif reply.kind in (None, "number") and parse(said).kind == "text":
            said = _first_value(said) or said
        if said and not said.startswith("```") and not _REFUSAL.match(said):
            at = reply.text.find(said, match.end())
            return Extracted(said, "phrase", (at, at + len(said)) if at >= 0 else None)
    return None


def _announced(reply: str) -> str | None:
    """The whole line after the last "the answer is", None when there is none."""
    matches = [*_PHRASE.finditer(reply)]
    return _after(reply, matches[-1]) if matches else None


def _after(reply: str, match: re.Match[str]) -> str:
    rest = reply[match.end() :].lstrip(" *_:\t").lstrip()
    # "**Final answer**" on a line, the answer on the next, maybe in \[ \]
    display = _INLINE_MATHS.match(rest)
    line = rest.split("\n", 1)[0]
    return display[0] if display and not line[display.end() :].strip(" .*") else line


def _first_value(said: str) -> str | None:
    """The value that a statement starts with, when what follows only says of what it is."""
    found = scan.seen(said)
    if not found or found[0].start or re.search(r"\d", said[found[0].end :]) and len(found) < 2:
        return None
    return said[: found[0].end] if re.match(r"(?i)\s+[a-zäöü]+", said[found[0].end :]) else None


def _inner_value(said: str) -> str | None:
    """The one value inside a statement too long to be it: bold, a formula, or what it tells."""
    if bold_ := _BOLD.search(said):
        return bold_[1] or bold_[2]
    if formula := _INLINE_MATHS.search(said):
        return formula[0]
    found = scan.seen(said) if len(said) < 200 else []
    return said[found[0].start : found[0].end].strip() if found else None


def _letter(text: str, reply: _Reply) -> str | None:
    """The last choice letter that a text names and does not deny; among those offered, if any."""
    offered = asked.offered(reply.question)
    found = []
    for match in _LETTER.finditer(text):
        letter = match["a"] or match["b"] or match["c"] or match["d"]
        rest = text[match.end() :]
        loose = bool(match["d"])
        if loose and letter in "IA" and re.match(r"\s+[a-z']|['’]", rest) and not re.match(r"\s+(?:is|because|since|as|ist|est|es)\b", rest):
            continue  # the pronoun and the article
        if letter.upper() not in offered or (letter.islower() and loose):
            continue
        if _DENIED.search(text[: match.start()]) or _DENIED_AFTER.match(rest):
            continue
        found.append((bool(match["a"] or match["b"] or match["c"]), letter.upper()))
    named = [letter for strong, letter in found if strong]
    if named:
        return named[-1]
    lone = [letter for _, letter in found]
    if not lone and len(text) <= 3 and text.strip("(). ").upper() in offered and text.strip("(). "):
        return text.strip("(). ").upper()
    return lone[-1] if lone else None


def choice(reply: _Reply) -> Extracted | None:
    """A choice letter on the last line, or for kind choice on the first or anywhere."""
    line, at = reply.last
    span = (at, len(reply.text))
    sole = re.fullmatch(r"\**\(?([A-Ja-j])\)?[).]?\**\.?|\**\(?([A-J])\)?[).]\**\s+\S.{0,80}", line)
    initials = re.match(r"\**[A-Z]\.\s?[A-Z][a-z.]", line) and reply.kind != "choice"
    if sole and not initials and (sole[1] or sole[2]).upper() in asked.offered(reply.question):
        return Extracted((sole[1] or sole[2]).upper(), "choice", span)
    if reply.kind is None and not re.search(r"(?i)\b(?:option|choice|answer|correct)\b", line):
        return None
    if reply.kind is None:
        named = re.search(r"\([A-J]\)|(?i:option|choice)\s+\**\(?[A-J]\b", line)
        letter = _letter(line, reply) if named else None
        return Extracted(letter, "choice", span) if letter else None
    if reply.kind != "choice":
        return None
    first = reply.text.strip().split("\n", 1)[0]
    for where in (line, reply.text, first):
        if not _REFUSAL.match(where) and (letter := _letter(where, reply)):
            return Extracted(letter, "choice", span if where == line else None)
    return None


def bold(reply: _Reply) -> Extracted | None:
    """The last bold text of the last line, unless it is a heading."""
    line, at = reply.last
    found = [m for m in _BOLD.finditer(line) if not (m[1] or m[2]).rstrip().endswith(":")]
    found = [m for m in found if line[m.end() : m.end() + 1] != ":"]
    if not found or not brief(found[-1][1] or found[-1][2]):
        return None
    inner = sentence(found[-1][1] or found[-1][2])
    return Extracted(inner, "bold", (at + found[-1].start(), at + found[-1].end()))


def maths(reply: _Reply) -> Extracted | None:
    """The last formula, when no number follows it in the reply's last lines."""
    text = reply.text
    formulas = list(_INLINE_MATHS.finditer(text))
    if not formulas or "\n\n" in text[formulas[-1].end() :].strip():
        return None
    last = formulas[-1]
    # "$5 and a tip of $3": what lies between two prices is no formula
    inner = next(g for g in last.groups() if g)
    if re.search(r"\d", text[last.end() :]) or re.search(r"[a-z]{3,} [a-z]{2,}", inner):
        return None
    return Extracted(inner.strip(), "maths", last.span()) if brief(inner) else None


def number(reply: _Reply) -> Extracted | None:
    """The value that the last line tells; for kind number, the last line that tells one."""
    text, (line, at) = reply.text, reply.last
    wanted = asked.wanted(reply.question)
    lines = [(line, at)]
    if reply.kind == "number":
        starts = [0, *(m.end() for m in re.finditer("\n", text))]
        lines = [(text[s:].split("\n", 1)[0], s) for s in reversed(starts[-12:])]
    for said, offset in lines:
        if said.rstrip().endswith("?") or _REFUSAL.match(said):
            continue
        blank = _ITEM_MARK.sub(lambda m: " " * len(m[0]), said)
        # the last sentence that has a value
        pieces = [m.span() for m in re.finditer(r"\S.*?(?:[.!](?=\s+[A-Z])|$)", blank)]
        for start, end in reversed(pieces):
            if one := scan.told(blank[start:end], wanted):
                span = (offset + start + one.start, offset + start + one.end)
                return Extracted(text[slice(*span)].strip(), "number", span)
    return None


def line(reply: _Reply) -> Extracted | None:
    """The last line, when it is short enough to be an answer and is no closing courtesy."""
    last, at = reply.last
    said = sentence(_LABELLED.sub("", last))
    if reply.kind in (None, "word") and (verdict := _VERDICT.match(reply.text)):
        return Extracted(verdict[1], "line", verdict.span(1))
    if not brief(last) or not said or _PLEASANTRY.search(last) or last.endswith(("?", ":")):
        return None
    if _REFUSAL.match(last):
        return None
    if "\n" in reply.text.strip() and _ITEM_MARK.match(last) and reply.kind != "list":
        return None
    return Extracted(said, "line", (at, at + len(last)))


_STATED: tuple[_RuleFunction, ...] = (tag, boxed, phrase, hashes)
_ORDER: tuple[_RuleFunction, ...] = (*_STATED, json_field, code, choice, bold, maths, number, line)
_ORDERS: dict[Kind | None, tuple[_RuleFunction, ...]] = {
    "json": (json_field, *_STATED),
    "code": (code,),
    "choice": (*_STATED, json_field, choice, bold),
    "word": (*_STATED, json_field, bold, line),
    "date": (*_STATED, json_field, bold, number, line),
    "text": (*_STATED, json_field, line),
}
