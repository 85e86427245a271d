"""Replies that begin with their answer and then explain it: what stands ahead of the explanation.

Without it the last number of the explanation would be read as the answer.
"""

from __future__ import annotations

import re

from ttc_cli.answers import asked, restated
from ttc_cli.answers.parse import parse
from ttc_cli.answers.phrases import value_at_end
from ttc_cli.answers.reply import Reply, brief, sentence
from ttc_cli.answers.scan import told

_NOTE = re.compile(
    r"(?im)^[ \t]*[*_#>-]{0,4}[ \t]*(?:explanation|verification|check|reason(?:ing)?|note|proof|"
    r"justification|working|breakdown|steps|calculations?|details|here['’]s (?:how|why)|"
    r"erklärung|begründung|rechnung|explication|explicación)\b[^:\n]{0,20}:|"
    r"^[ \t]*(?:-{3,}|\*{3,})[ \t]*$|^\|.*\|[ \t]*$"
)
_CONCLUDES = re.compile(
    r"(?i)\b(?:so|therefore|thus|hence|mistake|answer|final(?:ly)?|total|altogether|in all|results?"
    r"|conclusion|also|insgesamt|donc|entonces|quindi)\b"
)
_HEADING = re.compile(
    r"(?i)\b(?:steps?|solution|\w+ing|analysis|\w+tion|answer|question|summary)\b"
)
_OTHERS = re.compile(r"(?m)^[ \t]*(?:\*\*[^*\n]+\*\*:?[ \t]*$|#|\**\(?[A-Z][).]\s+(?!and\b|or\b))")
_YEARS = re.compile(r"(?:\D|(?<!\d)(?:1\d|20)\d\d(?!\d))*")  # and no other numbers
_WORDS = 4  # of a name


def ahead(reply: Reply) -> str:
    """The first line of a reply, if it is an answer and the rest explains it; or empty."""
    text = reply.text.strip()
    note = _NOTE.search(text)
    if note and text[: note.start()].strip():
        head, rest = text[: note.start()].strip(), text[note.end() :]
    else:
        note, (head, _, rest) = None, text.partition("\n\n")
    if "\n" in head or head.endswith((":", "?")) or not rest.strip():
        return ""
    value, last = parse(head), rest.rstrip().rsplit("\n", 1)[-1]
    if brief(head) and value.kind not in ("text", "code"):
        if note:
            return head
        own = value.kind != "choice" or (reply.kind == "choice" and not _OTHERS.search(rest))
        own = own and "=" not in head + last and parse(last).kind in ("text", "list")
        return head if own and not _CONCLUDES.search(last) else ""
    if _CONCLUDES.search(last) or _OTHERS.search(rest):
        return ""
    if note and "=" not in last and len(head) < 200 and value_at_end(sentence(head)):
        return head
    wanted = asked.wanted(reply.question)
    if wanted and len(head) < 200 and _YEARS.fullmatch(last) and told(head, wanted, only=True):
        return head
    return head if _names(head, rest, reply.question) else ""


def _names(head: str, rest: str, question: str) -> bool:
    """Whether a line names what was asked for: by restating it, in bold, or again in the rest."""
    form = asked.read(question)
    if form is None or form.shape in ("count", "verdict") or asked.wanted(question):
        return False
    if restated.short(head, question):
        return True
    name, bold = head.strip("*_ ."), re.fullmatch(r"\*\*[^*]+\*\*\.?", head)
    new = {word.text for word in asked.words(name)} - set(form.said)
    if not new or len(name.split()) > _WORDS or _HEADING.search(name) or not brief(name):
        return False
    return bool(bold or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", rest))
