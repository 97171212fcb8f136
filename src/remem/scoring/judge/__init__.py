"""G-Eval: does a model answer as the Goal model does? Judges compare an answer with the truth and with the
Goal model's answer, by a fixed rubric.

Liu et al. G-Eval. EMNLP 2023. arXiv:2303.16634; as an axis of PEBench, arXiv:2503.12545. The paper's rubric
and judge are not public: ours has a version, which is part of every judge's name.
"""

from remem.scoring.judge.case import Case, Verdict
from remem.scoring.judge.choose import JUDGES, check, identity, open_judge

__all__ = ["JUDGES", "Case", "Verdict", "check", "identity", "open_judge"]
