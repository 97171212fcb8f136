"""Pictures from a pipeline of diffusers that the user names: one reference portrait, one prompt a view."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from random import Random
from typing import TYPE_CHECKING, Any

from PIL import Image

from remem.data.images import prompts
from remem.data.images.pipelines import Pipeline, find, load
from remem.data.images.reference import Reference
from remem.data.images.source import Picture
from remem.data.opening import rgb
from remem.data.people import Person
from remem.errors import UserError
from remem.seeds import derive

if TYPE_CHECKING:
    import torch

_TRIES = 3  # of a picture that the pipeline's own safety checker blacks out


class Generated:
    """Edits of one reference portrait by a pipeline that keeps who it is. Only looks and scenes are told, no
    names.

    The reference goes to the call's argument `image`, or by an IP-Adapter to `ip_adapter_image`. Equal
    settings give equal pictures on one machine; another device or another version of a library rounds
    otherwise.
    """

    name = "diffusers"
    slow = True
    costly = True  # every picture is worth keeping
    alone = True  # no second copy of the pipeline would fit

    def __init__(self, pipeline: Pipeline) -> None:
        if find_spec("diffusers") is None:
            raise UserError("source=diffusers needs diffusers. Install it with: pip install remem[diffusers]")
        pipeline.check()
        self.settings = pipeline
        with _quiet():
            self._kind = find(pipeline)
        self._reference = Reference(pipeline.pixels)
        self._loaded: Any = None  # only when a picture is asked for: gigabytes, and a minute

    def view(self, person: Person, number: int, seed: int, size: int) -> Picture:
        """View `number` of the person. UserError when the pipeline cannot be loaded or refuses the call."""
        rng = Random(f"{seed}/diffusers/{person.id}/{number}")
        return self._edit(person, prompts.view(person, rng), seed, (person.id, number), size)

    def scene(self, person: Person, event: str, number: int, seed: int, size: int) -> Picture:
        """Picture `number` of the person in an event."""
        rng = Random(f"{seed}/diffusers/{person.id}/{event}/{number}")
        return self._edit(person, prompts.scene(person, event, rng), seed, (person.id, event, number), size)

    def _edit(self, person: Person, prompt: str, seed: int, which: tuple[object, ...], size: int) -> Picture:
        import torch

        reference = self._reference.of(person, seed)
        for again in range(_TRIES):
            # On the CPU whatever the device: the noise is the same everywhere.
            generator = torch.Generator("cpu").manual_seed(derive(seed, "diffusers", *which, again))
            image = self._call(prompt, reference, generator)
            if image is not None:
                small = rgb(image).resize((size, size), Image.Resampling.LANCZOS)
                said = {"source": self.name, "pipeline": self.settings.label, "prompt": prompt}
                return Picture(image=small, provenance=said)
        raise UserError(
            f"{self.settings.name}: its safety checker blacked out {_TRIES} pictures of {prompt!r}. Give a "
            "pipeline that was saved without one (safety_checker=None)."
        )

    def _call(self, prompt: str, reference: Image.Image, generator: torch.Generator) -> Image.Image | None:
        """A picture; None where the safety checker has blacked it out."""
        import torch

        with _quiet():
            if self._loaded is None:
                self._loaded = load(self._kind, self.settings)
            takes = inspect.signature(self._kind.__call__).parameters
            given: dict[str, Any] = {"prompt": prompt, "generator": generator}
            given |= {side: self.settings.pixels for side in ("height", "width") if side in takes}
            if "image" in takes:
                given["image"] = reference
            if self.settings.ip_adapter:
                given["ip_adapter_image"] = reference
            try:
                made = self._loaded(**(given | self.settings.call()))
            except torch.OutOfMemoryError as error:
                raise UserError(
                    f"{self.settings.name} does not fit the GPU's memory. Set pipeline.offload=true, or "
                    "lower pipeline.pixels."
                ) from error
            except (TypeError, ValueError) as error:
                raise UserError(
                    f"{self.settings.name} ({self._kind.__name__}) refused the call: {error}. "
                    "Check pipeline.arguments and pipeline.kind."
                ) from error
        images = getattr(made, "images", None)
        if not images or not isinstance(images[0], Image.Image):
            raise UserError(f"{self.settings.name} ({self._kind.__name__}) makes no pictures. Name another.")
        return None if any(getattr(made, "nsfw_content_detected", None) or ()) else images[0]


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars and no warning with every call; what the user must know is raised."""
    from diffusers.utils import logging as ours
    from transformers.utils import logging as theirs

    before = [(one, one.get_verbosity(), one.is_progress_bar_enabled()) for one in (ours, theirs)]
    for one, _, _ in before:
        one.set_verbosity_error()
        one.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for one, level, bars in before:
            one.set_verbosity(level)
            if bars:
                one.enable_progress_bar()
