"""Programs as evidence for a question: whether they run, who runs them, which files they read."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ttc_cli.answers.plausible import implausible
from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.programs import Ran, Runner
from ttc_cli.data.profile import Profile, form_of, profile
from ttc_cli.data.program import above, columns_used, lacking
from ttc_cli.jail import Limits, available, run_program
from ttc_cli.programs.computation import computation
from ttc_cli.programs.imports import completed
from ttc_cli.programs.opening import today
from ttc_cli.programs.values import answer
from ttc_cli.prompts.message import Document
from ttc_cli.routing.surface import fact_wanted, text_wanted
from ttc_cli.voting.evidence import measured

if TYPE_CHECKING:
    from ttc_cli.core.verify import Verifier
    from ttc_cli.session.request import Request

READ_CHARS = 3000
"""Characters of a file that is read as it is, unless something is counted or summed in it."""
_COMPUTED = re.compile(
    r"\bhow (?:many|much|often|long)\b|\b(?:average|mean|median|total|sum|count|number of|distinct|"
    r"unique|percent\w*|share|ratio|rate|correlat\w*|most|least|maximum|minimum|max|min|top|per|"
    r"(?:few|high|low|larg|small|bigg|great|long|short|tall|heavi|busi|fast|slow|warm|hott|cold|"
    r"rich|cheap|earli|lat|old|young|new|clos|near)est|group\w*|sort\w*|rank\w*|between|"
    r"(?<!rather )than|(?:above|below|over|under) \W?\d[\d.,]*)\b"
    r"|\b(?:wie viele?|durchschnitt\w*|summe|h[öo]chste\w*|(?:meist|wenigst|größt|kleinst|ältest|"
    r"jüngst|niedrigst)e[nrs]?|combien|moyenne|cu[áa]nt\w*|promedio)\b",
    re.IGNORECASE,
)


def computed_over(
    prompt: str, documents: Sequence[Document], *, programs: bool = True
) -> tuple[tuple[Document, ...], tuple[Profile, ...]]:
    """The documents as the model sees them, and the files that its programs read.

    A file of data is computed over where the question counts, sums or compares, or where it is
    too long to read; the model then sees what it looks like, in place of its text. A short one
    that has no rows, such as settings in JSON with remarks, is read all the same.

    Args:
        programs: whether programs may run.
    """
    data = [one for one in documents if one.source is not None]
    long = any(len(one.text) > READ_CHARS for one in data)
    unread = any(not one.text for one in data)
    looked_up = unread or (long and not fact_wanted(prompt))
    computed = programs and not text_wanted(prompt) and (looked_up or _COMPUTED.search(prompt))
    if not data or not computed:
        for one in data:
            if not one.text:
                raise UnreadableFile(
                    f"cannot use {one.name}: it is too large or packed to be read as a text",
                    "cut out what matters, or ask for what is computed from its rows by programs",
                )
        return tuple(documents), ()
    found = {id(one): file for one in data if (file := _profile(one)) is not None}
    files = tuple(found.values())
    if len({one.name for one in files}) < len(files):
        hint = "programs read them by name: rename one"
        raise UsageError(f"two files are called {files[0].name}", hint)
    shown = (Document(d.name, found[id(d)].told()) if id(d) in found else d for d in documents)
    return tuple(shown), files


def _profile(document: Document) -> Profile | None:
    """What a file looks like; None where it is read: it is short, and no list of rows."""
    path, short = document.source, 0 < len(document.text) <= READ_CHARS
    assert path is not None
    form = form_of(path.name)
    assert form is not None, "only files of data have a source"
    try:
        found = profile(path, form)
    except UnreadableFile:
        if short:
            return None
        raise
    return None if short and found.form == "json" and found.rows == 1 else found


def told(files: Sequence[Profile], code: str = "") -> str:
    """What an answer is computed from, for people: files, rows, columns that a program names."""
    parts = [f"{one.name} ({one.rows:,} rows)" for one in files]
    used = columns_used(files, code) if code else []
    return ", ".join(parts) + (f": {', '.join(used)}" if used else "")


DATA_SECONDS = 30.0  # of processor time, for a program that reads files: 200 MB of CSV take 8
NO_VALUE = "it returned nothing"
ASKS_CLOCK = "it goes by today's date, which the question does not"
_CLOCK = re.compile(r"\b(?:now|utcnow|today)\(|\btime\.time\(")
_NOW = re.compile(
    r"\b(?:today|now|current\w*|this (?:year|month|week)|ago|tomorrow|yesterday|heute|jetzt|"
    r"aujourd['’]hui|maintenant|hoy|ahora)\b",
    re.IGNORECASE,
)
_NO_NUMBER = re.compile(
    r"NoneType|TypeError: .*'str'.*'(?:int|float)'|TypeError: .*'(?:int|float)'.*'str'"
)
"""In the error of a program that reckons with what is no value."""


@dataclass(frozen=True, slots=True)
class Use:
    """What programs are to a question.

    Args:
        documents: as the model sees them. files: that programs read.
        asked: somebody asked for programs. trusted: what they give counts as evidence.
        note: what a person should know who may have expected them.
    """

    documents: tuple[Document, ...]
    files: tuple[Profile, ...]
    asked: bool
    trusted: bool
    note: str = ""


def use(request: Request, model: str, *, unsafe: bool) -> Use:
    """Whether programs are run for a question to a model of that name, and over which files.

    `unsafe` runs them with limits alone where they cannot be locked in.
    """
    documents, files = request.documents, tuple[Profile, ...]()
    if documents:
        runs = unsafe or available() is None
        run = request.programs != "off" and not request.schema and runs
        documents, files = computed_over(request.prompt, documents, programs=run)
    asked = request.strategy == "program" or request.programs == "only"
    if not (asked or files) and (request.programs == "off" or not measured(model)):
        return Use(documents, files, asked, trusted=False)
    why = available()
    if not why or unsafe:
        return Use(documents, files, asked, trusted=True)
    line = f"programs cannot be locked in here: {why}"
    if asked:
        raise UsageError(line, "--unsafe-exec runs them with your own rights")
    note = f"{line}; going on without them (--programs off)"
    return Use(documents, files, asked, trusted=False, note=note)


def examples_check(request: Request, *, unsafe: bool) -> tuple[Verifier | None, str]:
    """What drafts of code are checked by: the examples that the question gives, run locked in.

    Returns:
        The check, None where the question gives no examples or none may run; and why none may.
    """
    from ttc_cli.verifiers import unit_tests  # most questions ask for no code

    if request.programs == "off" or not unit_tests.examples(request.prompt):
        return None, ""
    why = available()
    if why and not unsafe:
        return None, f"code cannot be locked in here: {why}; the question's examples are not run"
    return unit_tests.build(unit_tests.DOCTEST, unit_tests.Options(), unsafe=unsafe), ""


def runner(question: str, *, unsafe: bool, data: Sequence[Profile] = ()) -> Runner:
    """Runs programs for a question, locked in; it says how a value is to be rounded."""
    limits = Limits(seconds=DATA_SECONDS) if data else Limits()
    # whether it goes by today's date, and does not say itself which day that is
    asks_now = _NOW.search(question) is not None and today(question) is None

    def once(code: str, cancel: threading.Event, whole: Sequence[str] = ()) -> Ran:
        source = above(data, code, whole) + completed(code) if data else completed(code)
        paths = [one.path for one in data]
        ran = run_program(source, data=paths, limits=limits, unsafe=unsafe, cancel=cancel)
        value = ran.printed if ran.value is None else ran.value
        said = "" if ran.error else answer(value, question)
        if said and implausible(said, question):
            return Ran("", f"it returned {said}, and an amount is not negative", ran.seconds)
        done = computation("" if data else code, question)
        error = ran.error or ("" if said else NO_VALUE)
        return Ran(said, error, ran.seconds, left_out=done.left_out, sums=done.sums)

    def run(code: str, cancel: threading.Event) -> Ran:
        if _CLOCK.search(code) and "combine(" not in code and not asks_now:
            return Ran(error=ASKS_CLOCK)
        ran = once(code, cancel)
        names = lacking(data, code) if _NO_NUMBER.search(ran.error) else []
        if not names:
            return ran
        whole = once(code, cancel, names)  # it did not think of missing values
        note = f"rows without {' or '.join(names)} left out"
        return replace(whole, seconds=ran.seconds + whole.seconds, note=note)

    return run
