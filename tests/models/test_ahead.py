"""Pictures opened ahead of time: the same ones, in the same order, each in time and no more than may wait."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from remem.errors import UserError
from remem.methods.base import Teach
from remem.methods.streams import Streams
from remem.models import open_model
from remem.models.ahead import Ahead
from remem.models.base import Question
from remem.models.encoding import Encoder
from remem.settings import Adapt, Train
from remem.training.loop import train


class Shelf:
    """Pictures that say who opened them, and when."""

    def __init__(self) -> None:
        self.opened: list[tuple[int, bool]] = []  # number, whether by the main thread

    def question(self, number: int, key: str | None = None) -> Question:
        def image() -> Image.Image:
            self.opened.append((number, threading.current_thread() is threading.main_thread()))
            return Image.new("RGB", (64, 64), (number * 20 % 256, 0, 0))

        key = f"picture {number}" if key is None else key
        return Question(f"q{number}", "Who is this?", "Jane Doe.", image, key)


def wait_for(shelf: Shelf, count: int) -> None:
    end = time.monotonic() + 10
    while len(shelf.opened) < count and time.monotonic() < end:
        time.sleep(0.001)


def test_what_is_expected_is_opened_once_by_another_thread() -> None:
    shelf, ahead = Shelf(), Ahead(threads=1, most=2)
    questions = [shelf.question(number) for number in range(4)]
    ahead.expect(questions)
    wait_for(shelf, 2)
    assert shelf.opened == [(0, False), (1, False)]  # no more than may wait
    assert [ahead.open(one)[0].getpixel((0, 0))[0] for one in questions] == [0, 20, 40, 60]
    assert shelf.opened == [(0, False), (1, False), (2, True), (3, True)]


def test_what_is_no_longer_expected_is_let_go() -> None:
    shelf, ahead = Shelf(), Ahead(threads=1)
    first, second = shelf.question(1), shelf.question(2)
    ahead.expect([first])
    ahead.expect([second])
    wait_for(shelf, 1)
    assert ahead.open(first)[0].getpixel((0, 0))[0] == 20
    assert (1, True) in shelf.opened


def test_a_picture_without_a_key_is_opened_where_it_is_asked_for() -> None:
    shelf, ahead = Shelf(), Ahead(threads=1)
    ahead.expect([shelf.question(1, ""), shelf.question(2, "")])
    assert ahead.open(shelf.question(2, ""))[0].getpixel((0, 0))[0] == 40
    assert shelf.opened == [(2, True)]


def test_a_picture_that_does_not_open_says_so_where_it_is_asked_for() -> None:
    def broken() -> Image.Image:
        raise UserError("finetune row 3: the picture does not open")

    ahead, question = Ahead(), Question("q", "Who?", None, broken, "key")
    ahead.expect([question])
    with pytest.raises(UserError, match="row 3"):
        ahead.open(question)


def test_along_gives_every_question_in_its_order_and_opens_each_picture_once() -> None:
    shelf, ahead = Shelf(), Ahead(threads=2, most=3)
    questions = [
        shelf.question(number) if number % 3 else Question(f"t{number}", "?") for number in range(12)
    ]
    seen = []
    for question in ahead.along(questions):
        seen.append(question)
        if question.image is not None:
            assert ahead.open(question)[0].getpixel((0, 0))[0] == int(question.id[1:]) * 20 % 256
    assert seen == questions
    assert sorted(number for number, _ in shelf.opened) == [n for n in range(12) if n % 3]
    assert not any(main for _, main in shelf.opened)


@pytest.mark.parametrize("room", [0, 1 << 30])
def test_a_training_is_the_same_whether_pictures_are_opened_ahead_or_held(room: int, tmp_path: Path) -> None:
    losses = {}
    for ahead in (False, True):
        shelf, model = Shelf(), open_model("tiny")
        model.encoder = Encoder(model.processor, model.encoder.end_ids, room, model.encoder.marks)
        rows = model.encode_all([shelf.question(number) for number in range(10)])
        model.adapt(Adapt())
        shelf.opened.clear()
        if not ahead:
            model.expect = lambda rows: None  # type: ignore[method-assign]
        folder = tmp_path / str(ahead)
        folder.mkdir()
        outcome = train(model, Teach(), Streams(retain=rows), Train(epochs=2, batch=4), seed=0, folder=folder)
        losses[ahead] = [line["loss"] for line in outcome.log]
        by_main = sum(main for _, main in shelf.opened)
        if room:
            assert not shelf.opened  # memory held them all
        elif ahead:
            assert len(shelf.opened) == 20
            assert by_main == 4  # the first step's
        else:
            assert by_main == 20
    assert losses[False] == losses[True]
