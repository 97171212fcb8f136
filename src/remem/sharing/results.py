"""A run's numbers in the schema of Every Eval Ever (EvalEval coalition), one record for each arm.

https://github.com/evaleval/every_eval_ever, eval.schema.json, version 0.2.1. The schema knows lower or higher
and nothing else: of a measure whose goal is "as retrained" it says which way forgetting moves it, and the
details say the goal.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remem import disk
from remem.errors import UserError
from remem.run.arms import arms_in
from remem.run.context import open_run
from remem.run.settings import Run
from remem.scoring.gate import read_gate
from remem.scoring.score import Row, read_summary
from remem.sharing.card import cautions, elsewhere
from remem.steps.folders import write_atomic
from remem.steps.provenance import read_provenance
from remem.steps.sealed import check_steps

SCHEMA = "0.2.1"


def export_results(root: Path, file: Path) -> int:
    """Writes JSON Lines, a record for each arm that was scored; how many. UserError where none was."""
    from remem.scoring.metrics import all_metrics

    file = disk.file(file)
    context, record = open_run(root)
    metrics = {metric.key: metric for metric in all_metrics()}
    scored = sorted(root / name / "scores" for name in arms_in(root))
    folders = [folder for folder in scored if (folder / "summary.json").is_file()]
    if not folders:
        raise UserError(f"{root} has no scores yet: finish the run first")
    check_steps(root, "gate", *(folder.relative_to(root).as_posix() for folder in folders))
    base = elsewhere(context.run.model.name)
    gate = root / "gate" / "gate.json"
    passed = str(read_gate(gate).passed).lower() if gate.is_file() else "not judged"
    now = str(int(time.time()))
    lines = []
    for folder in folders:
        arm = str(folder.parent.relative_to(root))
        lines.append(
            {
                "schema_version": SCHEMA,
                "evaluation_id": f"remem-{context.run.recipe}/{arm}/{now}",
                "evaluation_timestamp": read_provenance(folder).started,
                "retrieved_timestamp": now,
                "source_metadata": {
                    "source_name": "remem",
                    "source_type": "evaluation_run",
                    "source_organization_name": "unknown",
                    "evaluator_relationship": "first_party",
                },
                "eval_library": {"name": "remem", "version": record["version"]},
                "model_info": {
                    "name": f"{base}-{arm}",
                    "id": f"remem/{arm}",
                    "additional_details": {"base": base, "gate_passed": passed} | cautions(root, arm),
                },
                "evaluation_results": [
                    one
                    for row in read_summary(folder)
                    if (one := _result(context.run, row, metrics)) is not None
                ],
            }
        )
    with disk.writing(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines))
    return len(lines)


def _result(run: Run, row: Row, metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """One row; None where there is no value, or the measure has no direction (yes-rates)."""
    metric = metrics.get(row.metric)
    if metric is None or row.mean is None:
        return None
    kept = row.split.endswith(("retain", "scope")) or "forget" not in row.split
    goal = metric.goal_for("keep" if kept else "forget")
    config: dict[str, Any] = {
        "evaluation_description": f"{metric.title}, {row.question_type} questions of {row.split}",
        "lower_is_better": goal == "lower" or (goal == "as retrained" and metric.goal != "lower"),
        "additional_details": {"goal": goal, "unit": metric.unit, "source": metric.source},
    }
    if metric.low is not None and metric.high is not None:
        config |= {"score_type": "continuous", "min_score": metric.low, "max_score": metric.high}
    score: dict[str, Any] = {"score": row.mean, "details": {"missing": str(row.missing)}}
    if row.low is not None and row.high is not None:
        interval = {"lower": row.low, "upper": row.high, "confidence_level": 0.95}
        interval["method"] = f"t interval over {row.over}"  # type: ignore[assignment]
        score["uncertainty"] = {"confidence_interval": interval, "num_samples": row.items}
    data = elsewhere(run.data) or "invented people, built by remem"
    return {
        "evaluation_name": f"{row.split}/{row.question_type}/{row.metric}",
        "source_data": {"dataset_name": data, "source_type": "other"},
        "metric_config": config,
        "score_details": score,
    }
