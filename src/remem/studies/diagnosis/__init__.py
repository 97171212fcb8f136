"""Did stage 1 teach anything, and what decides it? Sweeps over data sets, taught and measured alike."""

from remem.studies.diagnosis.sweeps import (
    Member,
    Sweep,
    members,
    one_hop_beside,
    one_hop_share,
    published_shapes,
    qa_per_person,
    sweeps,
)

__all__ = [
    "Member",
    "Sweep",
    "members",
    "one_hop_beside",
    "one_hop_share",
    "published_shapes",
    "qa_per_person",
    "sweeps",
]
