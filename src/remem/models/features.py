"""What a frozen vision tower sees in each picture: looked at once, then kept in memory or on disk.

What is kept is what the projector is given or, where asked for and frozen too, what it makes of it. On disk
it lies under a digest of the tower's weights and of how pictures are processed, so that another tower finds
nothing there; each picture under a digest of its own. A tower that trains is never spared its work.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Bool, Float, Int
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from remem.models.adapt import part_of
from remem.models.anatomy import plain, projector
from remem.models.base import Encoded, Question
from remem.models.held import Held

if TYPE_CHECKING:
    from remem.models.inside import Model

FEATURES, PARTS = "features", "parts"  # of a batch's inputs: of all pictures in turn, and how many each has
KEPT = "keeping what the vision tower sees"
PROBES = 3


def glance(
    seen: Float[Tensor, "picture token width"], glanced: Bool[Tensor, " picture"]
) -> Float[Tensor, "picture token width"]:
    """Of the pictures glanced at only the first token, the class token; PatchDropout (Liu et al., WACV 2023,
    arXiv:2208.07220) taken to its end."""
    patches = torch.arange(seen.shape[1], device=seen.device) > 0
    return seen.masked_fill((glanced[:, None] & patches)[..., None], 0.0)


class Features:
    """One model's pictures, as its tower sees them; `projected`: as its projector makes them of that."""

    def __init__(
        self,
        model: Model,
        folder: Path | None = None,
        projected: bool = False,
        budget_bytes: int = 1 << 30,
    ) -> None:
        self.model, self.folder, self.projected = model, folder, projected
        self._held = Held(budget_bytes)
        self._print: tuple[object, ...] = ()
        self._digest = ""

    def of(self, rows: Sequence[Encoded]) -> dict[str, Tensor] | None:
        """The rows' pictures for a batch's inputs; None where the network must look at them itself."""
        shown = [row for row in rows if row.question.pictures]
        if not shown or not self.frozen() or not all(row.question.seen_key for row in shown):
            return None
        if not self._exact(shown[:PROBES]):
            return None
        self._follow()
        seen = [self._get(row) for row in shown]
        if len({tensor.shape[1:] for tensor in seen}) > 1:  # of several sizes: no tensor holds them all
            return None
        parts = torch.tensor([len(tensor) for tensor in seen])
        return {FEATURES: torch.cat(seen).to(self.model.device, self.model.dtype), PARTS: parts}

    def frozen(self) -> bool:
        """Whether nothing in the tower trains."""
        if self.model.trainables is None:
            return not self.model.network.training
        return not any(part_of(path) == "vision" for path in self.model.trainable())

    def apart(self, rows: Sequence[Encoded]) -> float:
        """How far what is kept of the rows' pictures is from what the tower sees now, at most."""
        self._follow()
        return max((self._get(row).to(self.model.device) - self.look(row)).abs().max().item() for row in rows)

    def at_work(self) -> bool:
        """Whether the tower is spared its work: it is frozen, and this has been seen to change no number."""
        return bool(self.model.trust[KEPT]) and self.frozen()

    def outputs(
        self,
        features: Float[Tensor, "part token width"],
        parts: Int[Tensor, " picture"],
        glanced: Bool[Tensor, " picture"] | None = None,
    ) -> Any:
        """As the network's forward takes what was seen, in place of pixels."""
        from transformers.modeling_outputs import BaseModelOutputWithPooling

        made = features if self._projected() else projector(self.model.network)(features)
        if glanced is not None:
            made = glance(made, glanced)
        each = [picture.reshape(-1, picture.shape[-1]) for picture in made.split(parts.tolist())]
        return {"image": BaseModelOutputWithPooling(pooler_output=each)}

    def look(self, row: Encoded) -> Float[Tensor, "part token width"]:
        """What the tower sees in a row's picture now; the language model is not asked.

        One picture at a time: its neighbours in a batch would show in the last bits.
        """
        model, after = self.model, self._projected()

        def taken(module: Any, inputs: Any, output: Any = None) -> None:
            raise _Seen(output if after else inputs[0])

        module = projector(model.network)
        hook = module.register_forward_hook if after else module.register_forward_pre_hook
        alone = replace(row, answer=())
        inputs = model.encoder.collate([alone], model.device).inputs
        inputs |= model.encoder.pictures([alone], model.device, model.dtype)
        try:
            with torch.no_grad(), model.deterministic(), hook(taken):
                model.call(**inputs)
        except _Seen as seen:
            return seen.tensor.detach().to(model.dtype)
        raise RuntimeError("the projector was never asked")

    def _get(self, row: Encoded) -> Tensor:
        key = row.question.seen_key
        held = self._held.get(key)
        if held is None:
            found = self._read(row.question)
            if found is None:
                found = self.look(row).cpu()
                self._write(row.question, found)
            held = {FEATURES: found}
            self._held.put(key, held)
        return held[FEATURES]

    # -- on disk ---------------------------------------------------------------------------------------------

    def place(self, question: Question) -> Path | None:
        """The file of a picture; None where nothing is kept on disk."""
        if self.folder is None:
            return None
        key = question.seen_key
        return self.folder / self._digest / key[:2] / f"{key}.safetensors"

    def _read(self, question: Question) -> Tensor | None:
        path = self.place(question)
        if path is None or not path.exists():
            return None
        try:
            with safe_open(path, framework="pt") as file:  # maps the file; only its pages are read
                return file.get_tensor(FEATURES)  # type: ignore[no-any-return]
        except (SafetensorError, OSError):  # damaged: looked at again, and written anew
            return None

    def _write(self, question: Question, seen: Tensor) -> None:
        path = self.place(question)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}.part")  # two processes may look at one picture
            save_file({FEATURES: seen.contiguous()}, part)
            part.replace(path)

    # -- what it depends on ----------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Forgets everything when the tower, or whether the projector is part of it, has changed."""
        tower = self._tower()
        # Every change in place raises a tensor's version.
        print_ = (self._projected(), *((id(tensor), tensor._version) for _, tensor in tower))
        if print_ != self._print:
            self._print, self._digest = print_, self._identify(tower)
            self._held.clear()

    def _tower(self) -> list[tuple[str, Tensor]]:
        parts = ("vision", "projector") if self._projected() else ("vision",)
        state = plain(self.model.network).state_dict(keep_vars=True)
        return [(path, tensor) for path, tensor in sorted(state.items()) if part_of(path) in parts]

    def _identify(self, tower: Sequence[tuple[str, Tensor]]) -> str:
        digest = hashlib.blake2b(digest_size=10)
        for path, tensor in tower:
            digest.update(f"{path} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
        config = plain(self.model.network).config.to_dict()
        about = {key: value for key, value in config.items() if "vision" in key or key == "scale_factor"}
        for name in ("_name_or_path", "transformers_version"):
            about.get("vision_config", {}).pop(name, None)
        images = self.model.processor.image_processor.to_dict()
        digest.update(
            json.dumps([about, images, str(self.model.dtype)], sort_keys=True, default=str).encode()
        )
        return digest.hexdigest()

    def _projected(self) -> bool:
        """Whether what is kept is what comes out of the projector."""
        if not self.projected or self.model.trainables is None:
            return self.projected
        return not any(part_of(path) == "projector" for path in self.model.trainable())

    def _exact(self, rows: Sequence[Encoded]) -> bool:
        model = self.model
        if model.trust[KEPT] is not None:
            return bool(model.trust[KEPT])
        if "mm_encoder_outputs" not in signature(plain(model.network).forward).parameters:
            return model.trust.refuse(KEPT, "it takes pixels only")

        def logp(kept: bool) -> list[float]:
            batch = model.encoder.collate(rows, model.device)
            if kept:
                seen = [self.look(row) for row in rows]
                parts = torch.tensor([len(tensor) for tensor in seen])
                vision = {FEATURES: torch.cat(seen), PARTS: parts}
            else:
                vision = model.encoder.pictures(rows, model.device, model.dtype)
            keep = batch.answer.shape[1] + 1
            with torch.no_grad(), model.deterministic():
                logits = model.call(**batch.inputs, **vision, logits_to_keep=keep).logits
            return logits.float().log_softmax(-1).amax(-1).flatten().tolist()  # type: ignore[no-any-return]

        return model.trust.try_(KEPT, lambda: logp(False), lambda: logp(True))


class _Seen(Exception):
    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
