"""What leaves a run folder: whole models with a card, and folders to and from the hub."""

from remem.sharing.exported import export
from remem.sharing.hub import kind_of, pull, push
from remem.sharing.results import export_results

__all__ = ["export", "export_results", "kind_of", "pull", "push"]
