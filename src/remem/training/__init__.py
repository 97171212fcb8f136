"""The one training loop, for both stages, with what guards it."""
