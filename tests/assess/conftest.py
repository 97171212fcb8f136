"""One finished run and one assessed folder that the tests of this room read: made once, never written to."""

from assess.judged import assessed, finished  # noqa: F401
