"""Rules for answers marked by structure: a box, `####`, a JSON field, a fenced block."""

from __future__ import annotations

import json
import re

from ttc_cli.answers.finds import PLACEHOLDER, Extracted, Kind, brief, sentence
from ttc_cli.answers.normalise import canonical_json
from ttc_cli.answers.source import FENCE, looks_like_code

_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_EMPTY_BOX = re.compile(
    r"((?:\\[\[(]|\$\$?)\s*)?"  # alone between the marks of a formula, or in the midst of text
    r"\\(?:boxed|fbox)\s*\{(?:[\s.…_?$]|\\[,;:! ]|(?:\\(?:text|mathrm)\s*)?\{\s*\})*\}"
    r"(?(1)\s*(?:\\[\])]|\$\$?))"
)
_HASHES = re.compile(r"####\s*(\S[^\n]*)")


def _closing(text: str, start: int) -> int:
    """Index just after the brace that closes the one before `start`, -1 when none does."""
    depth = 1
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return -1


def without_open_box(reply: str) -> tuple[str, bool]:
    """The reply without a last box that never closes; True when it was cut off inside it."""
    boxes = list(_BOX.finditer(reply))
    if not boxes or _closing(reply, boxes[-1].end()) > 0:
        return reply, False
    # text on later lines means that the model forgot a brace and went on
    if "\n" in reply[boxes[-1].end() :].strip():
        blank = " " * len(boxes[-1][0])  # of the same length, so that spans stay true
        return f"{reply[: boxes[-1].start()]}{blank}{reply[boxes[-1].end() :]}", False
    return reply[: boxes[-1].start()], True


def without_empty_boxes(reply: str) -> tuple[str, bool]:
    """The reply without boxes that hold nothing, spans kept; True when its last box was one."""
    ends = [box.end() for box in _EMPTY_BOX.finditer(reply)]
    blank = _EMPTY_BOX.sub(lambda box: " " * len(box[0]), reply)
    return blank, bool(ends) and _BOX.search(reply, ends[-1]) is None


def boxed(reply: str, kind: Kind | None) -> Extracted | None:
    r"""The content of the last closed `\\boxed{}`, braces balanced."""
    for box in reversed(list(_BOX.finditer(reply))[-8:]):
        end = _closing(reply, box.end())
        if end > 0:
            inner = reply[box.end() : end - 1].strip()
            if not PLACEHOLDER.fullmatch(inner):
                return Extracted(inner, "boxed", (box.end(), end - 1))
    if match := re.search(r"\\boxed\s+(\w+)", reply):
        return Extracted(match[1], "boxed", match.span(1))
    return None


def hashes(reply: str, kind: Kind | None) -> Extracted | None:
    """GSM8K's `#### 42`; a markdown heading of that depth is not one."""
    found = [
        m for m in _HASHES.finditer(reply) if brief(m[1]) and not m[1].rstrip("* ").endswith(":")
    ]
    # "#### Step 3" is a heading unless it is the last line
    found = [m for m in found if re.search(r"\d", m[1]) or not reply[m.end() :].strip()]
    found = [m for m in found if not re.match(r"(?i)\**(?:step|part|case|\d+\.\s)", m[1])]
    return Extracted(sentence(found[-1][1]), "hashes", found[-1].span(1)) if found else None


def loads(text: str) -> object:
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


def json_field(reply: str, kind: Kind | None) -> Extracted | None:
    """The answer field of the last JSON object; for kind json, the whole object."""
    if kind == "json" and (whole := loads(reply.strip())) is not None:
        return Extracted(canonical_json(whole), "json")
    for value, start, end in reversed(_objects(reply)):
        if kind == "json":
            return Extracted(canonical_json(value), "json", (start, end))
        if isinstance(value, dict):
            fields = {str(key).lower().replace(" ", "_"): key for key in value}
            name = next((f for f in ("final_answer", "answer", "result") if f in fields), None)
            if name:
                answer = value[fields[name]]
                shown = answer if isinstance(answer, str) else canonical_json(answer)
                return Extracted(shown, "json", (start, end))
    return None


def code(reply: str, kind: Kind | None) -> Extracted | None:
    """The last fenced block: where the reply ends with it, or anywhere for kind code."""
    blocks = list(FENCE.finditer(reply))
    if blocks and (kind == "code" or not reply[blocks[-1].end() :].strip()):
        return Extracted(blocks[-1][2].rstrip(), "code", blocks[-1].span(2))
    if kind == "code" and "```" not in reply and looks_like_code(reply):
        return Extracted(reply, "whole", (0, len(reply)))
    return None
