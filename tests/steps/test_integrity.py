"""A finished step is what it says: other code, other inputs and other bytes are never passed over."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from remem.errors import UserError
from remem.steps.code import syntax_digest
from remem.steps.execute import execute, pending
from remem.steps.jobs import Nobody
from remem.steps.make import close_part, open_part
from remem.steps.sealed import drop, read_record
from remem.steps.store import Order, Step, Survey
from remem.steps.verify import verify
from some_steps import random_bytes, write

CONTEXT = SimpleNamespace(seed=0)


def plan(code: int = 1, text: str = "x", work: Callable[..., None] = write) -> list[Step]:
    """Weights, what was asked of them, scores that are derived from that, and a report."""

    def step(name: str, needs: tuple[str, ...] = (), **more: Any) -> Step:
        arguments = {"text": text if name == "a/model" else name}
        return Step(name=name, work=write, settings={"name": name}, needs=needs, arguments=arguments, **more)

    model = Step(
        name="a/model",
        work=work,
        settings={"name": "a/model"},
        arguments={"text": text},
        code={"method": code},
    )
    return [
        model,
        step("a/responses", ("a/model",)),
        step("a/scores", ("a/responses",), derived=True, code={"metrics": 1}),
        step("report", ("a/scores", "a/model"), derived=True),
    ]


def run(root: Path, steps: list[Step], **how: Any) -> list[str]:
    """Makes what is to be made; which steps that were."""
    heard: list[str] = []
    execute(root, steps, CONTEXT, Nobody(), finished=heard.append, **how)
    return heard


def names(steps: list[Step]) -> list[str]:
    return [step.name for step in steps]


# -- other code ---------------------------------------------------------------------------------------


def test_other_code_makes_a_step_stale_and_all_that_rests_on_it(tmp_path: Path) -> None:
    run(tmp_path, plan(1))
    found = Survey(tmp_path, plan(2))
    assert found.stale["a/model"] == "the code of method has changed since"
    assert names(pending(tmp_path, plan(2))) == names(plan())
    assert run(tmp_path, plan(2)) == names(plan())
    assert pending(tmp_path, plan(2)) == []
    assert not (tmp_path / ".trash").exists()


def test_stale_steps_are_kept_when_the_user_says_so(tmp_path: Path) -> None:
    run(tmp_path, plan(1))
    before = (tmp_path / "a/model/step.json").read_bytes()
    found = Survey(tmp_path, plan(2), keep_old=True)
    assert set(found.old) == {"a/model"}
    assert run(tmp_path, plan(2), keep_old=True) == []
    assert (tmp_path / "a/model/step.json").read_bytes() == before
    other = plan(2)
    other[2] = Step(**vars(other[2]) | {"code": {"metrics": 2}})
    assert run(tmp_path, other, keep_old=True) == ["a/scores", "report"]  # cheap: made again all the same


def test_what_is_cheap_is_made_again_when_its_code_changes_and_nothing_else_is(tmp_path: Path) -> None:
    run(tmp_path, plan())
    other = plan()
    other[2] = Step(**vars(other[2]) | {"code": {"metrics": 2}})
    assert Survey(tmp_path, other).stale == {}
    assert run(tmp_path, other)[0] == "a/scores"
    assert (tmp_path / "a/model/count").read_text() == "1"


MODULE = """\
\"\"\"A method.\"\"\"

from own.helper import scale


def loss(x):
    {doc}
    return {factor} * scale(x)  # {comment}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes a package of one's own, and digests its method."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "__init__.py").write_text("")
    (tmp_path / "own" / "unused.py").write_text("ONE = 1\n")
    monkeypatch.syspath_prepend(tmp_path)

    def digest(
        factor: int = 1, comment: str = "", doc: str = '"""It."""', helper: str = "x", unused: int = 1
    ) -> str:
        text = MODULE.format(factor=factor, comment=comment, doc=doc)
        (tmp_path / "own" / "method.py").write_text(text)
        (tmp_path / "own" / "helper.py").write_text(f"def scale(x):\n    return {helper}\n")
        (tmp_path / "own" / "unused.py").write_text(f"ONE = {unused}\n")
        syntax_digest.cache_clear()
        return syntax_digest("own.method")

    return digest


def test_a_digest_of_code_knows_what_is_computed_and_not_how_it_is_told(package: Callable[..., str]) -> None:
    before = package()
    assert package(comment="a comment", doc='"""Told otherwise."""') == before
    assert package(unused=2) == before
    assert package(factor=5) != before
    assert package(helper="x + 1") != before  # what it imports inside of its own room
    assert package() == before


# -- other inputs -------------------------------------------------------------------------------------


def test_a_step_made_again_with_another_content_is_followed_by_what_it_fed(tmp_path: Path) -> None:
    """The redo that the docs teach: delete the folder, run the same command."""
    run(tmp_path, plan(work=random_bytes))
    shutil.rmtree(tmp_path / "a/model")
    assert names(pending(tmp_path, plan(work=random_bytes))) == ["a/model"]
    # The answers came out the same: what was made of them alone stays.
    assert run(tmp_path, plan(work=random_bytes)) == ["a/model", "a/responses", "report"]
    assert pending(tmp_path, plan(work=random_bytes)) == []


def test_a_step_made_again_to_the_same_bytes_is_followed_by_nothing(tmp_path: Path) -> None:
    run(tmp_path, plan())
    shutil.rmtree(tmp_path / "a/model")
    assert run(tmp_path, plan()) == ["a/model"]
    assert pending(tmp_path, plan()) == []


# -- other bytes --------------------------------------------------------------------------------------


def flip(path: Path, place: int = -1) -> None:
    """Flips one bit; the time of the last change is as before."""
    times = path.stat()
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(bytes(raw))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1])


def delete(path: Path) -> None:
    path.unlink()


def replace_it(path: Path) -> None:
    path.write_text("of another step")


@pytest.mark.parametrize("damage", [flip, cut, delete, replace_it])
@pytest.mark.parametrize("step", ["a/model", "a/responses"])
def test_a_step_that_is_not_as_it_was_made_is_refused_and_left_alone(
    tmp_path: Path, step: str, damage: Callable[[Path], None]
) -> None:
    run(tmp_path, plan(text="a long text"))
    damage(tmp_path / step / "text")
    there = sorted((path, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file())
    with pytest.raises(UserError, match=rf"{step} is not as it was made: .*text.*delete that folder"):
        run(tmp_path, plan(text="a long text"))
    assert there == sorted((path, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file())
    shutil.rmtree(tmp_path / step)
    assert run(tmp_path, plan(text="a long text")) == [step]


@pytest.mark.parametrize("damage", [flip, cut, delete, replace_it])
def test_what_is_cheap_and_damaged_is_made_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    run(tmp_path, plan())
    before = (tmp_path / "a/scores/text").read_bytes()
    damage(tmp_path / "a/scores/text")
    assert run(tmp_path, plan()) == ["a/scores"]
    assert (tmp_path / "a/scores/text").read_bytes() == before


def test_another_steps_folder_under_its_name_is_seen(tmp_path: Path) -> None:
    run(tmp_path, plan())
    shutil.rmtree(tmp_path / "a/responses")
    shutil.copytree(tmp_path / "a/model", tmp_path / "a/responses")
    with pytest.raises(UserError, match="a/responses is not as it was made: its record is that of a/model"):
        run(tmp_path, plan())


def test_a_file_that_would_be_loaded_may_not_be_added_and_notes_may(tmp_path: Path) -> None:
    run(tmp_path, plan())
    (tmp_path / "a/model/NOTES.md").write_text("mine")
    (tmp_path / "a/model/.DS_Store").write_text("")
    (tmp_path / "mine.txt").write_text("beside the steps")
    assert pending(tmp_path, plan()) == []
    (tmp_path / "a/model/adapter_config.json").write_text("{}")
    with pytest.raises(UserError, match=r"adapter_config\.json has been added: move it away|has been added"):
        pending(tmp_path, plan())


def test_one_flipped_bit_in_any_file_is_found_by_verify(tmp_path: Path) -> None:
    run(tmp_path, plan())
    assert [one.wrong for one in verify(tmp_path)] == [""] * 4
    files = [path for path in sorted(tmp_path.rglob("*")) if path.is_file() and path.parts[-3:-1] != ()]
    files = [path for path in files if not {".locks", ".checked"} & set(path.parts)]
    assert {path.name for path in files} == {"text", "count", "step.json", "provenance.json"}
    for path in files:
        raw = path.read_bytes()
        for place in {0, len(raw) // 2, len(raw) - 2} - {-1, len(raw)}:
            if place < 0 or raw[place : place + 1].isspace():
                continue
            flip(path, place)
            wrong = [one.step for one in verify(tmp_path) if one.wrong]
            assert path.parent.relative_to(tmp_path).as_posix() in wrong, (path, place)
            path.write_bytes(raw)
    assert [one.wrong for one in verify(tmp_path)] == [""] * 4


def test_verify_names_what_was_made_from_another_input(tmp_path: Path) -> None:
    run(tmp_path, plan(work=random_bytes))
    shutil.rmtree(tmp_path / "a/model")
    run(tmp_path, plan(work=random_bytes)[:1])
    wrong = {one.step: one.wrong for one in verify(tmp_path) if one.wrong}
    assert set(wrong) == {"a/responses", "report"}
    assert "another a/model" in wrong["report"]


@pytest.mark.parametrize("lost", ["a/model", "a/model/step.json"])
def test_verify_names_what_was_made_from_a_step_that_is_gone(tmp_path: Path, lost: str) -> None:
    run(tmp_path, plan())
    place = tmp_path / lost
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    wrong = {one.step: one.wrong for one in verify(tmp_path) if one.wrong}
    assert set(wrong) == {"a/responses", "report"}
    assert "made from a/model, and no finished step lies there now" in wrong["report"]


def test_no_step_takes_the_place_of_a_folder_of_the_users(tmp_path: Path) -> None:
    step = plan()[0]
    mine = tmp_path / "a/model/mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    order = Order("key", {}, "", {})
    part = open_part(tmp_path, step, order)
    with pytest.raises(UserError, match=r"was not made by remem: it holds no step\.json"):
        close_part(tmp_path, step, order, part)
    assert mine.read_text() == "mine"


def test_a_digest_of_code_imports_nothing() -> None:
    check = (
        "import sys; from remem.steps.code import syntax_digest; syntax_digest('remem.methods.npo');"
        "sys.exit(', '.join({'torch', 'remem.methods'} & set(sys.modules)) or 0)"
    )
    said = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


def test_files_are_read_once_and_again_when_they_were_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, plan())
    pending(tmp_path, plan())
    read: list[str] = []
    from remem.steps import sealed

    whole = sealed.file_digest
    monkeypatch.setattr(
        sealed, "file_digest", lambda path, *more: read.append(path.name) or whole(path, *more)
    )
    pending(tmp_path, plan())
    assert read == []
    (tmp_path / "a/model/text").touch()
    pending(tmp_path, plan())
    assert read == ["text"]


def test_what_was_dropped_by_design_is_no_damage(tmp_path: Path) -> None:
    run(tmp_path, plan())
    drop(tmp_path / "a/model", ["text"])
    drop(tmp_path / "a/model", ["text"])
    assert not (tmp_path / "a/model/text").exists()
    sealed = read_record(tmp_path / "a/model")
    assert sealed is not None
    assert sealed.dropped == ["text"]
    assert pending(tmp_path, plan()) == []
    assert {one.wrong for one in verify(tmp_path)} == {""}
    delete(tmp_path / "a/model/count")  # by nobody's design
    with pytest.raises(UserError, match="count is missing"):
        pending(tmp_path, plan())


def test_a_folder_of_a_former_format_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a/model").mkdir(parents=True)
    record = {"step": "a/model", "key": "x", "version": "0.1.0", "settings": {}, "inputs": {}}
    (tmp_path / "a/model/step.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match=r"remem 0\.1\.0 \(format 1\).*remem report RUN.*another --out"):
        pending(tmp_path, plan())


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "{}", "null", '{"format": 2}', "[" * 100_000])
def test_a_damaged_record_is_one_message(tmp_path: Path, text: str) -> None:
    run(tmp_path, plan())
    (tmp_path / "a/model/step.json").write_text(text)
    with pytest.raises(UserError, match=r"delete (the|that) folder to have the step made again"):
        pending(tmp_path, plan())


def test_a_folder_that_cannot_be_written_is_read_all_the_same(tmp_path: Path) -> None:
    run(tmp_path, plan())
    shutil.rmtree(tmp_path / ".checked")
    tmp_path.chmod(0o500)
    try:
        assert pending(tmp_path, plan()) == []
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("to", ["pipe", "/dev/zero", "folder"])
def test_what_is_no_file_is_damaged_and_not_waited_for(tmp_path: Path, to: str) -> None:
    run(tmp_path, plan())
    name = next(iter(read_record(tmp_path / "a/model").files))
    path = tmp_path / "a/model" / name
    path.unlink()
    if to == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path if to == "folder" else to)
    found = {one.step: one.wrong for one in verify(tmp_path)}
    assert name in found["a/model"]
    assert found["a/responses"] == ""
    with pytest.raises(UserError, match=f"a/model is not as it was made: {name} (cannot be read|is missing)"):
        run(tmp_path, plan())
