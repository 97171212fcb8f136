"""A number for each room that decides numbers, kept by hand.

Raise a room's number when what it computes changes, and only then: every finished step that the room made is
stale from then on. `tests/story/test_golden.py` fails when numbers move and the number does not, and when it
moves without them. Methods and metrics need none: a digest of their code is part of what a step is known by.
"""

NUMBERS = {
    "data": 2,  # items, splits, pictures, strangers
    "world": 1,  # the exam, and what stage 1 goes over
    "models": 1,  # encoding, forwards, answers, rankings
    "training": 1,  # the loop, the order of questions, stand-ins
    "asking": 1,  # candidates, which items are ranked
    "scoring": 2,  # summaries, intervals, the gate; metrics have digests of their own
    "pebench": 2,  # axes, interference
}
