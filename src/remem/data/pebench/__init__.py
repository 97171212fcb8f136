"""Data sets in the shape of PEBench: people in events, cut into the tasks of forgetting people, events or
both."""
