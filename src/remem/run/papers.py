"""Recipes for real models. What a paper prints is marked so; all else is ours, as docs/recipes.md says."""

from __future__ import annotations

from dataclasses import replace

from remem.data.pebench.cut import TASKS
from remem.data.pebench.settings import PEBenchSettings
from remem.data.settings import BuildSettings
from remem.run.settings import Run
from remem.settings import Adapt, Evaluate, Forget, ModelSettings, Train, Unlearn

# arXiv:2608.30649: LoRA of rank 8, alpha 16, dropout 0.05 on all language layers; 5 epochs, batches of 1 with
# 4 accumulated, seed 42. Its learning rates are not known to us.
_LORA = Adapt(vision="frozen", projector="frozen", language="lora", rank=8, alpha=16, dropout=0.05)
_LEARN = Train(lr=2e-4, epochs=5, batch=4, micro_batch=1, schedule="cosine")
_FORGET = Train(lr=1e-4, epochs=5, batch=4, micro_batch=1)


def remem_llava15() -> Run:
    """ReMem on LLaVA-1.5-7B with LoRA: one card of 40 GB or more. With --data: the published set."""
    return Run(
        recipe="remem-llava15",
        seed=42,
        build=BuildSettings(source="rendered", size=336),
        model=ModelSettings(
            name="llava-hf/llava-1.5-7b-hf",
            dtype="bfloat16",
            adapt=_LORA,
            features="disk",
            checkpointing=True,
        ),
        learn=_LEARN,
        forget=Forget(
            methods=tuple(Unlearn(method=name) for name in ("ga", "gd", "kl", "npo", "po", "dpo", "rmu")),
            train=_FORGET,
        ),
        evaluate=Evaluate(batch=64, tokens=16384, candidates=100),
    )


def remem_llava15_24gb() -> Run:
    """The same on a card of 24 GB: the base in four bits (QLoRA)."""
    run = remem_llava15()
    return replace(
        run,
        recipe="remem-llava15-24gb",
        model=replace(run.model, quantise="4bit"),
        evaluate=replace(run.evaluate, batch=16, tokens=8192),
    )


def remem_qwen25vl() -> Run:
    """ReMem on Qwen2.5-VL-7B with LoRA: one card of 40 GB or more."""
    run = remem_llava15()
    return replace(
        run,
        recipe="remem-qwen25vl",
        model=replace(run.model, name="Qwen/Qwen2.5-VL-7B-Instruct", features="off"),
    )


def remem_smolvlm() -> Run:
    """ReMem on SmolVLM (2 billion weights) with LoRA: one card of 24 GB."""
    run = remem_llava15()
    return replace(
        run,
        recipe="remem-smolvlm",
        model=replace(run.model, name="HuggingFaceTB/SmolVLM-Instruct"),
        evaluate=replace(run.evaluate, batch=32),
    )


def pebench_llava15() -> Run:
    """PEBench on LLaVA-1.5-7B: 200 people in 40 events; people, events and both are forgotten."""
    run = remem_llava15()
    return replace(
        run,
        recipe="pebench-llava15",
        build=PEBenchSettings(people=200, events=40, size=336),
        forget=Forget(
            tasks=tuple(TASKS),
            methods=(
                *(Unlearn(method=name) for name in ("po", "ga", "gd", "kl", "siu", "dpo")),
                Unlearn(method="bgd", tasks=("both",)),
                Unlearn(method="bgd_kl", tasks=("both",)),
            ),
            train=_FORGET,
        ),
        evaluate=Evaluate(batch=64, tokens=16384, max_new_tokens=128, items=1000),
    )
