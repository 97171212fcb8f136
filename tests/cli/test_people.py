"""remem people and remem strangers: what they say, and one message for each mistake."""

import pytest

from data.listed_people import photographs, write
from remem import cli
from remem.data import load, strangers


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["remem", *map(str, arguments)])
    monkeypatch.setattr(cli.out, "_width", 300)
    monkeypatch.setattr(cli.err, "_width", 300)
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_from_a_list_to_a_set_that_lints(tmp_path, monkeypatch, capsys):
    path = write(tmp_path / "people.csv")
    photos = photographs(tmp_path / "photos", {"Ann Lee": 2, "Bob Ray": 1})
    options = ("--pictures", photos, "--forget", "Ann Lee", "--size", 32, "--strangers", 2)
    code, said, _ = run(monkeypatch, capsys, "people", path, tmp_path / "set", *options)
    assert code == 0
    assert f"built {tmp_path / 'set'}" in said
    assert "2 of 4 people have no picture" in said
    code, said, _ = run(monkeypatch, capsys, "lint", tmp_path / "set")
    assert code == 0
    assert "no errors" in said
    data = load(tmp_path / "set")
    assert {data.names[data.items[id].person] for id in data.splits["forget1"]} == {"Ann Lee"}
    assert len(strangers.read(tmp_path / "set").people) == 2
    again = ("strangers", tmp_path / "set", "--count", 3)
    code, _, said = run(monkeypatch, capsys, *again)
    assert code == 1
    assert "Give --force" in said
    code, said, _ = run(monkeypatch, capsys, *again, "--force")
    assert code == 0
    assert "3 strangers" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["people", "./nowhere.csv", "set"], "nowhere.csv is not there"),
        (["people", "LIST", "."], ". exists already"),
        (["people", "LIST", "set", "--forget", "Eve Roe"], "has no such person"),
        (["people", "LIST", "set", "--wordings", "0"], "wordings=0 is out of range"),
        (["people", "LIST", "set", "--templates", "./nowhere"], "nowhere is not there"),
        (["people", "LIST", "set", "--pictures", "./nowhere"], "nowhere is not a folder"),
        (["people", "LIST"], "Missing argument"),
        (["strangers", "./nowhere"], "nowhere is no folder"),
        (["strangers", ".", "--count", "0"], "--count"),
    ],
)
def test_mistakes_are_one_message(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "people.csv")
    code, _, said = run(monkeypatch, capsys, *[path if one == "LIST" else one for one in arguments])
    assert code == 1
    assert message in said
    assert "Traceback" not in said
    assert [one.name for one in tmp_path.iterdir()] == ["people.csv"]


def test_notes_cannot_steer_the_terminal(tmp_path, monkeypatch, capsys):
    own = [("Eve\x1b[2J Roe", "town", "Oslo"), ("[red]Bob[/] Ray", "town", "Lima")]
    path = write(tmp_path / "people.csv", own=own)
    code, said, _ = run(monkeypatch, capsys, "people", path, tmp_path / "set")
    assert code == 0
    assert r"Eve\x1b[2J Roe, [red]Bob[/] Ray have one fact only" in said
