"""The diffusers source on tiny random pipelines: the real code path, offline."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("diffusers")

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DDPMPipeline,
    StableDiffusionImg2ImgPipeline,
    UNet2DConditionModel,
    UNet2DModel,
)
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from remem.data import BuildSettings, build, images, invent, pipeline_fingerprint
from remem.data.images import Pipeline, generated, pipelines
from remem.errors import UserError
from remem.run.overrides import override
from remem.run.recipes import drawn

PERSON, OTHER = invent(2, 0)
WIDE = 32  # of the text encoder, and of what the network attends to


def _tokenizer(folder):
    letters = [chr(n) for n in range(ord("a"), ord("z") + 1)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer.from_pretrained(folder, model_max_length=77)


def _network():
    return UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(32, 64),
        layers_per_block=1,
        cross_attention_dim=WIDE,
        attention_head_dim=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An image-to-image pipeline of random weights, as a user would have it on disk."""
    root = tmp_path_factory.mktemp("pipeline")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        text = CLIPTextConfig(
            vocab_size=54, hidden_size=WIDE, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2,
            bos_token_id=0, eos_token_id=1, pad_token_id=1,
        )  # fmt: skip
        vision = AutoencoderKL(
            block_out_channels=(32, 64),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            latent_channels=4,
        )
        made = StableDiffusionImg2ImgPipeline(
            vae=vision,
            text_encoder=CLIPTextModel(text),
            tokenizer=_tokenizer(root),
            unet=_network(),
            scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    made.save_pretrained(root / "saved")
    return root / "saved"


@pytest.fixture(scope="module")
def adapter(tmp_path_factory):
    """The weights of an IP-Adapter for the network above, and its image encoder beside them."""
    root = tmp_path_factory.mktemp("adapter")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        encoder = CLIPVisionModelWithProjection(
            CLIPVisionConfig(
                hidden_size=32,
                intermediate_size=37,
                num_attention_heads=4,
                num_hidden_layers=2,
                image_size=32,
                patch_size=16,
                projection_dim=WIDE,
            )
        )
        encoder.save_pretrained(root / "image_encoder")
        CLIPImageProcessor(size=32, crop_size=32).save_pretrained(root / "image_encoder")
        weights, number = {}, 1
        for name in _network().attn_processors:
            if name.endswith("attn2.processor"):
                wide = 32 if name.startswith("up_blocks.1") else 64
                for key in ("to_k_ip", "to_v_ip"):
                    weights[f"{number}.{key}.weight"] = torch.randn(wide, WIDE)
            number += 2 if name.endswith("attn2.processor") else 0
        projection = {
            "proj.weight": torch.randn(WIDE * 4, WIDE),
            "proj.bias": torch.randn(WIDE * 4),
            "norm.weight": torch.ones(WIDE),
            "norm.bias": torch.zeros(WIDE),
        }
        torch.save({"image_proj": projection, "ip_adapter": weights}, root / "adapter.bin")
    return root / "adapter.bin"


@pytest.fixture(autouse=True)
def drawn_reference(monkeypatch):
    monkeypatch.setattr("remem.data.images.rendered.find_spec", lambda name: None)


def _settings(folder, **changed):
    said = {"num_inference_steps": 2, "strength": 0.9}
    return Pipeline(**{"name": str(folder), "arguments": json.dumps(said), "pixels": 64, **changed})


def _pixels(picture):
    return np.asarray(picture.image, int)


@pytest.fixture(scope="module")
def source(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("remem.data.images.rendered.find_spec", lambda name: None)
        yield images.source("diffusers", pipeline=_settings(folder))


def test_a_view_is_an_edit_and_holds_no_name(source, folder):
    picture = source.view(PERSON, 0, 0, 24)
    assert (picture.image.size, picture.image.mode) == ((24, 24), "RGB")
    assert picture.provenance["source"] == "diffusers"
    assert picture.provenance["pipeline"] == folder.name
    prompt = picture.provenance["prompt"]
    assert PERSON.appearance["hair_colour"] in prompt
    assert not [word for word in PERSON.name.split() if word in prompt]
    assert "elephant" in source.scene(PERSON, "zoo visit", 0, 0, 24).provenance["prompt"]


def test_the_same_seed_has_the_same_pixels_in_any_order(source, folder):
    first = [_pixels(source.view(PERSON, n, 0, 24)) for n in range(2)]
    other = images.source("diffusers", pipeline=_settings(folder))
    again = [_pixels(other.view(PERSON, n, 0, 24)) for n in (1, 0)][::-1]
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[0] != first[1]).any()
    assert (first[0] != _pixels(source.view(PERSON, 0, 1, 24))).any()
    assert (first[0] != _pixels(source.scene(PERSON, "zoo visit", 0, 0, 24))).any()


def test_nothing_is_printed(folder, capfd):
    images.source("diffusers", pipeline=_settings(folder)).view(PERSON, 0, 0, 16)
    said = capfd.readouterr()
    assert said.out + said.err == ""


def _drawn_with(source, *people):
    """Pictures of the same words and noise: only the reference differs."""
    made = []
    for person in people:
        reference, noise = source._reference.of(person, 0), torch.Generator().manual_seed(0)
        made.append(np.asarray(source._call("a face", reference, noise), int))
    return made


def test_the_reference_counts(source):
    one, other = _drawn_with(source, PERSON, OTHER)
    assert (one != other).any()


def test_a_text_to_image_pipeline_takes_the_reference_by_an_adapter(folder, adapter):
    def differ(scale):
        settings = _settings(
            folder,
            kind="StableDiffusionPipeline",
            ip_adapter=str(adapter),
            ip_adapter_scale=scale,
            arguments='{"num_inference_steps": 1}',
        )
        one, other = _drawn_with(images.source("diffusers", pipeline=settings), PERSON, OTHER)
        return (one != other).any()

    assert differ(1.0)
    assert not differ(0.0)


def test_a_blacked_out_picture_is_made_again_and_then_given_up(source, monkeypatch):
    flags = [[True], [False]]

    def flagged(**given):
        return type("Out", (), {"images": [source_image], "nsfw_content_detected": flags.pop(0)})

    source.view(PERSON, 0, 0, 16)
    source_image = source._reference.of(PERSON, 0)
    monkeypatch.setattr(source, "_loaded", flagged)
    assert source.view(PERSON, 0, 0, 16).image.size == (16, 16)
    assert not flags
    flags += [[True]] * 3
    with pytest.raises(UserError, match="safety checker blacked out 3 pictures"):
        source.view(PERSON, 0, 0, 16)


def test_without_the_extra_the_user_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(generated, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install remem\[diffusers\]"):
        images.source("diffusers", pipeline=Pipeline(name="any"))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": ""}, "set pipeline.name"),
        ({"arguments": "steps"}, "is no JSON"),
        ({"arguments": "[]"}, "give an object"),
        ({"arguments": '{"prompt": "x"}'}, "remem sets prompt itself"),
        ({"arguments": '{"num_inference_step": 2}'}, "Did you mean num_inference_steps"),
        ({"arguments": '{"num_inference_steps": "two"}'}, "refused the call"),
        ({"pixels": 100}, "multiple of 8"),
        ({"ip_adapter_scale": 9.0}, "choose 0 to 2"),
        ({"kind": "FluxKontxtPipeline"}, "has no pipeline FluxKontxtPipeline"),
        ({"kind": "AutoencoderKL"}, "has no pipeline AutoencoderKL"),
        ({"kind": "StableDiffusionPipeline"}, "through an IP-Adapter.*kind=StableDiffusionImg2ImgPipe"),
        ({"kind": "PixArtAlphaPipeline"}, "PixArtAlphaPipeline can take no reference picture"),
        ({"kind": "FluxKontextPipeline", "arguments": "{}"}, "cannot be loaded as FluxKontextPipeline"),
        ({"ip_adapter": "missing.bin"}, "give a file, or OWNER/NAME"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_one_sentence(folder, changed, says):
    with pytest.raises(UserError, match=says):
        images.source("diffusers", pipeline=_settings(folder, **changed)).view(PERSON, 0, 0, 16)


def test_a_folder_that_is_no_pipeline(tmp_path):
    with pytest.raises(UserError, match=r"no model_index\.json"):
        images.source("diffusers", pipeline=Pipeline(name=str(tmp_path)))
    with pytest.raises(UserError, match="cannot be read as a diffusers pipeline"):
        images.source("diffusers", pipeline=Pipeline(name="nobody/nothing"))


def test_a_pipeline_without_prompts(tmp_path):
    network = UNet2DModel(
        sample_size=8,
        block_out_channels=(32, 32),
        down_block_types=("DownBlock2D",) * 2,
        up_block_types=("UpBlock2D",) * 2,
        layers_per_block=1,
    )
    DDPMPipeline(network, DDIMScheduler()).save_pretrained(tmp_path)
    with pytest.raises(UserError, match="DDPMPipeline takes no prompt"):
        images.source("diffusers", pipeline=Pipeline(name=str(tmp_path)))


def test_a_data_set_is_built_and_does_not_say_where_the_pipeline_lies(folder, tmp_path):
    run = override(
        drawn(),
        [
            "build.source=diffusers",
            f"build.pipeline.name={folder}",
            'build.pipeline.arguments={"num_inference_steps": 1, "strength": 1.0}',
            "build.pipeline.pixels=64",
        ],
    )
    settings = replace(run.build, people=2, qa=2, images=1, test_qa=2, test_images=1, size=16)
    build(tmp_path / "set", settings)
    told = json.loads((tmp_path / "set" / "build.json").read_text())
    assert told["pipeline"]["name"] == folder.name
    card = (tmp_path / "set" / "README.md").read_text()
    assert folder.name in card
    assert str(folder.parent) not in card
    assert "pipeline" not in BuildSettings().told()


def test_other_weights_are_another_data_set(folder, tmp_path):
    first = pipeline_fingerprint(_settings(folder))
    assert first == pipeline_fingerprint(_settings(folder))
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    content = weights.read_bytes()
    try:
        weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        assert pipeline_fingerprint(_settings(folder)) != first
    finally:
        weights.write_bytes(content)
    assert pipeline_fingerprint(Pipeline(name="owner/name")) == "owner/name"
    assert pipeline_fingerprint(Pipeline()) == ""
    assert Pipeline(name="owner/name").label == "owner/name"


def test_places_of_adapters(tmp_path):
    assert pipelines._adapter("owner/name/models/plus/a.safetensors") == (
        "owner/name",
        "models/plus",
        "a.safetensors",
    )
    (tmp_path / "a.bin").touch()
    assert pipelines._adapter(str(tmp_path / "a.bin")) == (str(tmp_path), "", "a.bin")
