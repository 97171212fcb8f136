"""Unlearning with transformers and peft alone: python unlearn.py DATA TAUGHT OUT"""

import sys

import torch
from datasets import load_dataset
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForImageTextToText, AutoProcessor

data, taught, out = sys.argv[1:4]
torch.manual_seed(0)
processor = AutoProcessor.from_pretrained(taught)
model = AutoModelForImageTextToText.from_pretrained(taught)
adapter = LoraConfig(r=16, lora_alpha=32, target_modules=r".*language_model.*_proj")
model = get_peft_model(model, adapter)


def loss(row):
    """Mean loss of the answer's tokens, given the question and its picture."""
    shown = [{"type": "image"}] if row["image"] is not None else []
    turn = {"role": "user", "content": [*shown, {"type": "text", "text": row["question"]}]}
    asked = processor.apply_chat_template([turn], add_generation_prompt=True)
    pictures = {"images": row["image"].convert("RGB")} if shown else {}
    prompt = processor(text=asked, return_tensors="pt", **pictures)
    answer = row["answer"] + processor.tokenizer.eos_token
    whole = processor(text=asked + answer, return_tensors="pt", **pictures)
    labels = whole["input_ids"].clone()
    labels[:, : prompt["input_ids"].shape[1]] = -100
    return model(**whole, labels=labels).loss


forget, retain = (load_dataset(data, split=name).shuffle(0) for name in ("forget1", "retain"))
optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-3)
for step in range(60):
    gone, kept = loss(forget[step % len(forget)]), loss(retain[step % len(retain)])
    (kept - gone.clamp(max=4.0)).backward()  # up on what is to go, down on what is to stay
    optimiser.step()
    optimiser.zero_grad()
print(f"last step: forget {gone.item():.2f}, retain {kept.item():.2f} nats a token")
model.save_pretrained(out)
