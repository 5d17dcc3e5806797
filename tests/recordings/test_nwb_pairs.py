"""Responses and stimuli that seem to be pairs, or sweeps, by their names alone."""

import numpy as np
import pytest

from membrax.recordings import load

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

N, RATE = 1000, 20_000.0
V = -0.065 + 0.005 * np.sin(np.arange(N) / 50)  # volts
I = np.where((np.arange(N) > 200) & (np.arange(N) < 700), 100e-12, 0.0)  # amperes
ROWS = np.arange(1, 4)[:, None]  # the current of sweep k is that of its row, as a multiple of I


def shifted(nwb, first, *, begins=(0.0, 0.0), numbered=False):
    """Three sweeps, whose stimuli have numbers from ``first`` on; each pair begins ``begins`` [s] after the last."""
    for k in range(3):
        numbers = [{"sweep_number": np.uint32(n)} if numbered else {} for n in (k, k + first)]
        names = ("r" * (k + 1), "s" * (k + 1)) if numbered else (f"sweep_{k}", f"stim_{k + first}")
        nwb.response(names[0], V - 1e-3 * k, rate=RATE, starting_time=begins[0] * k, **numbers[0])
        nwb.stimulus(names[1], (k + 1) * I, rate=RATE, starting_time=begins[1] * k, **numbers[1])
    return nwb.write()


@pytest.mark.parametrize("options", [{}, {"sweeps": [1, 2]}, {"sweeps": 1}, {"voltage_channel": "sweep_1"}])
@pytest.mark.parametrize(("first", "begins"), [(1, (0.0, 0.0)), (1, (5.0, 0.0)), (2, (0.0, 5.0))])
def test_shifted_numbers_are_no_pairs(nwb, first, begins, options):
    with pytest.raises(ValueError, match=r"do not agree, .* pass current_channel= with a list of one .* current="):
        load(shifted(nwb, first, begins=begins), **options)


def test_shifted_sweep_numbers_are_no_pairs(nwb):
    with pytest.raises(ValueError, match=r"do not agree, .* current_channel=\["):
        load(shifted(nwb, 1, numbered=True))
    with pytest.raises(ValueError, match=r"do not agree, .* current_channel= with a list"):
        load(nwb.path, sweeps=[1, 2])


def test_a_list_of_currents_makes_pairs(nwb):
    path = shifted(nwb, 1)
    with pytest.raises(ValueError, match=r'current_channel=\["stim_1", "stim_2", "stim_3"\]'):
        load(path)
    data = load(path, current_channel=["stim_1", "stim_2", "stim_3"])
    assert np.allclose(data.i, 1e9 * I * ROWS) and any("paired by current_channel=" in note for note in data.notes)
    some = load(path, sweeps=[2, 1], current_channel=["stim_3", "stim_2"])
    assert np.allclose(some.i, 1e9 * I * ROWS[[2, 1]])
    with pytest.raises(ValueError, match=r"names 1 series of current for 3 sweeps \(sweep_0, .* one for each"):
        load(path, current_channel=["stim_1"])


@pytest.mark.parametrize("numbered", [False, True])
def test_beginnings_decide_where_numbers_are_shifted(nwb, numbered):
    path = shifted(nwb, 1, begins=(5.0, 5.0), numbered=numbered)
    data = load(path)
    assert np.allclose(data.i, 1e9 * I * ROWS) and any("paired by clock" in note for note in data.notes)
    assert np.allclose(load(path, sweeps=[1]).i, 1e9 * I * ROWS[1])


def test_beginnings_confirm_numbers_where_some_lack(nwb):
    for k in range(3):  # the stimulus of sweep_0 and the response of stim_3 are absent
        nwb.response(f"sweep_{k}", V, rate=RATE, starting_time=5.0 * k)
        nwb.stimulus(f"stim_{k + 1}", (k + 2) * I, rate=RATE, starting_time=5.0 * (k + 1))
    with pytest.raises(ValueError, match=r"sweep 0 \(sweep_0\) has no stimulus; leave it out with sweeps="):
        load(nwb.write())
    assert np.allclose(load(nwb.path, sweeps=[1, 2]).i, 1e9 * I * ROWS[1:])


@pytest.mark.parametrize("begin", [0.0, 5.0])
@pytest.mark.parametrize(
    ("responses", "stimuli"),
    [
        (("Vm_soma", "Vm_dend"), ("Iinj",)),
        (("Vm_ch1", "Vm_ch2"), ("I_ch1", "I_ch2")),
        (("electrode1_vm", "electrode2_vm"), ("electrode1_i", "electrode2_i")),
        (("data_00000_AD0", "data_00000_AD1"), ("data_00000_DA0", "data_00000_DA1")),
    ],
)
def test_signals_of_one_moment_are_not_sweeps(nwb, responses, stimuli, begin):
    for k, name in enumerate(responses):
        nwb.response(name, V - 1e-3 * k, rate=RATE, starting_time=begin)
    for name in stimuli:
        nwb.stimulus(name, I, rate=RATE, starting_time=begin)
    with pytest.raises(ValueError, match=r"at one moment, not two sweeps, by their times and names; "):
        load(nwb.write())
    for options in ({"voltage_channel": responses[0]}, {"sweeps": [responses[0]]}):
        data = load(nwb.path, **options)
        assert np.allclose(data.v, 1e3 * V) and np.allclose(data.i, 1e9 * I)


@pytest.mark.parametrize("name", ["sweep_{}", "CurrentClampSeries{:03d}", "Vm_ch1_trial{}", "V{}", "data_{:05d}_AD0"])
def test_numbers_of_sweeps_are_sweeps(nwb, name):
    for k in range(3):
        nwb.response(name.format(k), V, rate=RATE, starting_time=0.0)
        nwb.stimulus(f"of_{name.format(k)}", (k + 1) * I, rate=RATE, starting_time=0.0)
    assert np.allclose(load(nwb.write()).i, 1e9 * I * ROWS)


@pytest.mark.parametrize(("name", "sweeps"), [("sweep_{}", True), ("Vm_{}", False)])
def test_one_stimulus_in_the_table_is_one_moment(nwb, name, sweeps):
    stimulus = nwb.stimulus("pulse", I, rate=RATE, starting_time=0.0)
    for k in range(2):
        one = nwb.response(name.format(k), V, rate=RATE, starting_time=0.0)
        nwb.file.add_intracellular_recording(electrode=one.electrode, stimulus=stimulus, response=one)
    nwb.write()
    if sweeps:
        assert np.allclose(load(nwb.path).i, [1e9 * I] * 2)
    else:
        with pytest.raises(ValueError, match="Vm_0 and Vm_1 are responses of one electrode at one moment"):
            load(nwb.path)
