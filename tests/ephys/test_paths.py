"""Every measurement takes a recording, the path of its file or that path as text, alike."""

import pytest

import membrax as mx
from membrax.recordings import as_recording

DATA = mx.recordings.example("cortical")
MEASURES = {
    "passive": lambda data: mx.ephys.passive(data).table(),
    "preprocess": lambda data: mx.ephys.preprocess(data).summary,
    "quality_control": lambda data: mx.ephys.quality_control(data).table(),
    "spikes": lambda data: mx.ephys.spikes(data).table(),
    "check_fittable": lambda data: mx.ephys.check_fittable(data),
    "plot.recording": lambda data: mx.plot.recording(data).get_suptitle(),
    "plot.quality": lambda data: mx.plot.quality(data).get_suptitle(),
}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return DATA.save(tmp_path_factory.mktemp("files") / "cell.npz")


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_a_path_or_a_recording_alike(measure, file):
    assert measure(DATA) == measure(file) == measure(str(file))


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_anything_else_is_refused(measure):
    with pytest.raises(ValueError, match="data must be a Recording"):
        measure(DATA.v)


def test_a_recording_is_returned_itself():
    assert as_recording(DATA) is DATA
    with pytest.raises(FileNotFoundError, match=r"no file nowhere\.abf"):
        as_recording("nowhere.abf")
    with pytest.raises(ValueError, match="at least one file"):
        as_recording([])
