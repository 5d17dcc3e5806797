"""The benchmark's record of BluePyOpt: each candidate's summed score goes to the keeper."""

from __future__ import annotations

from typing import Any


def watch(optimiser: Any, evaluator: Any, unit: dict[str, float], keep: Any) -> None:
    """Replace the optimiser's evaluation by one with the same scores that also records every candidate."""

    def evaluate(candidate: Any) -> list[float]:
        scores = evaluator.init_simulator_and_evaluate_with_lists(candidate)
        values = {name: x / unit.get(name, 1.0) for name, x in zip(evaluator.param_names, candidate, strict=True)}
        keep.offer(float(sum(scores)), values)
        return scores

    optimiser.toolbox.register("evaluate", evaluate)
