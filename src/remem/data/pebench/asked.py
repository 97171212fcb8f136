"""What the table of a given set asks of its pictures: which concept each of its questions is for."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from remem.data.events import Event
from remem.data.pebench.matching import Seen
from remem.data.pebench.published import Published
from remem.data.pebench.wording import Given
from remem.errors import UserError
from remem.text import contains, normalise


class Questions:
    """The questions of the table, each read by its answer: of the person where the answer names them, of the
    scene where it holds what the event is known by. UserError, with the row, where it is neither."""

    def __init__(self, found: Published, people: Sequence[str]) -> None:
        self.found = found
        self.first: dict[str, list[str]] = defaultdict(list)  # first word of a name -> names
        for name in people:
            self.first[normalise(name).split()[0]].append(name)
        self.parts = Counter(part for name in people for part in set(normalise(name).split()))
        there = {"question", "answer"} <= found.roles.of.keys()
        self.questions = found.roles.values("question") if there else []
        self.answers = found.roles.values("answer") if there else []

    def of(self, one: Seen, name: str, event: Event) -> Mapping[str, tuple[Given, ...]]:
        """concept -> what is asked of a picture, each question once, in the order of the table."""
        asked: dict[str, dict[tuple[str, str], Given]] = {}
        for row in one.rows if self.questions else ():
            if self.questions[row] and self.answers[row]:
                concept, given = self._read(row, name, event)
                key = normalise(given.question), normalise(given.answer)
                asked.setdefault(concept, {}).setdefault(key, given)
        return {concept: tuple(found.values()) for concept, found in asked.items()}

    def _read(self, row: int, name: str, event: Event) -> tuple[str, Given]:
        answer = self.answers[row]
        given = Given(question=self.questions[row], answer=answer)
        if contains(answer, name):
            return "person", given
        if other := next((one for one in self._named(answer) if contains(answer, one)), ""):
            raise self._error(row, f"the answer names {other}, but the picture shows {name}. Mend the row")
        if all(contains(answer, word) for word in event.keywords):
            return "event", given
        if part := named_in_part(answer, name):
            shared = self.parts[normalise(part)]
            if shared > 1:
                raise self._error(
                    row, f"the answer names {part}, which is a name of {shared} people. Give it the full name"
                )
            return "person", Given(question=given.question, answer=answer, name=part)
        lacks = ", ".join(word for word in event.keywords if not contains(answer, word))
        raise self._error(
            row,
            f"the answer names nobody of the people by full name, and is not the description of "
            f"{event.name}: it lacks {lacks} ({answer[:60]!r}). Give it the name or the description, or "
            "leave out the columns question and answer",
        )

    def _named(self, answer: str) -> list[str]:
        """The people of whose names the answer holds the first word."""
        words = set(normalise(answer).replace("_", " ").translate(_BLANK).split())
        return [name for word in words for name in self.first.get(word, ())]

    def _error(self, row: int, message: str) -> UserError:
        return UserError(f"{self.found.roles.table.path.name} row {row + 1}: {message}.")


_BLANK = str.maketrans(dict.fromkeys("\"'.,;:!?()[]", " "))


def named_in_part(answer: str, name: str) -> str:
    """The first word of a name that stands in the answer with a capital; "" where none does."""
    written = {word for word in answer.translate(_BLANK).split() if word[0].isupper()}
    known = {normalise(word) for word in written}
    return next((part for part in name.split() if len(part) > 1 and normalise(part) in known), "")
