"""The cores of a CPU as devices of JAX."""

from __future__ import annotations

import os

MOST = 8  # devices: each gets a share of a hundred or so candidates


def use_cores() -> None:
    """Make every core a device, up to `MOST`, unless the user has set a number; to be called before JAX computes."""
    import jax

    from ..compilation import cores

    configured = "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
    if configured or jax.config.values["jax_num_cpu_devices"] > 0:
        return
    try:
        jax.config.update("jax_num_cpu_devices", min(cores(), MOST))
    except RuntimeError:  # JAX has its devices already
        return
