"""Data sets and arms that several tests read: made once, never written to."""

from attacks.knowing import built, four  # noqa: F401
from attacks.small import arms, plain  # noqa: F401
