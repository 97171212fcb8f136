"""What is to be written of a list: people, questions, candidates, strangers. Nothing is written here."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from remem.data.facts import IDENTITY
from remem.data.listed import faults, photos, reading, strangers
from remem.data.listed.asking import Asker, held_out
from remem.data.listed.decoys import Unowned, further
from remem.data.listed.kinds import PEOPLE, kind_of
from remem.data.listed.photos import View, Views
from remem.data.listed.settings import SHARE, ListSettings
from remem.data.listed.strangers import Pool
from remem.data.listed.wording import identity, of_people, wordings
from remem.errors import UserError
from remem.text import normalise
from remem.types import Progress

SPLITS = (("finetune", "train"), ("test", "test"))
_STRANGERS = 4


class Plan:
    """All that is to be written, held as text; pictures lie in the folder `spool`."""

    def __init__(self, source: Path, settings: ListSettings, spool: Path, progress: Progress) -> None:
        self.settings = settings
        self.people = reading.read(source)
        draw = list(self.people)
        Random(f"{settings.seed}/forget").shuffle(draw)
        reading.forgotten(source, self.people, settings.forget, draw, SHARE)
        faults.check(source, self.people)
        attributes = list(dict.fromkeys(name for one in self.people for name in one.facts))
        self.wordings = held_out(source, self.people, wordings(attributes, settings.templates))
        self.identity = identity()
        self.notes = list(faults.notes(self.people))
        self._look(source, spool, progress)
        self.pools = self._pools(attributes)
        for name in attributes:
            if self.pools[name].kind in PEOPLE:
                self.wordings[name] = of_people(self.wordings[name])
        counts = {id: (len(one.train), len(one.test)) for id, one in self.views.items()}
        asker = Asker(source, settings, self.wordings, self.identity, counts, self._wrong)
        self.asked = {split: [asker.ask(one, part) for one in self.people] for split, part in SPLITS}
        self._invent()

    def _look(self, source: Path, spool: Path, progress: Progress) -> None:
        """Photographs of the people, and of those who are not in the list."""
        shown = photos.Shown(spool, self.settings.size)
        files, notes = photos.of_list(source, self.people, self.settings.pictures)
        self.notes += notes
        called = {one.id: one.person for one in self.people}
        found = shown.add({called[id]: own for id, own in files.items()}, progress)
        self.views: dict[str, Views] = {one.id: photos.apart(found[one.person]) for one in self.people}
        blind = [one.person for one in self.people if not self.views[one.id].train]
        if 0 < len(blind) < len(self.people):
            self.notes.append(
                f"{len(blind)} of {len(self.people)} people have no picture (such as {blind[0]}): they are "
                "asked about in text alone."
            )
        single = [
            one.person for one in self.people if self.views[one.id].train and not self.views[one.id].test
        ]
        if single:
            self.notes.append(
                f"of {len(single)} of {len(self.people)} people there is one picture (as {single[0]}): none "
                "is held out, so nothing tells whether they are recognised or the picture is."
            )
        self.faces: list[Sequence[View]] = []
        if self.settings.strangers_pictures is not None:
            if len(blind) == len(self.people):
                raise UserError(
                    "pictures of strangers have nothing to be compared with: nobody in the list has a "
                    "picture. Leave --strangers-pictures out."
                )
            others = photos.folders(self.settings.strangers_pictures)
            outside = {f"{folder.name} (no member)": files for folder, files in others}
            self.faces = list(shown.add(outside, progress).values())
        if shown.repeated:
            self.notes.append(f"{shown.repeated} pictures come twice for one person: each is shown once.")

    def _pools(self, attributes: Sequence[str]) -> dict[str, Pool]:
        """Attribute -> its values and candidates."""
        settings = self.settings
        held = {
            name: [one.facts[name].value for one in self.people if name in one.facts] for name in attributes
        }
        names = [one.name for one in self.people]
        nobody = Unowned((value for values in held.values() for value in values), names)
        held[IDENTITY] = names
        found = {}
        for name, values in held.items():
            wording = self.wordings.get(name, self.identity)
            own = list({normalise(value): value for value in reversed(values)}.values())[::-1]
            kind = wording.kind or kind_of(name, values)
            mine = {normalise(one): one for one in wording.values if nobody.free(one)}
            # Wrong values are invented, so that some are needed of however many people, too.
            decoys = max(settings.perturbed, settings.candidates - len(own))
            spare = list(mine.values())[:decoys]
            lack = decoys - len(spare)
            more = further(kind, own, lack, nobody, f"{settings.seed}/decoys/{name}", spare)
            left = tuple(one for one in mine.values() if one not in spare)
            found[name] = Pool(
                kind=kind, values=tuple(own), candidates=(*own, *spare, *more), spare=left or tuple(spare)
            )
        return found

    def _wrong(self, attribute: str, value: str) -> Sequence[str]:
        """Wrong values in an order drawn by lot, the same for all questions about one fact: invented ones,
        and others' where the list is closed."""
        pool = self.pools[attribute]
        drawn = Random(f"{self.settings.seed}/perturbed/{attribute}/{value}")
        others = pool.candidates[len(pool.values) :] or pool.candidates
        return drawn.sample(others, len(others))

    def _invent(self) -> None:
        settings = self.settings
        default = len(self.faces) or _STRANGERS
        count = default if settings.strangers is None else settings.strangers
        gone = [one for one in self.people if any(fact.forget for fact in one.facts.values())]
        pools = {name: pool for name, pool in self.pools.items() if name != IDENTITY}
        names = [one.name for one in self.people]
        self.strangers, lacking = strangers.invent(
            [list(one.facts) for one in gone], count, pools, names, settings.seed, self.wordings
        )
        if lacking and count:
            self.notes.append(
                f"strangers are not asked about {', '.join(lacking)}: every value that is known belongs to "
                "somebody. A template file can give others (values)."
            )
        if len(self.strangers) < count:
            self.notes.append(
                f"there are {len(self.strangers)} strangers, not {count}: no further names or values."
            )
        if len(self.faces) > len(self.strangers):
            self.notes.append(
                f"{len(self.faces) - len(self.strangers)} folders of --strangers-pictures are not used: "
                f"there are {len(self.strangers)} strangers."
            )
        self.faces = self.faces[: len(self.strangers)]
        self.theirs = [
            strangers.ask(
                one, self.wordings, self.identity, settings.held_out,
                len(self.faces[number]) if number < len(self.faces) else 0, settings.seed,
            )
            for number, one in enumerate(self.strangers)
        ]  # fmt: skip
