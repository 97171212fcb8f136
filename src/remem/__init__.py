"""remem: a laboratory for machine unlearning in vision-language models.

Nothing is imported before it is asked for, so that looking at a finished run is quick. What stands in
`__all__` is public; everything else is private. Types: `__init__.pyi`.
"""

import importlib as _importlib

__version__ = "0.1.0"
__all__ = [
    "Answers",
    "Experiment",
    "GateFailed",
    "Results",
    "UserError",
    "__version__",
    "ask",
    "assess",
    "build",
    "load",
    "load_plugins",
    "open_model",
    "read",
    "score",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'remem' has no attribute {name!r}")
    return getattr(_importlib.import_module("remem.api"), name)


def __dir__() -> list[str]:
    return list(__all__)
