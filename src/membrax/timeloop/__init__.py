"""The loop over time of `simulate` and `run`: one neuron, many steps, a `jax.lax.scan`.

`fit` takes the same steps (`one_step`) in loops of its own, which sum residuals and derivatives along the way.
"""

from .loop import TimeLoop, run_loop
from .samples import begin_memories, block_size, first_samples, stride, thin, with_first
from .step import assembled, begin_drive, one_step, step_means, stimulated_compartments

__all__ = [
    "TimeLoop",
    "assembled",
    "begin_drive",
    "begin_memories",
    "block_size",
    "first_samples",
    "one_step",
    "run_loop",
    "step_means",
    "stimulated_compartments",
    "stride",
    "thin",
    "with_first",
]
