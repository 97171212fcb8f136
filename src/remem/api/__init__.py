"""What `import remem` gives. Everything else is private."""

from remem.api.experiment import Experiment
from remem.api.judged import assess
from remem.api.once import Answers, ask, build, load, open_model, score
from remem.api.results import Results, read
from remem.errors import GateFailed, UserError
from remem.run.plugins import load as load_plugins

__all__ = [
    "Answers",
    "Experiment",
    "GateFailed",
    "Results",
    "UserError",
    "ask",
    "assess",
    "build",
    "load",
    "load_plugins",
    "open_model",
    "read",
    "score",
]
