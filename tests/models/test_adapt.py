"""What trains is what was named, and the adapter switched off is the stage before it."""

from pathlib import Path

import pytest
import torch

from models.conftest import questions
from remem.errors import UserError
from remem.models import identity
from remem.models.adapt import part_of
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.settings import Adapt

LANGUAGE_LORA = Adapt(vision="frozen", projector="frozen", language="lora")
MIXED = Adapt(vision="frozen", projector="full", language="lora")


def said(model: Model) -> torch.Tensor:
    with torch.no_grad(), model.deterministic():
        return model.forward(model.collate([model.encode(question) for question in questions()])).logp


def shake(model: Model) -> None:
    """Moves everything that trains, as a training would."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.trainable().values():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)


@pytest.mark.parametrize("part", ["vision", "projector", "language"])
def test_only_the_named_part_trains(model: Model, part: str) -> None:
    how = {"vision": "frozen", "projector": "frozen", "language": "frozen", part: "full"}
    trainables = model.adapt(Adapt(**how))  # type: ignore[arg-type]
    assert {part_of(path) for path in model.trainable()} == {part}
    assert trainables.counts[part] == sum(p.numel() for p in model.trainable().values())


def test_language_lora_does_not_land_in_the_vision_tower(model: Model) -> None:
    model.adapt(LANGUAGE_LORA)
    paths = list(model.trainable())
    assert paths
    assert all("lora_" in path and part_of(path) == "language" for path in paths)
    assert not any("lm_head" in path for path in paths)


def test_tower_and_language_share_layer_names_that_a_suffix_would_confuse(model: Model) -> None:
    """The trap is real here: without full paths, q_proj would match in both."""
    parts = {part_of(path) for path, _ in model.network.named_modules() if path.endswith("q_proj")}
    assert parts == {"vision", "language"}


@pytest.mark.parametrize("adapt", [LANGUAGE_LORA, MIXED], ids=["lora", "lora + full projector"])
def test_adapter_off_is_the_stage_before_it(folders: dict[str, Path], tmp_path: Path, adapt: Adapt) -> None:
    for family, folder in folders.items():
        stage1 = load(folder)
        base = said(stage1)
        stage1.adapt(adapt)
        shake(stage1)
        taught = said(stage1)
        assert (taught - base).abs().max() > 1e-3
        stage1.save(tmp_path / family)

        stage2 = load(folder, [tmp_path / family])  # merged
        assert torch.allclose(said(stage2), taught, atol=1e-4), family
        stage2.adapt(adapt)
        rows = stage2.collate([stage2.encode(question) for question in questions()])
        reference = stage2.reference()
        shake(stage2)
        assert (said(stage2) - taught).abs().max() > 1e-3
        # adapter off is stage 1, not the base: the trap of stacked adapters
        assert torch.allclose(reference(rows).logp, taught, atol=1e-4), family
        stage2.save(tmp_path / f"{family}-2")
        again = load(folder, [tmp_path / family, tmp_path / f"{family}-2"])
        assert torch.allclose(said(again), said(stage2), atol=1e-4), family


def test_an_adapter_in_float32_on_half_precision_says_what_was_trained(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    """The projector comes back in float32, and is given what a tower in bfloat16 saw."""
    for family, folder in folders.items():
        trained = load(folder, dtype="bfloat16")
        trained.adapt(MIXED)
        shake(trained)
        trained.save(tmp_path / family)
        again = load(folder, [tmp_path / family], dtype="bfloat16")
        rows = [again.encode(question) for question in questions()]
        assert any(row.question.pictures for row in rows)
        assert torch.allclose(said(again), said(trained), atol=0.1)  # of log-probs of about -6, in bfloat16
        assert len(again.generate(rows, 4)) == len(rows)


def test_a_full_model_keeps_its_reference_and_loads_again(model: Model, tmp_path: Path) -> None:
    model.adapt(Adapt(vision="frozen", projector="full", language="full"))
    before = said(model)
    reference = model.reference()
    rows = model.collate([model.encode(question) for question in questions()])
    shake(model)
    after = said(model)
    assert torch.allclose(reference(rows).logp, before, atol=1e-6)
    assert (after - before).abs().max() > 1e-3
    model.save(tmp_path / "saved")
    assert torch.allclose(said(load("ignored", [tmp_path / "saved"])), after, atol=1e-5)


def test_reference_gives_no_gradient_and_no_dropout(model: Model) -> None:
    model.adapt(Adapt(vision="frozen", projector="frozen", language="lora", dropout=0.5))
    reference = model.reference()
    model.network.train()
    rows = model.collate([model.encode(question) for question in questions()])
    first, second = reference(rows), reference(rows)
    assert not first.logp.requires_grad
    assert torch.equal(first.logp, second.logp)
    assert model.network.training


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path, folders: dict[str, Path]) -> None:
    with pytest.raises(UserError, match=r"holds no config\.json"):
        load(tmp_path)
    for path in folders["llava"].iterdir():
        if path.name != "processor_config.json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(UserError, match="no processor"):
        load(tmp_path)


def test_other_weights_under_the_same_name_are_another_model(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(folders["llava"], tmp_path / "model")
    before = identity(str(tmp_path / "model"))
    shutil.copytree(tmp_path / "model", tmp_path / "elsewhere" / "model")
    assert identity(str(tmp_path / "elsewhere" / "model")) == before
    model = load(tmp_path / "model")
    model.adapt(Adapt())
    shake(model)
    model.save(tmp_path / "model")
    assert identity(str(tmp_path / "model")) != before


def test_smolvlm_loads_without_its_video_processor(folders: dict[str, Path], tmp_path: Path) -> None:
    """A published SmolVLM names a processor class that needs torchvision; its picture half does not."""
    import json

    for path in folders["smolvlm"].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    settings = json.loads((tmp_path / "processor_config.json").read_text())
    settings["processor_class"] = "SmolVLMProcessor"
    settings["video_processor"] = {"video_processor_type": "SmolVLMVideoProcessor"}
    (tmp_path / "processor_config.json").write_text(json.dumps(settings))
    model, plain = load(tmp_path), load(folders["smolvlm"])
    for question in questions():
        assert model.encode(question).prompt == plain.encode(question).prompt
    assert torch.equal(said(model), said(plain))


@pytest.mark.parametrize(("rank", "alpha"), [(4, 16), (8, 8)])
def test_an_adapter_weighs_alpha_over_its_rank(folders: dict[str, Path], rank: int, alpha: int) -> None:
    model = load(folders["llava"])
    model.adapt(Adapt(vision="frozen", projector="frozen", language="lora", rank=rank, alpha=alpha))
    layers = [module for module in model.network.modules() if hasattr(module, "lora_A") and module.lora_A]
    assert layers
    name = next(iter(layers[0].scaling))
    plain = {id(one): one.base_layer.weight.detach().clone() for one in layers}
    with torch.no_grad():
        for one in layers:
            torch.nn.init.normal_(one.lora_B[name].weight)
    one = layers[0]
    change = one.get_delta_weight(name)
    product = one.lora_B[name].weight @ one.lora_A[name].weight
    assert torch.allclose(change, product * alpha / rank, atol=1e-6)
    one.merge()
    assert torch.allclose(one.base_layer.weight, plain[id(one)] + product * alpha / rank, atol=1e-5)
