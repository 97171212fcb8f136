"""What a push refuses without the hub, a dry run refuses as well."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remem.errors import UserError
from remem.sharing import pull, push
from remem.sharing.hub import ready

LONG = "x/" + "n" * 97


@pytest.mark.parametrize(
    "repo",
    ["a", "a/", "/b", "a//b", "a/b/c", "a/b.git", "-a/b", "a/b..c", "a/b--c", LONG, "a b/c", "é/b", "a/b\n"],
)
def test_a_name_that_the_hub_does_not_take(tmp_path: Path, repo: str) -> None:
    (tmp_path / "config.json").write_text("{}")
    said = r"is no name of a repository.*write it as OWNER/NAME"
    with pytest.raises(UserError, match=said):
        ready(tmp_path, repo)
    with pytest.raises(UserError, match=said):
        push(tmp_path, repo)
    with pytest.raises(UserError, match=said):
        pull(repo, tmp_path)


def test_an_adapter_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": 3}')
    with pytest.raises(
        UserError, match=r"adapter_config\.json, at \$\.base_model_name_or_path: expected a text"
    ):
        ready(tmp_path, "me/mine")
    (tmp_path / "adapter_config.json").write_text("{}")
    assert ready(tmp_path, "me/mine").kind == "model"


@pytest.mark.parametrize("of", ["file", "folder", "nothing", "itself", "pipe", "name"])
def test_nothing_goes_up_that_is_no_file_of_the_folder(of: str, tmp_path: Path) -> None:
    folder, there = tmp_path / "model", tmp_path / "there"
    folder.mkdir()
    for name in ("config.json", "weights.safetensors"):
        (folder / name).write_text("{}")
    there.mkdir()
    (there / "secret").write_text("mine")
    (folder / "inside").symlink_to("config.json")
    assert [path.name for path, _ in ready(folder, "me/model").files] == [
        "config.json", "inside", "weights.safetensors",
    ]  # fmt: skip
    to = {"file": there / "secret", "folder": there, "nothing": there / "none", "itself": folder / "odd"}
    if of == "pipe":
        os.mkfifo(folder / "odd")
    elif of == "name":
        (folder / "odd\npushed").write_text("x")
    else:
        (folder / "odd").symlink_to(to[of])
    with pytest.raises(UserError, match=r"odd.* is (a link that leads out|no file that can go up)"):
        ready(folder, "me/model")
