"""Files that a question is computed over: which of the attached ones, and what the model sees."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.data.profile import Profile, form_of, profile
from ttc_cli.data.program import columns_used
from ttc_cli.prompts.documents import Document
from ttc_cli.routing.computable import text_wanted

READ_CHARS = 3000
"""Characters of a file that is read as it is, unless something is counted or summed in it."""
_COMPUTED = re.compile(
    r"\bhow (?:many|much|often|long)\b|\b(?:average|mean|median|total|sum|count|number of|distinct|"
    r"unique|percent\w*|share|ratio|rate|correlat\w*|most|least|fewest|highest|lowest|largest|"
    r"smallest|biggest|longest|shortest|maximum|minimum|max|min|top|busiest|cheapest|earliest|"
    r"latest|oldest|youngest|per|group\w*|sort\w*|rank\w*|more than|less than|at least|between)\b"
    r"|\b(?:wie viele?|durchschnitt\w*|summe|h[öo]chste\w*|combien|moyenne|cu[áa]nt\w*|promedio)\b",
    re.IGNORECASE,
)


def computed_over(
    prompt: str, documents: Sequence[Document], *, programs: bool = True
) -> tuple[tuple[Document, ...], tuple[Profile, ...]]:
    """The documents as the model sees them, and the files that its programs read.

    A file of data is computed over where the question counts, sums or compares, or where it is
    too long to read; the model then sees what it looks like, in place of its text.

    Args:
        programs: whether programs may run.

    Raises:
        UnreadableFile: a file that was not read is asked for a text about, or holds no rows.
        UsageError: two files have the same name.
    """
    data = [one for one in documents if one.source is not None]
    long = any(not one.text or len(one.text) > READ_CHARS for one in data)
    computed = programs and not text_wanted(prompt) and (long or _COMPUTED.search(prompt))
    if not data or not computed:
        for one in data:
            if not one.text:
                raise UnreadableFile(
                    f"cannot use {one.name}: it is too large or packed to be read as a text",
                    "cut out what matters, or ask for what is computed from its rows by programs",
                )
        return tuple(documents), ()
    files = [_profile(one) for one in data]
    names = [one.name for one in files]
    if len(set(names)) < len(names):
        raise UsageError(
            f"two files are called {names[0]}", "programs read them by name: rename one"
        )
    seen = dict(zip(map(id, data), files, strict=True))
    shown = [
        Document(one.name, seen[id(one)].told()) if id(one) in seen else one for one in documents
    ]
    return tuple(shown), tuple(files)


def _profile(document: Document) -> Profile:
    path = document.source
    assert path is not None
    form = form_of(path.name)
    assert form is not None, "only files of data have a source"
    return profile(path, form)


def told(files: Sequence[Profile], code: str = "") -> str:
    """What an answer is computed from, for people: files, rows, and columns that a program names.

    Args:
        code: of the program.
    """
    parts = [f"{one.name} ({one.rows:,} rows)" for one in files]
    used = columns_used(files, code) if code else []
    return ", ".join(parts) + (f": {', '.join(used)}" if used else "")
