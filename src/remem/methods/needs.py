"""What methods may ask for: words that files, lists and the training loop share. No torch here."""

from __future__ import annotations

from typing import Literal

Trained = Literal["lora", "full"]  # LoRA in any part of the model, or in none
StandIn = Literal["refusal", "mismatch", "substitute"]
Need = Literal["retain", "reference", "hidden", "balance", "goal", StandIn]
NEEDS: dict[Need, str] = {
    "retain": "as many questions to keep as are forgotten in a step",
    "reference": "the model before unlearning",
    "hidden": "hidden states of a layer",
    "balance": "steps with as many questions of each kind to forget or to keep",
    "goal": "the Goal model",
    "refusal": "a refusal in place of each answer",
    "mismatch": "an answer to another question in place of each answer",
    "substitute": "each answer with another value in place of the true one",
}
