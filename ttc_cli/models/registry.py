"""From what the user typed to a model: a file on this machine, or a server.

Looked up in this order: the user's own names, the catalogue, URLs, paths, files of other
programs. The user's names and default live in `registry.json` in the folder of models.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import ModelCorrupt, ModelMissing, TtcError, UnreadableFile, UsageError
from ttc_cli.core.text import nearest
from ttc_cli.models.catalogue import DEFAULT, Entry, HubSource, catalogue, scan
from ttc_cli.models.disk import known_sha256, quick_fingerprint, read_json, size_text, update_json
from ttc_cli.settings.tables import NamedRemote, check_url

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_HF = re.compile(r"(?P<repo>[^/@]+/[^/@]+)(@(?P<revision>[^/]+))?/(?P<file>.+\.gguf)")
_HF_WEB = re.compile(
    r"/(?P<repo>[^/]+/[^/]+)/(resolve|blob)/(?P<revision>[^/]+)/(?P<file>.+\.gguf)"
)


@dataclass(frozen=True)
class ModelFile:
    """A model on this machine; `path` is the first part of a split one.

    Attributes:
        sha256: of the whole file, when it is known without hashing it now; else None.
        bytes: of all parts.
        cell_bytes: of one token's keys and values as f16, where it is known already.
    """

    name: str
    path: Path
    sha256: str | None
    bytes: int
    cell_bytes: int = field(default=0, compare=False)

    @property
    def kv_bytes_per_token(self) -> int:
        """Bytes of one token's keys and values as f16.

        Raises ModelCorrupt: the header cannot be read.
        """
        from ttc_cli.models.gguf import read_gguf  # a warm server told it

        return self.cell_bytes or read_gguf(self.path).kv_bytes_per_token


Model = ModelFile | NamedRemote


def models_dir(home: Path) -> Path:
    """The folder of models; it may not exist yet."""
    return home / "models"


def _state_path(home: Path) -> Path:
    return models_dir(home) / "registry.json"


def names(home: Path) -> dict[str, str]:
    """The user's own names, each with what it stands for: another name, a path or a URL."""
    value = read_json(_state_path(home)).get("names", {})
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def default_ref(home: Path) -> str:
    """The model used when none is named."""
    return str(read_json(_state_path(home)).get("default") or DEFAULT)


def _lasting(ref: str, home: Path) -> str:
    """`ref` as it can be stored: known, and a path absolute."""
    target = locate(ref, home)
    return str(target.absolute()) if isinstance(target, Path) and ref not in names(home) else ref


def set_default(ref: str, home: Path) -> None:
    """Use `ref` when no model is named. Raises `ModelMissing` when nothing is known as it."""
    stored = _lasting(ref, home)
    update_json(_state_path(home), lambda state: state.update(default=stored))


def set_name(name: str, ref: str, home: Path) -> None:
    """Let `name` stand for a known name, a GGUF file or a URL.

    Raises:
        UsageError: the name is odd, or taken by the catalogue, or would stand for itself.
        ModelMissing: nothing is known as `ref`.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a model's name", "use letters, digits, . _ - :")
    if name in catalogue():
        raise UsageError(f"{name} is a name of the catalogue", "choose another name")
    ref = names(home).get(ref, ref)  # one step is enough: what is stored is never a name of ours
    if ref == name:
        raise UsageError(f"{name} would stand for itself", "name another model")
    stored = _lasting(ref, home)
    update_json(
        _state_path(home), lambda state: state.setdefault("names", {}).update({name: stored})
    )


def forget_name(name: str, home: Path) -> None:
    """Drop one of the user's own names, and the default if it was that name."""

    def change(state: dict[str, Any]) -> None:
        state.get("names", {}).pop(name, None)
        if state.get("default") == name:
            del state["default"]

    update_json(_state_path(home), change)


def _hub_entry(ref: str, match: re.Match[str]) -> Entry:
    """A one-off catalogue entry for a file on the hub; the hub's recorded hash is what counts."""
    from urllib.parse import unquote

    repo, file = match["repo"], unquote(match["file"])
    source = HubSource(repo, file, match["revision"] or "main")
    local = f"{repo}/{file}".replace("/", "--")
    if source.revision != "main":
        local = f"{source.revision}--{local}"
    return Entry(ref, local, 0, None, "see the hub", "", 0, 0, "", (source,))


def _from_url(ref: str) -> Entry | Path | NamedRemote:
    from urllib.parse import unquote, urlsplit  # most starts see no URL

    if re.match(r"https?://(?!huggingface\.co/)", ref):  # a link of the hub may have a query
        check_url(ref)
    url = urlsplit(ref)
    if url.scheme == "file":
        return Path(unquote(url.path))
    if url.scheme == "hf":
        if match := _HF.fullmatch(ref.removeprefix("hf://")):
            return _hub_entry(ref, match)
        raise UsageError(f"{ref} names no file", "write hf://OWNER/REPO/FILE.gguf")
    if url.scheme not in ("http", "https"):
        raise UsageError(f"cannot use a {url.scheme}:// URL", "use http, https, hf or file")
    if url.hostname == "huggingface.co":
        if match := _HF_WEB.fullmatch(url.path):
            return _hub_entry(ref, match)
        raise UsageError(f"{ref} names no file", "give the link of one GGUF file")
    return NamedRemote(url._replace(fragment="").geturl().rstrip("/"), unquote(url.fragment))


def locate(ref: str, home: Path) -> Entry | Path | NamedRemote:
    """Find what `ref` means: something that can be fetched, a file that is here, or a server.

    Raises:
        ModelMissing: nothing is known under it; the hint names the nearest.
        UsageError: a URL of a kind that is not supported.
    """
    own = names(home)
    ref = own.get(ref, ref)
    if ref in catalogue():
        return catalogue()[ref]
    target = _from_url(ref) if "://" in ref else Path(ref)
    if not isinstance(target, Path):
        return target
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # too long, odd, no such ~user
        target = target.expanduser()
        if target.exists():
            return target
    found = scan()
    for item in found:
        if item.name == ref:
            return item.path
    if ref.endswith(".gguf") or "://" in ref or target.is_absolute():
        raise ModelMissing(f"there is no file {target}", "see `ttc models list`")
    close = nearest(ref, [*own, *catalogue(), *(item.name for item in found)], 0.5)
    raise ModelMissing(
        f"no model is called {ref}",
        f"did you mean {close}? " * bool(close) + "see `ttc models list`",
    )


def model_file(path: Path, name: str, home: Path) -> ModelFile:
    """The file at `path` as a model; only its first bytes are read.

    Raises:
        ModelMissing: a folder, or parts are missing. ModelCorrupt: not a GGUF.
        UnreadableFile: cannot be opened.
    """
    if not path.is_file():
        raise ModelMissing(f"{path} is not a file", "give the path of a GGUF file")
    from ttc_cli.models.gguf import split_parts  # not for a model of the catalogue

    parts = split_parts(path)
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        size = sum(part.stat().st_size for part in parts)
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error
    if magic != b"GGUF":
        raise ModelCorrupt(f"{path} is not a GGUF file (it starts with {magic!r})")
    sha256 = known_sha256(path, models_dir(home)) if len(parts) == 1 else None
    return ModelFile(name, path, sha256, size)


def installed(entry: Entry, home: Path) -> ModelFile | None:
    """The entry's file when it is here and whole; a file of another size does not count."""
    path = models_dir(home) / entry.file
    with contextlib.suppress(OSError):
        size = path.stat().st_size
        if entry.sha256 is None or size == entry.bytes:
            return ModelFile(entry.name, path, known_sha256(path, models_dir(home)), size)
    return None


def missing(entry: Entry) -> ModelMissing:
    """The error for a model that could be fetched: how large it is and what to run."""
    size = f" ({size_text(entry.bytes)} to fetch)" if entry.bytes else ""
    return ModelMissing(
        f"{entry.name} is not on this machine{size}", f"run `ttc models pull {entry.name}`"
    )


def resolve(ref: str, home: Path) -> Model:
    """Find the model that `ref` means, without any network.

    Args:
        ref: a name, a path, or a URL; "" for the default.
        home: ttc's home folder.

    Raises:
        ModelMissing: unknown, or not here; the hint is what to run.
        ModelCorrupt, UnreadableFile, UsageError: see `model_file`, `locate`.
    """
    ref = ref or default_ref(home)
    target = locate(ref, home)
    return target if isinstance(target, NamedRemote) else at(target, ref, home)


def at(target: Entry | Path, ref: str, home: Path) -> ModelFile:
    """The file of what `locate` found as `ref`, where it is here; errors as those of `resolve`."""
    if isinstance(target, Path):
        return model_file(target, ref if ref in names(home) else target.stem, home)
    if (have := installed(target, home)) is None:
        raise missing(target)
    return have


def identity(model: ModelFile) -> str:
    """What to key caches on: the full sha256 when known, else a `quick:` fingerprint.

    Raises TtcError: the file went away.
    """
    if model.sha256:
        return model.sha256
    try:
        from ttc_cli.models.gguf import split_parts

        return quick_fingerprint(split_parts(model.path))
    except OSError as error:
        raise TtcError(f"cannot read {model.path}: {error.strerror}") from error


def aliases(name: str, own: Mapping[str, str]) -> list[str]:
    """The user's names that stand for `name`."""
    return sorted(alias for alias, ref in own.items() if ref == name)
