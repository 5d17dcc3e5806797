"""A fit takes a recording or its path, and refuses several recordings."""

import pytest

import membrax as mx


@pytest.mark.parametrize("several", [list, tuple], ids=["a list", "a tuple"])
def test_several_recordings_are_refused_with_the_way_on(several):
    one = mx.recordings.example()
    calls = (
        lambda data: mx.fit_recording(data, iterations=1),
        lambda data: mx.fit(mx.models.hodgkin_huxley(), {"na.g": (20, 250)}, data),
        mx.plot.recording,
    )
    for call in calls:
        with pytest.raises(ValueError, match=r"one Recording, got 2: a joint fit of several does not exist.*join"):
            call(several([one, one]))


def test_joined_recordings_are_refused_with_the_way_on():
    one = mx.recordings.example()
    both = mx.recordings.join([one, one.crop(0.0, 20.0)])
    assert len(both.parts) == 2
    for call in (mx.fit_recording, mx.fitting.select_training_sweeps, mx.ephys.check_fittable):
        with pytest.raises(ValueError, match=r"one Recording, got 2: a joint fit of several does not exist.*its parts"):
            call(both)


def test_joined_recordings_on_one_grid_are_one_recording():
    one = mx.recordings.example("cortical")
    both = mx.recordings.join([one.select(range(4)), one.select(range(4, 8))])
    assert mx.recordings.as_recording(both).sweeps == one.sweeps
    assert mx.fitting.select_training_sweeps(both).sweeps


def test_a_fit_takes_the_path_of_a_recording(tmp_path):
    path = mx.recordings.example().save(tmp_path / "cell.npz")
    with pytest.raises(ValueError, match="there is no sweep 7"):
        mx.fit(mx.models.hodgkin_huxley(), {"na.g": (20, 250)}, path, 7)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz"):
        mx.fit(mx.models.hodgkin_huxley(), {"na.g": (20, 250)}, str(tmp_path / "nowhere.npz"))


def test_a_checkpoint_in_no_folder_is_found_before(tmp_path):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "search.npz"
    cell, data = mx.models.hodgkin_huxley(), mx.recordings.example()
    with pytest.raises(OSError, match=r"search\.npz can't be written"):
        mx.fit(cell, {"na.g": (20, 250)}, data, starts=2, progress=False, checkpoint=path)
    with pytest.raises(OSError, match=r"search\.npz can't be written"):
        mx.run(mx.vary(cell, {"na.g": [100.0, 120.0]}), 10.0, duration=1.0, progress=False, checkpoint=path)
