import pytest

import membrax as mx
from membrax.plot.style import select_evenly


def test_every_sweep_over_its_current(recording):
    above, below, bar = mx.plot.recording(recording).axes
    assert len(above.get_lines()) == len(below.get_lines()) == 7
    drawn = sorted(line.get_ydata().tolist() for line in above.get_lines())
    assert drawn == sorted(recording.v.tolist())
    assert above.get_ylabel() == "membrane potential (mV)"
    assert below.get_ylabel() == "current\n(µA/cm²)"
    assert below.get_xlabel() == "time (ms)"
    assert bar.get_ylabel() == "injected current (µA/cm²)"


def test_title_of_a_recording(recording):
    assert mx.plot.recording(recording).get_suptitle() == "steps: 7 sweeps of 60 ms at 20 kHz"


def test_a_single_sweep_has_no_colour_bar(recording):
    figure = mx.plot.recording(recording.select([2]))
    assert len(figure.axes) == 2
    assert "1 sweep of" in figure.get_suptitle()


def test_sweeps_of_equal_current_are_numbered(recording):
    figure = mx.plot.recording(recording.select([2, 2, 2]))
    assert figure.axes[2].get_ylabel() == "sweep"


def test_an_even_selection_of_many():
    assert select_evenly(list(range(13)), 4) == [0, 4, 8, 12]
    assert select_evenly([3, 7], 4) == [3, 7]
    assert select_evenly([5], 4) == [5]


def test_a_real_recording(shared_data):
    recording = mx.recordings.load(shared_data / "recordings" / "171116sh_0018.abf")
    figure = mx.plot.recording(recording.decimate(20))
    assert "current\n(nA)" in [ax.get_ylabel() for ax in figure.axes]


def test_it_saves(recording, tmp_path):
    mx.plot.recording(recording, path=tmp_path / "sweeps.png")
    assert (tmp_path / "sweeps.png").read_bytes().startswith(b"\x89PNG")


def test_refusals(trace, fitted):
    for wrong in (trace, fitted, mx.Recording):
        with pytest.raises(ValueError, match="data must be a Recording"):
            mx.plot.recording(wrong)
