"""Every command that writes tries its output before any work: what cannot be written is one message."""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

import pytest

from remem import cli

# Command -> its parameters that are paths, and what each is: read, or written and as what.
RUN = {"out_folder": "folder", "tuned": "read", "allow_pictures": "read"}
PATHS: dict[str, dict[str, str]] = {
    **dict.fromkeys(("run", "learn", "forget", "evaluate", "report"), RUN),
    "attack": {"run_folder": "read", "allow_pictures": "read"},
    "assess": {"folder": "folder", "allow_pictures": "read"},
    "audit": {
        "out_folder": "folder", "people": "read", "pictures": "read", "request": "read", "sign": "read",
        "allow_pictures": "read",
    },
    "status": {"folder": "read"},
    "verify": {"folder": "read", "signed_by": "read"},
    "build": {"folder": "new"},
    "lint": {"allow_pictures": "read"},
    "gallery": {"folder": "read", "out_file": "file", "allow_pictures": "read"},
    "people": {
        "source": "read", "folder": "new", "pictures": "read", "templates": "read",
        "strangers_pictures": "read",
    },
    "strangers": {"data": "read"},
    "list": {},
    "pretrain": {"folder": "new"},
    "make-tiny-model": {"folder": "new"},
    "make-base": {"folder": "new", "gguf": "read"},
    "general": {"folder": "new"},
    "diagnose": {"folder": "folder"},
    "trace": {"folder": "read"},
    "tune": {"folder": "folder", "allow_pictures": "read"},
    "compare": {"folder": "read", "page": "file", "tuned": "read"},
    "export": {"run": "read", "folder": "new"},
    "push": {"folder": "read"},
    "pull": {"folder": "new"},
    "export-results": {"run": "read", "file": "file"},
}  # fmt: skip
# What is given beside the output. Nothing of it is there: it must not be looked at before the output.
ASKED = {
    "run": ["tiny", "--out", "OUT"],
    "learn": ["tiny", "--out", "OUT"],
    "forget": ["tiny", "--out", "OUT"],
    "evaluate": ["tiny", "--out", "OUT"],
    "report": ["tiny", "--out", "OUT"],
    "assess": ["--data", "./set", "--model", "a=./model", "--out", "OUT"],
    "audit": ["--data", "./set", "--before", "./a", "--after", "./b", "--person", "p", "--out", "OUT"],
    "build": ["remem", "OUT"],
    "gallery": ["./set", "--out", "OUT"],
    "people": ["./list.csv", "OUT"],
    "pretrain": ["OUT"],
    "make-tiny-model": ["llava", "OUT"],
    "make-base": ["smollm2", "OUT", "--gguf", "./gguf"],
    "general": ["OUT"],
    "diagnose": ["OUT", "--quick"],
    "tune": ["tiny", "--out", "OUT"],
    "compare": ["./run", "--out", "OUT"],
    "export": ["./run", "taught", "OUT"],
    "pull": ["owner/name", "OUT"],
    "export-results": ["./run", "OUT"],
}


def test_of_every_path_on_the_command_line_it_is_known_whether_it_is_written() -> None:
    found = {}
    for command in cli.app.registered_commands:
        assert command.callback is not None
        kinds = get_type_hints(command.callback)
        name = command.name or command.callback.__name__.replace("_", "-")
        found[name] = {key for key, kind in kinds.items() if "Path" in str(kind)}
    assert found == {name: set(paths) for name, paths in PATHS.items()}
    written = {name for name, paths in PATHS.items() if set(paths.values()) & {"file", "folder", "new"}}
    assert written == set(ASKED)


def there(root: Path) -> Path:
    (root / "mine").write_text("mine")
    return root


def below_a_file(root: Path) -> Path:
    (root / "mine").write_text("mine")
    return root / "mine" / "x"


def nowhere(root: Path) -> Path:
    (root / "link").symlink_to("gone")
    return root / "link"


BAD = {
    "below a file": below_a_file,
    "a link to nothing": nowhere,
    "long": lambda root: root / ("n" * 300),
    "odd": lambda root: root / "a\x1b[2Jb",
    "there": there,
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("kind", BAD)
def test_an_output_that_cannot_be_is_refused_before_any_work(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    kind: str,
) -> None:
    if kind == "there" and "folder" in PATHS[name].values():
        pytest.skip("a folder that is there may be one")
    monkeypatch.chdir(tmp_path)
    place = BAD[kind](tmp_path)
    before = sorted(tmp_path.rglob("*"))
    asked = [str(place) if one == "OUT" else one for one in ASKED[name]]
    monkeypatch.setattr("sys.argv", ["remem", name, *asked])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr()
    assert end.value.code == 1, said
    assert said.err.count("remem: ") == 1, said.err
    shown = str(place).replace("\x1b", "\\x1b")
    assert shown[:100] in said.err
    assert "Traceback" not in said.out + said.err
    assert "\x1b" not in said.out + said.err
    assert sorted(tmp_path.rglob("*")) == before
