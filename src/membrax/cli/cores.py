"""A CPU's cores as devices among which JAX can share work."""

from __future__ import annotations

import os

MOST = 8  # devices: each gets a share of a hundred or so candidates


def use_cores() -> None:
    """Every core a device, up to a few, unless that was settled before; must come before anything else of JAX."""
    import jax

    from ..compilation import cores

    asked = "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
    if asked or jax.config.jax_num_cpu_devices > 0:
        return
    try:
        jax.config.update("jax_num_cpu_devices", min(cores(), MOST))
    except RuntimeError:  # a computation was made already: its devices serve
        return
