"""Recorded current-clamp sweeps: `Recording`, and `load` for ABF, ATF, Igor, NWB, NPZ, text and files that neo reads.

Readers are imported when they are needed; `pip install "membrax[recordings,neo]"` installs their packages.
"""

from .episodes import cut
from .example import example
from .join import JoinedRecording, join
from .loading import RecordingLike, as_recording, load
from .recording import Recording, check_recording, choose_sweeps

__all__ = [
    "JoinedRecording",
    "Recording",
    "RecordingLike",
    "as_recording",
    "check_recording",
    "choose_sweeps",
    "cut",
    "example",
    "join",
    "load",
]
