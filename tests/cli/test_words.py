import pytest

from membrax.cli.words import assignment, bounds, columns, numbers


def test_lists_of_sweeps_may_hold_ranges():
    assert numbers("0,5,8-10", "--sweeps") == [0, 5, 8, 9, 10]
    assert numbers(" 3 ", "--sweeps") == [3]


@pytest.mark.parametrize("text", ["", "a", "1,,2", "1-", "-1", "1.5"])
def test_what_is_no_list_of_whole_numbers_is_refused_by_name(text):
    with pytest.raises(ValueError, match="--sweeps must be whole numbers such as 0,5,8-10"):
        numbers(text, "--sweeps")


def test_parameters_and_bounds_are_read():
    assert assignment("na.g=100") == ("na.g", 100.0)
    assert bounds("na.v_t, kd.v_t=-70:-40") == ("na.v_t, kd.v_t", (-70.0, -40.0))


@pytest.mark.parametrize("text", ["na.g", "na.g=", "na.g=high", "=:"])
def test_half_an_assignment_is_refused(text):
    with pytest.raises(ValueError, match=r"na\.g=100"):
        assignment(text)
    with pytest.raises(ValueError, match=r"na\.g=5:200"):
        bounds(text)


def test_columns_line_up():
    assert columns([("a", "1"), ("long", "22")]) == "a      1\nlong  22"
