"""General knowledge that ships with remem: facts about places and things, in whose words they are asked for,
and plain sentences. Nobody real is among them, and nobody invented.

`facts.csv` is a list as `remem people` takes it, `wordings.json` a file of templates for it.
"""

from pathlib import Path

HERE = Path(__file__).parent
FACTS, WORDINGS, SENTENCES = "facts.csv", "wordings.json", "sentences.txt"
GENERAL = "general"  # the exam's name, and the name of its questions


def is_general(folder: Path) -> bool:
    """Whether a folder holds facts, wordings and sentences in this form."""
    return (folder / FACTS).is_file()
