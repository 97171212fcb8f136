"""Pictures opened by threads before they are asked for: the next few of a known order.

Opening a picture of two megabytes takes as long as a step of a small model. Threads do only that, not what
the processor does, so nothing but time depends on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from remem.models.base import Question

THREADS = 2
MOST = 64  # opened pictures that wait: 200 MB where they are 1,024 pixels wide


class Ahead:
    """By the picture's key; a question without one is opened when it is asked for."""

    def __init__(self, threads: int = THREADS, most: int = MOST) -> None:
        self.threads, self.most = threads, most
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: dict[str, Future[Any]] = {}

    def expect(self, questions: Sequence[Question]) -> None:
        """Begins to open the first pictures of these. What was expected before and is not among them is let
        go."""
        wanted: dict[str, Question] = {}
        for question in questions:
            if question.pictures and question.seen_key and len(wanted) < self.most:
                wanted.setdefault(question.seen_key, question)
        for key in self._waiting.keys() - wanted.keys():
            self._waiting.pop(key).cancel()
        for key, question in wanted.items():
            if key not in self._waiting:
                self._pool = self._pool or ThreadPoolExecutor(self.threads, "pictures")
                self._waiting[key] = self._pool.submit(_opened, question)

    def along(self, questions: Sequence[Question]) -> Iterator[Question]:
        """The questions in their order, while the pictures of the next ones are opened."""
        shown = [question for question in questions if question.pictures]
        at = 0
        for question in questions:
            if question.pictures:
                if len(shown) > 1:
                    self.expect(shown[at : at + self.most])
                at += 1
            yield question

    def open(self, question: Question) -> list[Any]:
        """The question's pictures: waits for the thread that opens them, or opens them here."""
        waiting = self._waiting.pop(question.seen_key, None)
        return waiting.result() if waiting is not None else _opened(question)


def _opened(question: Question) -> list[Any]:
    images = [opened() for opened in question.pictures]
    for image in images:
        if hasattr(image, "load"):
            image.load()
    return images
