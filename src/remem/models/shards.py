"""A model whose trained weights are cut up among several processes while it trains.

Each process holds a part of every weight that trains, of its gradient and of its moments, and layers are put
together only while they are read (fully sharded data parallel: Zhao et al., PVLDB 16(12), 2023,
arXiv:2304.11277; the same as DeepSpeed's ZeRO-3). Frozen weights stay whole on each: with LoRA there is
little to cut.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from remem.errors import UserError
from remem.models.anatomy import decoder_layers
from remem.steps import parallel


class Cut:
    """Cuts a network up, in place; `whole` gives one like it, with the weights put together again."""

    def __init__(self, network: Any) -> None:
        from torch.distributed import fsdp
        from torch.distributed.device_mesh import init_device_mesh

        if not hasattr(getattr(fsdp, "FSDPModule", None), "set_reduce_scatter_unused_params"):
            raise UserError("model.shard=true needs a newer torch: 2.13 has what it takes")
        self.network, self.bare = network, _bare(network)
        place = next(network.parameters()).device
        self.mesh = init_device_mesh(place.type, (parallel.world(),))
        # Nothing is ever added to what the network gives in place.
        warnings.filterwarnings("ignore", message="FSDP2-wrapped module")
        frozen = {weight for weight in network.parameters() if not weight.requires_grad}
        for part in (*decoder_layers(network), network):
            fsdp.fully_shard(part, mesh=self.mesh, ignored_params=frozen)
        # Slices are already divided by the whole step: gradients add up. A part that no slice of one process
        # reads (the projector, in text alone) adds nothing there.
        network.set_reduce_scatter_unused_params(True)
        for part in network.modules():
            if isinstance(part, fsdp.FSDPModule):
                part.set_gradient_divide_factor(1.0)
                part.set_force_sum_reduction_for_comms(True)  # gloo knows no other

    def like(self, masks: Mapping[str, Tensor], weights: Mapping[str, Any]) -> dict[str, Any]:
        """Whole tensors cut as the weights of the same paths are."""
        from torch.distributed.tensor import distribute_tensor

        return {
            path: distribute_tensor(mask, self.mesh, weights[path].placements) for path, mask in masks.items()
        }

    def whole(self) -> Any:
        """The network with whole weights, on every process."""
        parts = dict(self.network.named_parameters())
        made: dict[int, nn.Parameter] = {}
        for path, module in self.bare.named_modules():
            for name, weight in module._parameters.items():
                if weight is None or not weight.is_meta:
                    continue
                if id(weight) not in made:  # tied weights stay tied
                    joined = full(parts[f"{path}.{name}" if path else name].detach())
                    made[id(weight)] = nn.Parameter(joined.clone(), requires_grad=True)
                module._parameters[name] = made[id(weight)]
        return self.bare


def _bare(network: Any) -> Any:
    """A copy of the structure: frozen weights and buffers are the same ones, those that train are empty."""
    memo: dict[int, Any] = {id(buffer): buffer for buffer in network.buffers()}
    for weight in network.parameters():
        empty = nn.Parameter(torch.empty_like(weight, device="meta"), requires_grad=True)
        memo[id(weight)] = empty if weight.requires_grad else weight
    return copy.deepcopy(network, memo)


def local(value: Any) -> Any:
    """This process's part of a tensor; a whole one as it is."""
    return value.to_local() if hasattr(value, "to_local") else value


def full(value: Any) -> Any:
    """The whole of a tensor; every process must ask."""
    return value.full_tensor() if hasattr(value, "full_tensor") else value


def parts_of(tree: Any) -> Any:
    """Dicts and lists with this process's parts in place of cut tensors: what can be written down."""
    if isinstance(tree, Mapping):
        return {key: parts_of(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(parts_of(value) for value in tree)
    return local(tree)


def rejoined(tree: Any, weights: Iterable[Any]) -> Any:
    """An optimiser's state, read back: parts as those of the weights, in their order."""
    from torch.distributed.tensor import DTensor

    state = {}
    for number, weight in enumerate(weights):
        state[number] = {
            name: DTensor.from_local(
                value.to(weight.device),
                weight.device_mesh,
                weight.placements,
                run_check=False,
                shape=weight.shape,
                stride=weight.stride(),
            )
            if isinstance(value, Tensor) and value.dim()
            else value
            for name, value in tree["state"].get(number, {}).items()
        }
    return {**tree, "state": {number: found for number, found in state.items() if found}}
