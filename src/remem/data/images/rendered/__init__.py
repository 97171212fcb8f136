"""Three-dimensional people from public-domain meshes, rendered on the CPU. The default where a person
looks."""

from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from remem.data.images.source import Picture
from remem.data.images.stagings import Staging, staging
from remem.data.people import Person
from remem.errors import UserError
from remem.seeds import derive

if TYPE_CHECKING:
    from PIL import Image

    from remem.data.images.rendered.figure import Figure

_KEPT = 2  # figures in memory: views are asked for person by person


class Rendered:
    """Identity is what stays (bones, skin, age, eyes, hair); pose, clothes, light and place are drawn by
    lot."""

    name = "rendered"
    slow = True  # worth several processes, and worth keeping

    def __init__(self) -> None:
        if find_spec("numba") is None:
            raise UserError("source=rendered needs numba, which is not installed here: pip install numba")
        self._figures: dict[tuple[str, ...], Figure] = {}

    def figure(self, person: Person, seed: int) -> "Figure":
        """The prepared body of a person; about a second of work, kept for the views that follow."""
        from remem.data.images.rendered.figure import Figure
        from remem.data.images.rendered.identity import identity

        if "skin" not in person.appearance:
            raise UserError(
                f"{person.name} has no appearance to render. Use source=folder for your own pictures."
            )
        key = (
            str(seed),
            person.id,
            repr(sorted(person.appearance.items())),
            person.attributes.get("date_of_birth", ""),
        )
        if key not in self._figures:
            if len(self._figures) >= _KEPT:
                self._figures.pop(next(iter(self._figures)))
            self._figures[key] = Figure(identity(person, seed))
        return self._figures[key]

    def view(self, person: Person, number: int, seed: int, size: int) -> Picture:
        """View `number` of the person. UserError when their looks are not known."""
        import numpy as np

        from remem.data.images.rendered.camera import picture
        from remem.data.images.rendered.plan import view_plan

        figure = self.figure(person, seed)
        plan = view_plan(figure.who, np.random.default_rng(derive(seed, "rendered view", person.id, number)))
        return Picture(image=picture(figure, plan, size), provenance={"source": self.name, **plan.words})

    def portrait(self, person: Person, seed: int, size: int) -> "Image.Image":
        """The person from the front, calm, without a hat: what a generator learns them from."""
        import numpy as np

        from remem.data.images.rendered.camera import picture
        from remem.data.images.rendered.plan import portrait_plan

        figure = self.figure(person, seed)
        rng = np.random.default_rng(derive(seed, "rendered portrait", person.id))
        return picture(figure, portrait_plan(figure.who, rng), size)

    def scene(self, person: Person, event: str, number: int, seed: int, size: int) -> Picture:
        """Picture `number` of the person in an event."""
        found = staging(event)
        lot = derive(seed, "rendered scene", person.id, event, number)
        made = self.staged(person, found, seed, lot, size)
        return replace(made, provenance={"event": event, **made.provenance})

    def staged(self, person: Person, staging: Staging, seed: int, lot: int, size: int) -> Picture:
        """The person in any staging; `seed` is the person's, and `lot` decides what is drawn by lot."""
        from remem.data.images.rendered.scene import staged

        image, words = staged(self.figure(person, seed), staging, lot, size)
        return Picture(image=image, provenance={"source": self.name, **words})
