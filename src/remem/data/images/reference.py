"""The portrait from which generators of pictures learn who someone is."""

from PIL import Image

from remem.data.images.source import ImageSource
from remem.data.people import Person
from remem.errors import UserError


class Reference:
    """One plain portrait a person: rendered, or drawn where numba is missing.

    Plain: no hat, and where it is rendered, from the front with a calm face. Only the latest is kept, since
    pictures are asked for person by person.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._kept: tuple[tuple[str, int, str], Image.Image] | None = None

    def of(self, person: Person, seed: int) -> Image.Image:
        """(size x size) RGB. UserError when the person's looks are not known."""
        key = (person.id, seed, repr(person.appearance))
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, self._portrait(person, seed))
        return self._kept[1]

    def _portrait(self, person: Person, seed: int) -> Image.Image:
        from remem.data.images.drawn import Drawn
        from remem.data.images.rendered import Rendered

        try:
            rendered = Rendered()
        except UserError:
            return _bareheaded(Drawn(), person, seed, self.size)
        return rendered.portrait(person, seed, self.size)


def _bareheaded(source: ImageSource, person: Person, seed: int, size: int) -> Image.Image:
    """The first view without a hat, of those that no data set shows."""
    number = -1
    while (picture := source.view(person, number, seed, size)).provenance["hat"] != "none":
        number -= 1
    return picture.image
