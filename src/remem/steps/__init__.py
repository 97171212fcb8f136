"""Steps done once, in processes and on engines; knows nothing of unlearning."""
