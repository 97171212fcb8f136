"""What a built data set is to be like: the published shape by default."""

from dataclasses import asdict, dataclass, field
from typing import Any

from remem.data.images import SOURCES, Pipeline
from remem.data.images.source import MEASURES
from remem.errors import UserError, unknown
from remem.settings import possible


@dataclass(frozen=True, kw_only=True)
class PictureSettings:
    """What decides the pictures of any built data set."""

    people: int = 20  # in all
    size: int = 64  # pixels, width and height
    source: str = "drawn"  # of pictures: see remem list sources
    picture_folder: str = ""  # for source "folder": one folder of pictures a person
    pipeline: Pipeline = field(default_factory=Pipeline)  # for source "diffusers"
    faces: str = "none"  # which measure of images/quality.py picks and rates pictures: "own", "dlib"
    candidates: int = 32  # values each attribute is ranked among: everyone's, topped up with decoys
    seed: int = 0  # another one, other people

    def check(self) -> None:
        """UserError that names the first setting that cannot be."""
        self.check_ranges(("people", 2, 10_000), ("size", 16, 2048), ("candidates", 2, 10_000))
        if self.faces not in MEASURES:
            raise unknown("measure of faces", self.faces, MEASURES)
        if self.source not in SOURCES:
            raise unknown("source of pictures", self.source, SOURCES)
        if self.source == "diffusers":
            self.pipeline.check()
        elif self.pipeline != Pipeline():
            raise UserError(f"pipeline is for source=diffusers, and source={self.source}: set one of them.")
        if self.picture_folder and self.source != "folder":
            raise UserError(
                f"picture_folder is for source=folder, and source={self.source}: its pictures would not be "
                "used. Set source=folder, or leave it out."
            )

    def told(self) -> dict[str, Any]:
        """The settings that are part of a data set: where things lie on this machine is not."""
        told = {k: v for k, v in asdict(self).items() if k not in ("picture_folder", "pipeline")}
        return told | ({"pipeline": self.pipeline.told()} if self.source == "diffusers" else {})

    def check_ranges(self, *ranges: tuple[str, int, int]) -> None:
        """UserError for the first setting outside its range, ends included."""
        for name, low, high in ranges:
            value = getattr(self, name)
            if not low <= value <= high:
                raise UserError(f"{name}={value} is out of range: choose {low} to {high:,}.")


@dataclass(frozen=True, kw_only=True)
class BuildSettings(PictureSettings):
    """Counts are per person unless said otherwise. The defaults are the published figures of ReMem."""

    candidates: int = 100
    qa: int = 100  # training questions
    images: int = 100  # training views
    test_qa: int = 28  # held-out questions, in held-out wording
    test_images: int = 20  # held-out views
    one_hop: float = 0.7  # share of questions that name the person; the rest only shows them
    test_one_hop: float | None = None  # the same share among held-out questions; null: as one_hop
    one_hop_pictures: bool = False  # one-hop rows show a picture too (so it seems in the published set)
    strangers: int = 4  # people in all who are never taught, for membership attacks: strangers.parquet
    perturbed: int = 5  # wrong answers to every question, in paraphrases.parquet
    forget: tuple[float, ...] = (0.05, 0.10, 0.15, 0.20)  # share of people in forget1, forget2 ...
    retain_share: float = 0.35  # of the training questions of each person who is never forgotten

    def unknown(self) -> int:
        """How many strangers the set will have. With the user's own pictures there are none of them: they are
        asked about in text alone, and not at all where every question comes with a picture."""
        texts = 0 if self.one_hop_pictures else round(min(self.test_qa, self.qa) * self.one_hop)
        return 0 if self.source == "folder" and not texts else self.strangers

    def forgotten(self) -> tuple[int, ...]:
        """How many people each forget split holds: nested, at least one, and never everyone."""
        return tuple(min(max(1, round(share * self.people)), self.people - 1) for share in self.forget)

    def splits(self) -> tuple[str, ...]:
        """The names of the splits that a data set built so will have."""
        forgets = tuple(f"forget{number + 1}" for number in range(len(self.forget)))
        return ("finetune", *forgets, "retain", "test")

    def check(self) -> None:
        """UserError that names the first setting that cannot be."""
        super().check()
        self.check_ranges(
            ("qa", 1, 10_000),
            ("images", 1, 10_000),
            ("test_qa", 1, 10_000),
            ("test_images", 1, 10_000),
            ("strangers", 0, 1000),
            ("perturbed", 0, 100),
        )
        for name in ("one_hop", "test_one_hop", "retain_share"):
            share = getattr(self, name)
            if share is not None and not 0 <= share <= 1:
                raise UserError(f"{name}={share} is a share: choose 0 to 1.")
        possible(self.people * (self.qa + self.test_qa), "questions", "people, qa, test_qa")
        possible(self.people * (self.images + self.test_images), "pictures", "people, images, test_images")
        if round(self.qa * self.retain_share) < 1:
            raise UserError(
                f"retain_share={self.retain_share} of qa={self.qa} questions is none. Raise one of them."
            )
        if not self.forget or len(self.forget) > 4 or list(self.forget) != sorted(self.forget):
            raise UserError(f"forget={self.forget}: give one to four shares, in rising order.")
        if not all(0 < share < 1 for share in self.forget):
            raise UserError(f"forget={self.forget}: each share must lie between 0 and 1.")
