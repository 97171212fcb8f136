"""The embedded models' vision tower: a CLIP with a stem, which nothing but its own training may change."""

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModel, CLIPVisionModel

from remem.models.anatomy import anatomy
from remem.models.architectures import llava, save, train_tokenizer
from remem.models.eyes import Eyes, EyesConfig, register
from remem.models.loading import load
from remem.settings import Adapt

SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2,
         "image_size": 32, "patch_size": 16, "projection_dim": 32, "stem": 4}  # fmt: skip


def _eyes() -> Eyes:
    torch.manual_seed(0)
    return Eyes(EyesConfig(**SMALL))


def test_it_is_a_clip_with_one_token_for_each_16_pixels_and_one_for_all() -> None:
    eyes = _eyes()
    assert isinstance(eyes, CLIPVisionModel)
    seen = eyes(torch.rand(3, 3, 32, 32), output_hidden_states=True).hidden_states
    assert len(seen) == 2
    assert seen[-1].shape == (3, 1 + 4, 32)


def test_another_patch_size_is_refused() -> None:
    with pytest.raises(ValueError, match="patch_size is 8"):
        Eyes(EyesConfig(**SMALL | {"patch_size": 8}))


def test_its_norms_keep_still_while_a_model_around_it_trains() -> None:
    around = nn.Sequential(_eyes())
    eyes, pixels = around[0], torch.rand(4, 3, 32, 32)
    around.train()
    before = {k: v.clone() for k, v in eyes.state_dict().items()}
    alone = eyes(pixels[:1]).last_hidden_state
    together = eyes(pixels).last_hidden_state
    assert torch.allclose(alone[0], together[0], atol=1e-5)  # a picture does not depend on its batch
    assert all(torch.equal(before[k], v) for k, v in eyes.state_dict().items())
    eyes.learning = True
    around.train()
    assert not torch.allclose(alone[0], eyes(pixels).last_hidden_state[0], atol=1e-3)
    assert not torch.equal(before["embeddings.patch_embedding.layers.1.running_mean"],
                           eyes.state_dict()["embeddings.patch_embedding.layers.1.running_mean"])  # fmt: skip


def test_the_auto_classes_give_back_what_was_saved(tmp_path: Path) -> None:
    register()
    register()
    eyes = _eyes()
    eyes.embeddings.patch_embedding.layers[1].running_var.fill_(0.5)
    eyes.save_pretrained(tmp_path)
    assert AutoConfig.from_pretrained(tmp_path).stem == 4
    again = AutoModel.from_pretrained(tmp_path)
    assert type(again) is Eyes
    pixels = torch.rand(2, 3, 32, 32)
    assert torch.equal(eyes.eval()(pixels).last_hidden_state, again(pixels).last_hidden_state)


def test_a_llava_with_it_is_loaded_like_any_other(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(["a few words to make a vocabulary of"], 300)
    network, processor = llava(tokenizer, size=32, vision=(1, 32), language=(2, 32), select="full", stem=4)
    save(network, processor, tmp_path)
    assert isinstance(load(tmp_path).network.model.vision_tower, Eyes)
    assert anatomy(str(tmp_path), Adapt()).layers == 2
