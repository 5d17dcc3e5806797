"""A timed fit of membrax: one undisturbed call, whose checkpoint is copied at the times and read back afterwards.

The call writes its checkpoint after every generation. From a copy the same call resumes at the same state; a
KeyboardInterrupt there makes it return the best candidate so far.
"""

from __future__ import annotations

import importlib
import shutil
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keeping
import numpy as np


class Copies:
    """Copies of one fit's checkpoint."""

    def __init__(self, keep: keeping.Keeper, method: str) -> None:
        self.keep = keep
        self.method = method  # "module:class" of the search that is interrupted at its next generation
        self.file = Path(keep.job["out"]).with_suffix(".checkpoint.npz")
        self.taken: dict[tuple[str, float], tuple[Path, float]] = {}
        self.over = False

    def write(self, fit: Callable[[Path], Any]) -> None:
        """Run the fit, and save the best candidate at each time."""
        for old in self.file.parent.glob(f"{self.file.stem}*"):
            old.unlink()
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        with self.keep:
            result = fit(self.file)
        self.over = True
        watcher.join()
        self._interrupt_searches()
        snapshots = [self._snapshot(time_at, fit, result) for time_at in self.keep.times]
        self.keep.write([one for one in snapshots if one is not None])

    def _watch(self) -> None:
        """Copy the checkpoint at each of the times."""
        missing = list(self.keep.times)
        while missing and not self.over:
            now = self.keep.seconds()
            for clock, at in [one for one in missing if now[one[0]] >= one[1]]:
                missing.remove((clock, at))
                if self.file.exists():
                    copy = self.file.with_suffix(f".{clock}.{at:g}.npz")
                    shutil.copy(self.file, copy)
                    self.taken[clock, at] = copy, now["core"]
            time.sleep(0.05)

    def _interrupt_searches(self) -> None:
        """Interrupt every search from now on at its next generation."""
        module, name = self.method.split(":")

        def iterate(*_: Any) -> None:
            raise KeyboardInterrupt

        getattr(importlib.import_module(module), name).iterate = iterate

    def _snapshot(self, time_at: tuple[str, float], fit: Callable, result: Any) -> keeping.Snapshot | None:
        """The state at a time: the finished fit, the fit resumed from its copy, or None before the first checkpoint."""
        clock, at = time_at
        copy, core = self.taken.get(time_at, (self.file, self.keep.ended["core"]))
        if time_at in self.taken:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about the interruption
                result = fit(copy)
        elif self.keep.ended[clock] > at:
            return None
        with np.load(copy) as archive:
            tried = sum(archive[name].size for name in archive.files if name.startswith("search/"))
        return keeping.Snapshot(clock, at, result.loss, result.values, np.asarray(result.v), tried, core)
