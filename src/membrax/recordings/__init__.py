"""Recorded current-clamp sweeps: `Recording`, and `load` for ABF, ATF, Igor, NWB, NPZ, text and files that neo reads.

Readers are imported when they are needed; `pip install "membrax[recordings,neo]"` installs their packages.
"""

from typing import TYPE_CHECKING

from ..lazy import late
from .example import example
from .join import JoinedRecording, join
from .loading import RecordingLike, as_recording, load
from .recording import Recording, check_recording, choose_sweeps

if TYPE_CHECKING:
    from .episodes import cut

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

# The search for steps is not part of a first result.
__getattr__, __dir__ = late(__name__, cut="episodes")
