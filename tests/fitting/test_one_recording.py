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


def test_a_fit_takes_the_path_of_a_recording(tmp_path):
    path = mx.recordings.example().save(tmp_path / "cell.npz")
    with pytest.raises(ValueError, match="there is no sweep 7"):
        mx.fit(mx.models.hodgkin_huxley(), {"na.g": (20, 250)}, path, 7)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz"):
        mx.fit(mx.models.hodgkin_huxley(), {"na.g": (20, 250)}, str(tmp_path / "nowhere.npz"))
