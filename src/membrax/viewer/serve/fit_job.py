"""A fit in a process of its own, so that it can be stopped at once and the page answers meanwhile."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from ...recordings import Recording

RUN = (
    "import sys; sys.path[:] = {path!r}; sys.argv[0] = 'membrax'; from membrax.viewer.serve.lifeline import"
    " end_with_input; end_with_input(); from membrax.cli.main import main; main()"
)
KEPT = 4000  # characters of the output of the process that are kept


class FitJob:
    """The one fit of a server: `membrax fit` on the recording, at most one at a time.

    Args:
        data: the recording.
        folder: where fit.json, fit.png and fit.html are written.
    """

    def __init__(self, data: Recording, folder: Path) -> None:
        self.data, self.folder = data, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._output = b""
        self._stopped = False

    @property
    def running(self) -> bool:
        """Whether a fit is being made."""
        return self._process is not None and self._process.poll() is None

    @property
    def result(self) -> Path | None:
        """The file of the last fit, if it came to its end."""
        done = self._process is not None and self._process.poll() == 0
        return self.folder / "fit.json" if done else None

    @property
    def text(self) -> str:
        """The state of the fit in words, with the last line of its progress."""
        if self._process is None:
            return "no fit yet"
        last = [line.strip() for line in re.split(r"[\r\n]+", self._output.decode(errors="replace")) if line.strip()]
        if self.running:
            return f"running: {last[-1] if last else 'starting'}"
        if self._stopped:
            return "stopped"
        if self.result is not None:
            return f"done: fit.json and the report fit.html are in {self.folder}/"
        return f"failed: {last[-1] if last else f'status {self._process.returncode}'}"

    def start(self, sweeps: Sequence[int] = (), template: str = "", iterations: int | None = None) -> None:
        """Start a fit, unless one is running. It ends with this process, also when that is killed.

        Args:
            sweeps: training sweeps; none for the program's choice.
            template: name of a template; "" for the program's choice.
            iterations: generations of the search; None for the program's choice.
        """
        if self.running:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.data.save(Path(tempfile.mkdtemp(prefix="membrax_")) / "recording.npz")
        options = ["--sweeps", ",".join(map(str, sorted(sweeps)))] if sweeps else []
        options += ["--template", template] if template else []
        options += ["--iterations", str(iterations)] if iterations else []
        run = RUN.format(path=sys.path)
        command = [sys.executable, "-c", run, "fit", str(file.resolve()), *options, "--out", str(self.folder.resolve())]
        self._output, self._stopped = b"", False
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        threading.Thread(target=self._read, args=(self._process, file), daemon=True).start()

    def stop(self) -> None:
        """End the fit at once; nothing of it is kept."""
        if self._process is not None and self.running:
            self._stopped = True
            self._process.kill()
            self._process.wait()

    def _read(self, process: subprocess.Popen[bytes], file: Path) -> None:
        """Keep the end of a process's messages until it ends, and remove its recording then."""
        assert process.stderr is not None
        with process.stderr as stream:
            while piece := os.read(stream.fileno(), 1024):
                if process is self._process:
                    self._output = (self._output + piece)[-KEPT:]
        if process.stdin is not None:
            process.stdin.close()
        file.unlink(missing_ok=True)
        file.parent.rmdir()
