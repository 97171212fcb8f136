"""What every source of pictures can do."""

from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from remem.data.people import Person

MEASURES = ("none", "own", "dlib")  # of whether faces are alike: see quality.py


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture and where it comes from. `provenance` is plain JSON: the source and what varies in this
    view."""

    image: Image.Image  # RGB
    provenance: dict[str, str]


class ImageSource(Protocol):
    """Views of a person, alone or in an event. The same arguments give the same pixels, in whatever order."""

    name: str

    def view(self, person: Person, number: int, seed: int, size: int) -> Picture:
        """View `number` of the person, `size` x `size` pixels. UserError when there is no such view."""
        ...

    def scene(self, person: Person, event: str, number: int, seed: int, size: int) -> Picture:
        """Picture `number` of the person in an event of data/events.py. UserError when there is none."""
        ...
