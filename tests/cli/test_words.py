import pytest

from membrax.cli.words import assignment, numbers, writable


def test_lists_of_sweeps_may_have_ranges():
    assert numbers("0,5,8-10", "--sweeps") == [0, 5, 8, 9, 10]
    assert numbers(" 3 ", "--sweeps") == [3]


@pytest.mark.parametrize("text", ["", "a", "1,,2", "1-", "-1", "1.5"])
def test_an_invalid_list_is_refused_by_name(text):
    with pytest.raises(ValueError, match="--sweeps must be whole numbers such as 0,5,8-10"):
        numbers(text, "--sweeps")


def test_a_parameter_is_read():
    assert assignment("na.g=100") == ("na.g", 100.0)


@pytest.mark.parametrize("text", ["na.g", "na.g=", "na.g=high", "=:"])
def test_half_an_assignment_is_refused(text):
    with pytest.raises(ValueError, match=r"na\.g=100"):
        assignment(text)


def test_a_folder_is_made_and_left_empty(tmp_path):
    writable(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        writable(tmp_path / "file")
