"""A model in, answers and rankings out; and the records that hold them."""
