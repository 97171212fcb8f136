"""To and from the hub: data sets, adapters and exported models. Private unless told otherwise."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from remem import disk, jsonfile
from remem.errors import UserError
from remem.outgoing import quoted
from remem.run.context import open_run
from remem.sharing.card import arm_of, model_card

ADAPTER, CARD = "adapter_config.json", "README.md"
# Not of use to others, or of this machine alone.
LEFT_OUT = ("*.part", "*.part/*", "*.tmp", "resume.pt", ".locks/*", ".features/*", "key")


@dataclass(frozen=True)
class _Adapter:
    base_model_name_or_path: str | None = None


def kind_of(folder: Path) -> str:
    """ "dataset" or "model"; UserError for a folder that is neither, or is not whole."""
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}: give a data set, an adapter or an exported model")
    if folder.name.endswith(".part"):
        raise UserError(f"{folder} is not finished: run the same command again first")
    if any((folder / name).is_file() for name in ("config.json", ADAPTER)):
        return "model"
    if (folder / CARD).is_file() and any((folder / "data").glob("*.parquet")):
        return "dataset"
    raise UserError(
        f"{folder} is no data set (data/*.parquet and README.md), no adapter and no model: export an arm "
        "of a run with remem export first"
    )


def contents(folder: Path) -> list[tuple[Path, int]]:
    """The files that go up, and their bytes. UserError for what is no file of this folder: whoever made it
    could else have any file of this machine sent along."""
    from huggingface_hub.utils._paths import filter_repo_objects

    names = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*"))}
    kept = [names[name] for name in filter_repo_objects(names, ignore_patterns=_left_out(folder))]
    inside = Path(os.path.realpath(folder))
    for path in kept:
        if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(inside):
            raise UserError(
                f"{quoted(str(path))} is a link that leads out of the folder: what lies there is not sent. "
                "Delete it, or put the file itself in its place."
            )
        if not (path.is_file() or path.is_dir()) or not path.name.isprintable():
            raise UserError(
                f"{quoted(str(path))} is no file that can go up, or its name is none: delete it, or give it "
                "another name."
            )
    return [(path, path.stat().st_size) for path in kept if path.is_file()]


def _left_out(folder: Path) -> list[str]:
    """What of a folder does not go up. A model in its run has a card that is written anew: see `card_of`."""
    return [*LEFT_OUT, *([CARD] if arm_of(folder) else [])]


class Ready(NamedTuple):
    """What would go up."""

    kind: str  # "dataset" or "model"
    files: list[tuple[Path, int]]  # and their bytes
    card: str  # that is written from the run; "" where the folder has its own, or none


def ready(folder: Path, repo: str) -> Ready:
    """What a push would send: whatever can be refused without the hub is refused here."""
    kind = kind_of(folder)
    _named(repo)
    _base(folder)
    return Ready(kind, contents(folder), card_of(folder))


def push(folder: Path, repo: str, *, public: bool = False, overwrite: bool = False, message: str = "") -> str:
    """Uploads a folder; its address. Files that are there with the same content are not sent again.

    UserError without a token or network, for a name that cannot be, and for a repository that holds something
    else already, unless `overwrite`.
    """
    from huggingface_hub import HfApi

    kind, files, card = ready(folder, repo)
    api = HfApi()
    with _told(repo):
        api.create_repo(repo, repo_type=kind, private=not public, exist_ok=True)
        if not public and api.repo_info(repo, repo_type=kind).private is False:
            raise UserError(f"{repo} is public already: give --public, or choose another name")
        there = set(api.list_repo_files(repo, repo_type=kind)) - {".gitattributes", CARD}
        ours = {str(path.relative_to(folder)) for path, _ in files}
        if there - ours and not overwrite:
            others = ", ".join(sorted(there - ours)[:3])
            raise UserError(
                f"{repo} holds other files already ({others}): choose another name, or give --overwrite, "
                "which adds and replaces and deletes nothing"
            )
        with tempfile.TemporaryDirectory() as scratch:
            if card:  # first: there is never a model without one
                api.upload_file(
                    path_or_fileobj=card.encode(), path_in_repo=CARD, repo_id=repo, repo_type=kind,
                    commit_message=f"remem push {folder.name}: card",
                )  # fmt: skip
            api.upload_folder(
                repo_id=repo,
                folder_path=str(_impersonal(folder, Path(scratch))),
                repo_type=kind,
                ignore_patterns=_left_out(folder),
                commit_message=message or f"remem push {folder.name}",
            )
    base = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    return f"{base}/{'datasets/' if kind == 'dataset' else ''}{repo}"


def card_of(folder: Path) -> str:
    """The card of a model that lies in its run, as the run tells it now; "" for any other folder."""
    whose = arm_of(folder)
    if whose is None:
        return ""
    root, arm = whose
    context, record = open_run(root)
    return model_card(root, context.run, arm, record["version"], (folder / ADAPTER).is_file())


def _impersonal(folder: Path, scratch: Path) -> Path:
    """An adapter without the path of its base on this machine, which peft writes down; others as they are."""
    base = _base(folder)
    if not base or not Path(base).exists():  # a hub id says what to load
        return folder
    copy = Path(shutil.copytree(folder, scratch / folder.name))
    for file in (copy / ADAPTER, copy / CARD):
        if file.is_file():
            file.write_text(file.read_text("utf-8").replace(base, Path(base).name), "utf-8")
    return copy


def _base(folder: Path) -> str:
    """What an adapter says that it lies on; "" for any other folder."""
    config = folder / ADAPTER
    if not config.is_file():
        return ""
    return jsonfile.read(config, _Adapter, "Save the adapter again.").base_model_name_or_path or ""


def pull(repo: str, folder: Path, kind: str = "model") -> None:
    """Downloads a repository; a broken-off download goes on. UserError where it cannot be had."""
    from huggingface_hub import snapshot_download

    _named(repo)
    if kind not in ("model", "dataset"):
        raise UserError(f"a repository is a model or a dataset, not {kind}")
    if not (folder.name and folder.is_dir() and not any(folder.iterdir())):  # what is empty may be filled
        disk.folder(folder, new=True)
    part = folder.with_name(f"{folder.name}.part")
    with disk.writing(folder.parent, kept="what has arrived is not sent again"):
        with _told(repo):
            snapshot_download(repo, repo_type=kind, local_dir=part)
        shutil.rmtree(part / ".cache", ignore_errors=True)  # what the client keeps to go on where it was
        part.rename(folder)


def _named(repo: str) -> None:
    """UserError for what is no OWNER/NAME, by the hub's own rules."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    why = ""
    try:
        validate_repo_id(repo)
    except HFValidationError as problem:
        why = f" ({quoted(str(problem).partition(': ')[0])})"
    if why or repo.count("/") != 1 or not all(repo.split("/")) or "\n" in repo:
        raise UserError(f"{quoted(repo)} is no name of a repository{why}: write it as OWNER/NAME")


class _told:
    """Turns what the hub's client raises into one message."""

    def __init__(self, repo: str):
        self.repo = repo

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

        if problem is None or isinstance(problem, UserError | KeyboardInterrupt):
            return
        if disk.number_of(problem) in disk.FULL:  # its own words are of the network
            return
        status = getattr(getattr(problem, "response", None), "status_code", None)
        if isinstance(problem, LocalTokenNotFoundError) or status in (401, 403):
            raise UserError(
                f"the hub does not let you write or read {self.repo}: log in with hf auth login, or set "
                "HF_TOKEN to a token that may"
            ) from problem
        if status == 404:
            raise UserError(
                f"the hub has no {self.repo}, or it is private and you are not logged in"
            ) from problem
        if isinstance(problem, HfHubHTTPError | OSError) or "httpx" in type(problem).__module__:
            first = str(problem).strip().split("\n")[0]
            raise UserError(
                f"the hub could not be reached for {self.repo} ({first}). Check the network and run the same "
                "command again: what has arrived is not sent again."
            ) from problem
