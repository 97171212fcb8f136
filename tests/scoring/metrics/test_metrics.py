import subprocess
import sys

import pytest

from remem.scoring.metrics import EXPOSURE, METRICS, STATE_SHARES, STATES, all_metrics

# The columns that scores.parquet, exposure.parquet and summary.json promise.
PER_ITEM = (
    "em keyword_recall rouge_l_recall rouge_l_f1 probability exact_memorization extraction_strength "
    "min_k_10 min_k_pp_10"
)
PER_RANKING = "logp_sum logp_mean prob_geomean exposure_bits exposure_norm outranked"


def test_the_keys_are_those_that_the_files_promise():
    assert list(METRICS) == PER_ITEM.split()
    assert list(EXPOSURE) == PER_RANKING.split()
    assert list(STATE_SHARES) == [f"state_{name}" for name in STATES]


@pytest.mark.parametrize("metric", all_metrics(), ids=lambda metric: metric.key)
def test_every_metric_says_what_it_is(metric):
    assert metric.title
    assert metric.unit
    assert metric.source
    assert metric.goal in ("higher", "lower")
    assert metric.goal_for("keep") == metric.goal
    assert metric.goal_for("forget") == ("lower" if metric.key == "state_degenerate" else "as retrained")
    if metric.low is not None and metric.high is not None:
        assert metric.low < metric.high


def test_scoring_needs_no_torch():
    heavy = "{'torch', 'transformers', 'datasets', 'nltk'}"
    code = f"import sys, remem.scoring.score, remem.scoring.gate; assert not {heavy} & {{*sys.modules}}"
    subprocess.run([sys.executable, "-c", code], check=True)
