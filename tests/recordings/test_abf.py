import shutil
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

pyabf = pytest.importorskip("pyabf")

from membrax.recordings import load  # noqa: E402

N = 6400  # samples per sweep; the first 1/64 of them, here 100, are at pCLAMP's holding level
T = 0.05 * np.arange(N)  # ms
V = np.stack([-65 + k + 3 * np.sin(T / 9) for k in range(3)])  # mV
EPOCHS = ((1, 0.0, 0.0, 900), (1, -50.0, 50.0, 3000))  # type, level, change a sweep, samples
COMMAND = np.zeros((3, N))  # pA, the waveform of EPOCHS
COMMAND[:, 1000:4000] = np.array([[-50.0], [0.0], [50.0]])


def write(
    path,
    inputs=(("Vm", "mV", V),),
    outputs=(("Cmd 0", "pA", 1),),
    *,
    holding=(0.0,),
    epochs=EPOCHS,
    user_list=False,
    mode=5,
    microseconds=50.0,
    step=0.02,
    lengths=(),
    second_clock=0.0,
):
    """An ABF 1.83 file by Axon's description of its header.

    ``inputs``: (name, unit, [sweep, time]); ``outputs``: (name, unit, source of the waveform: 0 off,
    1 epoch table, 2 stimulus file). ``step``: of the converter, in the unit of each input. ``lengths``: samples of
    each sweep, where they differ; the inputs are then [1, time], the sweeps in one row.
    """
    header = bytearray(6144)
    sweeps, samples = inputs[0][2].shape

    def put(offset, form, *values):
        struct.pack_into("<" + form, header, offset, *values)

    put(0, "4sfh", b"ABF ", 1.83, mode)
    put(10, "i", sweeps * samples * len(inputs))
    put(16, "ii", len(lengths) or sweeps, 20200101)
    put(40, "i", len(header) // 512)
    put(120, "hff", len(inputs), microseconds / len(inputs), second_clock)
    put(138, "i", (max(lengths) if lengths else samples) * len(inputs))
    put(244, "ffii", 10.0, 10.0, 32768, 32768)
    put(410, "16h", *range(16))
    for offset, value in ((730, 1.0), (922, 10.0 / 32768 / step), (1050, 1.0)):
        put(offset, "16f", *[value] * 16)
    for k, (name, unit, _) in enumerate(inputs):
        put(442 + 10 * k, "10s", name.encode().ljust(10))
        put(602 + 8 * k, "8s", unit.encode("latin-1").ljust(8))
    for k, (name, unit, source) in enumerate(outputs):
        put(1306 + 10 * k, "10s", name.encode().ljust(10))
        put(1346 + 8 * k, "8s", unit.encode("latin-1").ljust(8))
        put(1394 + 4 * k, "f", holding[k] if k < len(holding) else 0.0)
        put(2296 + 2 * k, "h", source != 0)
        put(2300 + 2 * k, "h", source)
        for j, (kind, level, change, count) in enumerate(epochs):
            slot = 10 * k + j
            put(2308 + 2 * slot, "h", kind)
            put(2348 + 4 * slot, "f", level)
            put(2428 + 4 * slot, "f", change)
            put(2508 + 4 * slot, "i", count)
    put(3360, "4h", user_list, 0, 0, 0)
    data = np.stack([values for _, _, values in inputs], axis=-1)
    body = np.round(data / step).astype("<i2").tobytes()
    body += bytes(-len(body) % 512) if lengths else b""
    put(92, "ii", (len(header) + len(body)) // 512 if lengths else 0, len(lengths))
    starts = 3 * np.cumsum([0, *lengths[:-1]]) * len(inputs)  # with pauses, in samples of all inputs
    parts = np.stack([starts, np.array(lengths) * len(inputs)], axis=-1) if lengths else np.empty(0)
    path.write_bytes(bytes(header) + body + parts.astype("<i4").tobytes())
    return path


# --- source of the current


def test_command_waveform_is_the_current(tmp_path):
    data = load(write(tmp_path / "cell.abf"))
    assert (data.sweeps, data.dt, data.unit, data.name) == (3, 0.05, "nA", "cell")
    assert np.allclose(data.v, V, atol=0.011)
    assert np.allclose(data.i, COMMAND / 1000)
    assert any("header command waveform of output 0" in note for note in data.notes)
    assert any("junction potential not corrected" in note for note in data.notes)


def test_holding_level_comes_from_the_header(tmp_path):
    data = load(write(tmp_path / "cell.abf", holding=(-20.0,)))
    assert np.allclose(data.holding, -0.02)
    assert np.allclose(data.i[:, 5000], -0.02)
    assert np.allclose(data.i[:, 500], 0.0)  # the first epoch's own level


@pytest.mark.parametrize(("unit", "factor"), [("pA", 1e-3), ("nA", 1.0), ("µA", 1e3)])
@pytest.mark.filterwarnings("ignore:the injected current peaks")
def test_unit_of_the_command_is_applied(tmp_path, unit, factor):
    data = load(write(tmp_path / "cell.abf", outputs=(("Cmd 0", unit, 1),)))
    assert np.allclose(data.i, COMMAND * factor)


@pytest.mark.parametrize(("unit", "factor"), [("mV", 1.0), ("V", 1e3), ("µV", 1e-3)])
def test_unit_of_the_voltage_is_applied(tmp_path, unit, factor):
    path = write(tmp_path / "cell.abf", [("Vm", unit, V / factor)], step=0.02 / factor)
    assert np.allclose(load(path).v, V, atol=0.011)


def recorded(offset=0.0, gain=1.0):
    noise = np.random.default_rng(0).normal(0, 3, COMMAND.shape)
    return ("Im", "pA", gain * COMMAND + offset + noise)


def test_recorded_current_is_preferred_to_the_command(tmp_path):
    inputs = [("Vm", "mV", V), recorded(offset=-12.0)]
    data = load(write(tmp_path / "cell.abf", inputs))
    assert np.allclose(data.i, inputs[1][2] / 1000, atol=2e-5)
    assert data.holding == pytest.approx(np.full(3, -0.012), abs=1e-3)
    assert any('input 1 "Im" [pA] (recorded current' in note for note in data.notes)
    assert np.allclose(load(tmp_path / "cell.abf", command_channel=0).i, COMMAND / 1000)
    with pytest.raises(ValueError, match="pass one of them"):
        load(tmp_path / "cell.abf", command_channel=0, current_channel=1)


def test_channel_order_is_irrelevant(tmp_path):
    data = load(write(tmp_path / "cell.abf", [recorded(), ("Vm", "mV", V)]))
    assert np.allclose(data.v, V, atol=0.011) and data.dt == 0.05


def test_unrelated_recorded_current_is_an_error(tmp_path):
    stray = ("I_MTest 1", "pA", np.random.default_rng(1).normal(15, 1, COMMAND.shape))
    path = write(tmp_path / "cell.abf", [("Vm", "mV", V), stray])
    with pytest.raises(ValueError, match=r"does not follow the command .*current_channel=1 or command_channel=0"):
        load(path)
    assert load(path, current_channel="I_MTest 1").i.mean() == pytest.approx(0.015, abs=1e-3)
    assert np.allclose(load(path, command_channel="Cmd 0").i, COMMAND / 1000)


def test_recorded_current_of_another_gain_warns(tmp_path):
    path = write(tmp_path / "cell.abf", [("Vm", "mV", V), recorded(gain=2.0)])
    with pytest.warns(UserWarning, match=r"recorded current is 2(\.\d+)? times the command"):
        data = load(path)
    assert data.i.max() == pytest.approx(0.1, abs=0.02)


def test_current_argument_replaces_the_command(tmp_path):
    path = write(tmp_path / "cell.abf", user_list=True)
    assert np.allclose(load(path, current=COMMAND / 1000).i, COMMAND / 1000)
    assert np.allclose(load(path, current=COMMAND[2] / 1000).i[0], COMMAND[2] / 1000)
    assert "current: given as an argument" in load(path, current=0.0).notes


def test_file_without_current_is_an_error(tmp_path):
    path = write(tmp_path / "cell.abf", outputs=(("Cmd 0", "mV", 0),))
    with pytest.raises(
        ValueError, match=r'no injected current \(inputs: 0 "Vm" \[mV\]; outputs: .*pass current=, in nA'
    ):
        load(path)


def test_command_that_is_off_is_its_holding_level(tmp_path):
    path = write(tmp_path / "cell.abf", outputs=(("Cmd 0", "pA", 0),), holding=(30.0,))
    with pytest.warns(UserWarning, match="output 0 .* is off; the current is its holding level, 30 pA, throughout"):
        data = load(path)
    assert np.allclose(data.i, 0.03)


def test_command_with_the_number_of_the_voltage(tmp_path):
    outputs = (("Cmd 0", "pA", 1), ("Cmd 1", "pA", 1))
    data = load(write(tmp_path / "cell.abf", outputs=outputs))
    assert any("output 0" in note for note in data.notes)
    path = write(tmp_path / "two.abf", [("other", "um", V), ("x", "um", V), ("Vm", "mV", V)], outputs)
    with pytest.raises(ValueError, match=r"commands several currents: .*pass command_channel="):
        load(path)
    assert np.allclose(load(path, command_channel=1).i, COMMAND / 1000)


# --- commands that cannot be rebuilt


def test_user_lists_are_refused(tmp_path):
    path = write(tmp_path / "cell.abf", user_list=True)
    with pytest.raises(ValueError, match=r'output 0 "Cmd 0" \[pA\] cannot be rebuilt: a user list .*current=, in nA'):
        load(path)


def test_user_lists_are_allowed_with_a_recorded_current(tmp_path):
    data = load(write(tmp_path / "cell.abf", [("Vm", "mV", V), recorded()], user_list=True))
    assert any("recorded current" in note for note in data.notes)


def test_trains_in_old_files_are_refused(tmp_path):
    path = write(tmp_path / "cell.abf", epochs=((3, 100.0, 0.0, 3000),))
    with pytest.raises(ValueError, match="cannot be rebuilt: it has pulse trains"):
        load(path)


def test_epochs_longer_than_the_sweep_are_refused(tmp_path):
    path = write(tmp_path / "cell.abf", epochs=((1, 100.0, 0.0, 2 * N),))
    with pytest.raises(ValueError, match="cannot be rebuilt: its epochs do not fit the sweep"):
        load(path)


def test_stimulus_files_of_old_files_are_refused(tmp_path):
    path = write(tmp_path / "cell.abf", outputs=(("Cmd 0", "pA", 2),))
    with pytest.raises(ValueError, match="cannot be rebuilt: it is in a stimulus file"):
        load(path)


# --- recordings without sweeps of one length


def steps_of(levels, rest=2000, on=1000, noise=3.0):
    """Voltage [mV] and current [pA] of a continuous recording: rest, step, rest; [1, time]."""
    i = np.concatenate([np.concatenate([np.zeros(rest), np.full(on, level), np.zeros(rest)]) for level in levels])
    v = -65 + 0.1 * i + 3 * np.sin(np.arange(i.size) / 70)
    return v[None], (i + np.random.default_rng(0).normal(0, noise, i.size))[None]


PULSES = [-50.0, 20.0, 50.0, 80.0, 110.0, 150.0, 200.0, 250.0, 300.0, 350.0]


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_gap_free_recording_is_cut_at_regular_steps(tmp_path, noise):
    v, i = steps_of(PULSES, noise=noise)
    path = write(tmp_path / "cell.abf", [("Vm", "mV", v), ("Im", "pA", i)], (("Cmd 0", "pA", 0),), mode=3)
    data = load(path)
    assert (data.sweeps, data.t.size, data.dt) == (10, 5000, 0.05)
    assert np.allclose(data.v, v.reshape(10, -1), atol=0.02)
    assert data.crop(101, 149).i.mean(axis=1) == pytest.approx(np.array(PULSES) / 1000, abs=1e-3)
    assert any("10 steps of current found at regular times" in note for note in data.notes)
    whole = load(path, cut=False)
    assert whole.sweeps == 1 and np.allclose(whole.v, v, atol=0.011) and np.allclose(whole.i, i / 1000, atol=2e-5)


def test_gap_free_recording_without_steps_is_one_sweep(tmp_path):
    v, _ = steps_of(PULSES)
    noise = np.random.default_rng(2).normal(0, 3, v.shape)
    path = write(tmp_path / "cell.abf", [("Vm", "mV", v), ("Im", "pA", noise)], (("Cmd 0", "pA", 0),), mode=3)
    data = load(path)
    assert data.sweeps == 1 and np.allclose(data.i, noise / 1000, atol=2e-5)
    assert any("one, the continuous recording" in note for note in data.notes)


def test_gap_free_recording_takes_a_current_by_hand(tmp_path):
    v, i = steps_of(PULSES, noise=0.0)
    path = write(tmp_path / "cell.abf", [("Vm", "mV", v)], mode=3)
    with pytest.raises(ValueError, match=r"no injected current \(.*gap-free mode has no command .*current="):
        load(path)
    assert load(path, current=0.05).v.shape == v.shape and np.all(load(path, current=0.05).i == 0.05)
    data = load(path, current=i[0] / 1000)
    assert np.array_equal(data.i, (i / 1000).reshape(10, -1)) and np.allclose(data.v, v.reshape(10, -1), atol=0.011)


def test_voltage_and_current_without_any_command(tmp_path):
    v, i = np.random.default_rng(1).normal([[[-65.0]], [[0.0]]], [[[2.0]], [[5.0]]], (2, 1, 20_000))
    inputs = [("Vm", "mV", v), ("Im", "pA", i)]
    path = write(tmp_path / "cell.abf", inputs, (("Cmd 0", "mV", 1), ("Cmd 1", "pA", 0)), mode=3)
    with pytest.raises(ValueError, match=r"cannot be distinguished; if it is current clamp, pass current_channel="):
        load(path)
    assert load(path, current_channel="Im").sweeps == 1
    path = write(tmp_path / "volts.abf", inputs, (("current", "pA", 0), ("OUT 1", "V", 0)), mode=3)
    assert load(path).sweeps == 1  # the output that someone has named


@settings(max_examples=20, deadline=None)
@given(
    size=st.floats(20.0, 500.0), tau=st.floats(10.0, 50.0), noise=st.floats(0.0, 0.1), seed=st.integers(0, 99),
    current_clamp=st.booleans(),
)  # fmt: skip
def test_the_signal_of_levels_is_the_command(size, tau, noise, seed, current_clamp, tmp_path_factory):
    dt, rng = 0.05, np.random.default_rng(seed)
    command = np.repeat([0.0, 1.0, 0.0, 0.5, 0.0], 10_000)
    decay = np.exp(-dt / (tau if current_clamp else 1.0))
    slow = lfilter([1 - decay], [1, -decay], command)
    v, i = (
        (0.2 * size * slow, size * command)
        if current_clamp
        else (0.1 * size * command, size * (3 * command - 2 * slow))
    )
    v, i = v - 65 + rng.normal(0, 0.1, v.size), i + size * rng.normal(0, noise, i.size)
    inputs = [("Vm", "mV", v[None]), ("Im", "pA", i[None])]
    path = write(tmp_path_factory.mktemp("clamp") / "cell.abf", inputs, (("Cmd 0", "mV", 0),), mode=3)
    if current_clamp:
        assert any("the current has steps" in note for note in load(path).notes)
    else:
        with pytest.raises(ValueError, match="cannot be distinguished"):
            load(path)


def test_spikes_without_any_command_are_current_clamp(tmp_path):
    v, i = steps_of(PULSES)
    spike = np.interp(np.arange(60), [0, 8, 20, 60], [0, 100, 20, 0])  # 3 ms
    spiking, pulses = v.copy(), v.copy()
    for start in range(500, v.size, 3000):
        spiking[0, start : start + 60] += spike
        pulses[0, start : start + 60] += 80.0  # 3 ms of a commanded potential
    outputs = (("Cmd 0", "mV", 1), ("Cmd 1", "pA", 0))
    data = load(write(tmp_path / "cell.abf", [("Vm", "mV", spiking), ("Im", "pA", i)], outputs, mode=3))
    assert data.sweeps == 10 and any(note.startswith("clamp: no command is on, and") for note in data.notes)
    with pytest.raises(ValueError, match="cannot be distinguished"):
        load(write(tmp_path / "clamp.abf", [("Vm", "mV", pulses), ("Im", "pA", 0.1 * pulses)], outputs, mode=3))


@pytest.mark.parametrize(
    ("lengths", "kept", "samples"), [((900, 1000, 950, 980, 990), 5, 900), ((1000, 1000, 300, 1000, 1000), 4, 1000)]
)
def test_event_driven_sweeps_are_brought_to_one_length(tmp_path, lengths, kept, samples):
    total = sum(lengths)
    v, i = -65 + np.arange(total) / 300, 100 + np.random.default_rng(0).normal(0, 3, total)
    path = write(
        tmp_path / "cell.abf",
        [("Vm", "mV", v[None]), ("Im", "pA", i[None])],
        (("Cmd 0", "pA", 0),),
        mode=1,
        lengths=lengths,
    )
    data = load(path)
    assert (data.sweeps, data.t.size) == (kept, samples)
    starts = np.cumsum([0, *lengths[:-1]])[[n >= samples for n in lengths]]
    rows = starts[:, None] + np.arange(samples)
    assert np.allclose(data.v, v[rows], atol=0.011) and np.allclose(data.i, i[rows] / 1000, atol=2e-5)
    assert any(", ".join(map(str, lengths)) in note for note in data.notes)
    assert any("incomplete=" in note for note in data.notes)
    assert load(path, incomplete="crop").t.size == min(lengths)


def test_gap_free_recording_with_pauses_has_a_sweep_each(tmp_path):
    v = -65 + np.arange(3000)[None] / 300
    path = write(tmp_path / "cell.abf", [("Vm", "mV", v)], mode=3, lengths=(1000, 1000, 1000))
    data = load(path, current=0.0)
    assert np.allclose(data.v, v.reshape(3, 1000), atol=0.011)
    assert "sweeps: 3, the parts between pauses of a gap-free recording" in data.notes


def test_event_driven_sweeps_of_unknown_lengths_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"event-driven with 3 sweeps, and the list of their lengths is missing"):
        load(write(tmp_path / "cell.abf", mode=1), current=0.0)


@pytest.mark.parametrize("mode", [2, 4])
def test_waveform_of_another_protocol_is_not_taken(tmp_path, mode):
    path = write(tmp_path / "cell.abf", mode=mode)
    with pytest.raises(ValueError, match=r"no injected current \(.* mode has no command waveform\); .*current="):
        load(path)
    assert load(path, current=0.1).sweeps == 3


def test_two_clocks_are_refused_by_name(tmp_path):
    path = write(tmp_path / "cell.abf", second_clock=500.0)
    with pytest.raises(ValueError, match=r"two sampling intervals \(a split clock\): 50 µs and, .* 500 µs .*Clampfit"):
        load(path)


# --- several electrodes


def two_electrodes(tmp_path, voltages=("Vm 1", "Vm 2"), currents=("Im 1", "Im 2"), outputs=("Cmd 1", "Cmd 2")):
    inputs = []
    for k in range(2):
        i = COMMAND[::-1] if k else COMMAND
        noise = np.random.default_rng(k).normal(0, 3, i.shape)
        inputs += [(voltages[k], "mV", V - 5 * k), *([(currents[k], "pA", i + noise)] if currents else [])]
    return write(tmp_path / "cell.abf", inputs, [(name, "pA", 1) for name in outputs]), inputs


def test_electrode_with_a_number_has_its_own_current(tmp_path):
    path, inputs = two_electrodes(tmp_path, outputs=("Cmd 1",))
    with pytest.raises(ValueError, match=r'several voltages: 0 "Vm 1" \[mV\], 2 "Vm 2" \[mV\]; pass voltage_channel='):
        load(path)
    first = load(path, voltage_channel="Vm 1")
    assert np.allclose(first.v, V, atol=0.011) and np.allclose(first.i, inputs[1][2] / 1000, atol=2e-5)
    second = load(path, voltage_channel=2, current_channel="Im 2")
    assert second.sweeps == 3 and np.allclose(second.i, inputs[3][2] / 1000, atol=2e-5)


def test_electrodes_without_numbers_need_both_channels(tmp_path):
    path, _ = two_electrodes(tmp_path, ("IN 0", "IN 2"), ("IN 1", "IN 3"))
    with pytest.raises(ValueError, match=r'none with the number of the voltage "IN 0"; pass current_channel='):
        load(path, voltage_channel=0)
    assert load(path, voltage_channel=0, current_channel=1).sweeps == 3


def test_current_of_another_electrode_is_not_taken(tmp_path):
    inputs = [("Vm 1", "mV", V), ("Vm 2", "mV", V), ("Im 1", "pA", COMMAND)]
    path = write(tmp_path / "cell.abf", inputs)
    with pytest.raises(ValueError, match=r'the current of another electrode: 2 "Im 1" .*"Vm 2"; pass current_channel='):
        load(path, voltage_channel="Vm 2")
    assert load(path, voltage_channel="Vm 1").sweeps == 3


def test_command_with_the_number_in_the_name_of_the_voltage(tmp_path):
    path, _ = two_electrodes(tmp_path, currents=None)
    for channel, output in (("Vm 1", 0), ("Vm 2", 1)):
        assert any(f"of output {output} " in note for note in load(path, voltage_channel=channel).notes)


def test_command_of_another_electrode_is_not_taken(tmp_path):
    path = write(tmp_path / "pair.abf", [("IN 0", "mV", V), ("IN 1", "mV", V[::-1])])
    assert any("output 0" in note for note in load(path, voltage_channel=0).notes)
    with pytest.raises(ValueError, match=r'another electrode: 0 "Cmd 0" .*pass command_channel=0 .*current='):
        load(path, voltage_channel=1)
    assert np.allclose(load(path, voltage_channel=1, command_channel=0).i, COMMAND / 1000)


# --- units and clock of the header


def test_units_of_the_header_can_be_replaced(tmp_path):
    inputs = [("Vm", "V", V), ("Im", "nA", COMMAND)]  # the telegraph was off
    path = write(tmp_path / "cell.abf", inputs)
    data = load(path, units={"v": "mV", "i": "pA"})
    assert np.allclose(data.v, V, atol=0.011) and np.allclose(data.i, COMMAND / 1000, atol=1e-5)
    assert any('input 0 "Vm" [V], read in mV' in note for note in data.notes)
    assert np.allclose(load(path, units={"v": "mV"}, command_channel=0).i, COMMAND / 1000)
    with pytest.raises(ValueError, match=r'units must be a mapping such as \{"v": "mV", "i": "pA"\}, got'):
        load(path, units={"x": "mV"})


def test_gain_that_was_not_set_is_named_with_the_way_on(tmp_path):
    path = write(tmp_path / "cell.abf", [("Vm", "mV", V / 1000)], step=2e-5)
    with pytest.raises(ValueError, match=r'reaches only 0\.0\d+: .* V given as mV\? .* units=\{"v": "V"\}'):
        load(path)
    assert np.allclose(load(path, units={"v": "V"}).v, V, atol=0.011)


def test_interval_of_the_header_can_be_replaced(tmp_path):
    path = write(tmp_path / "cell.abf")
    assert load(path, dt=0.1).dt == 0.1
    with pytest.raises(ValueError, match="dt must be above 0 ms, got 0 ms"):
        load(path, dt=0)


# --- refused files


def test_voltage_clamp_is_refused(tmp_path):
    path = write(tmp_path / "cell.abf", [("Im", "pA", COMMAND)], (("Cmd 0", "mV", 1),))
    with pytest.raises(
        ValueError, match=r'voltage-clamp recording: .*"Im" \[pA\].* command a voltage .*"Cmd 0" \[mV\]'
    ):
        load(path)


def test_voltage_clamp_with_a_recorded_command_is_refused(tmp_path):
    path = write(tmp_path / "cell.abf", [("Im", "pA", COMMAND), ("Vc", "mV", V)], (("Cmd 0", "mV", 1),))
    for options in ({}, {"current_channel": "Im"}):
        with pytest.raises(ValueError, match="is a voltage-clamp recording"):
            load(path, **options)


def test_clamp_without_a_command_is_ambiguous(tmp_path):
    path = write(tmp_path / "cell.abf", [("Vm", "mV", V), ("Im", "pA", V)], (("Cmd 0", "mV", 0),))
    with pytest.raises(
        ValueError, match=r"voltage clamp and current clamp cannot be distinguished; .*current_channel="
    ):
        load(path)
    assert load(path, current_channel=1).sweeps == 3


def test_current_alone_is_refused(tmp_path):
    pyabf.abfWriter.writeABF1(COMMAND, str(tmp_path / "cell.abf"), 20_000, units="pA")
    with pytest.raises(ValueError, match=r'records no voltage \(inputs: 0 .*\[pA\]\); .*units={"v": "mV"}'):
        load(tmp_path / "cell.abf")


def test_short_header_has_no_command(tmp_path):
    pyabf.abfWriter.writeABF1(V, str(tmp_path / "cell.abf"), 20_000, units="mV")
    with pytest.raises(ValueError, match="has no injected current"):
        load(tmp_path / "cell.abf")
    data = load(tmp_path / "cell.abf", current=COMMAND / 1000)
    assert np.allclose(data.v, V, atol=0.04) and np.allclose(data.i, COMMAND / 1000)


def test_wrong_unit_can_be_replaced(tmp_path):
    path = write(tmp_path / "cell.abf", [("IN 0", "pA", V)])
    with pytest.raises(ValueError, match="records no voltage"):
        load(path)
    assert np.allclose(load(path, units={"v": "mV"}).v, V, atol=0.011)
    assert np.allclose(load(path, voltage_channel=0, units={"v": "mV"}).i, COMMAND / 1000)


def test_several_voltages_are_an_error(tmp_path):
    path = write(tmp_path / "cell.abf", [("Vm", "mV", V), ("Vd", "mV", V - 5)])
    with pytest.raises(ValueError, match=r'several voltages: 0 "Vm" \[mV\], 1 "Vd" \[mV\]; pass voltage_channel='):
        load(path)
    assert np.allclose(load(path, voltage_channel="Vd").v, V - 5, atol=0.011)
    with pytest.raises(ValueError, match=r"has no input 'Vx'; it has: 0 \"Vm\""):
        load(path, voltage_channel="Vx")


def test_files_that_are_no_abf_are_refused(tmp_path):
    for content in (b"hello" + bytes(9), b"ABF " + bytes(10)):
        (tmp_path / "cell.abf").write_bytes(content)
        with pytest.raises(ValueError, match=r"cell\.abf cannot be read"):
            load(tmp_path / "cell.abf")


@pytest.mark.parametrize(
    ("offset", "form", "value", "message"),
    [
        (
            10,
            "i",
            2**30,
            r"header states 1073741824 samples up to byte .*, and the file has .*, so it is cut short",
        ),
        (10, "i", 0, "header states 0 samples"),
        (16, "i", 2**30, "header states 1073741824 sweeps of 19200 samples in all, so it is damaged; copy it again"),
        (40, "i", -5, "so it is damaged"),
        (48, "i", 2**30, "header states 1073741824 tags up to byte"),
        (92, "ii", (1, 2**28), "header states 268435456 sweeps up to byte"),
        (
            100,
            "h",
            1,
            r"floating-point numbers, which pyABF does not .* ABF 1; export it from Clampfit as \.atf",
        ),
        (120, "h", 2000, "header states 2000 inputs"),
        (922, "f", 0.0, "cannot be read: pyABF reports ZeroDivisionError"),
        (122, "f", float("nan"), "cannot be read: pyABF reports ValueError: cannot convert float NaN"),
        (2508, "i", 2**30, "cannot be rebuilt: its epochs do not fit the sweep"),
        (2300, "h", 9, "cannot be rebuilt: its source has the unknown number 9"),
    ],
)
def test_damaged_headers_are_refused_in_words(tmp_path, offset, form, value, message):
    path = write(tmp_path / "cell.abf")
    raw = bytearray(path.read_bytes())
    struct.pack_into("<" + form, raw, offset, *(value if isinstance(value, tuple) else (value,)))
    path.write_bytes(bytes(raw))
    with pytest.raises(ValueError, match=rf"cell\.abf.*{message}"):
        load(path)


def test_file_that_was_copied_in_part_is_refused(tmp_path):
    path = write(tmp_path / "cell.abf")
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(ValueError, match="19200 samples up to byte 44544, and the file has 30000 bytes"):
        load(path)


@given(seed=st.integers(0, 2**32))
def test_any_damage_is_a_recording_or_one_sentence(opens_or_refuses, tmp_path_factory, seed):
    path = tmp_path_factory.getbasetemp() / "mutated.abf"
    gap_free, single = (("Cmd 0", "pA", 0),), (("Cmd 0", "pA", 1),)
    inputs = [("Vm", "mV", V[:, :800]), ("Im", "pA", COMMAND[:, :800])]
    write(path, inputs, *((gap_free,) if seed % 2 else (single,)), mode=3 if seed % 2 else 5, epochs=EPOCHS[:1])
    opens_or_refuses(path, seed, header=6144)


def test_stopped_sweep_is_left_out(tmp_path):
    v = V.copy()
    v[2, 2000:] = 0.0  # the rest of the sweep was never recorded
    data = load(write(tmp_path / "cell.abf", [("Vm", "mV", v)]))
    assert data.sweeps == 2 and np.allclose(data.i, COMMAND[:2] / 1000)
    assert any("sweep 2 stops at 99.95 ms" in note for note in data.notes)
    assert load(tmp_path / "cell.abf", incomplete="crop").t.size == 2000


def test_sampling_interval_is_not_rounded_to_whole_hertz(tmp_path):
    data = load(write(tmp_path / "cell.abf", microseconds=30.0))  # 33333.3 Hz
    assert data.dt == 0.03 and data.duration == pytest.approx(0.03 * (N - 1))


# --- real files


def steps(data, sweep):
    """Times and levels at which the current changes."""
    where = np.flatnonzero(np.diff(data.i[sweep])) + 1
    return data.t[where], data.i[sweep, where]


def spikes(v):
    return np.sum((v[:, :-1] < 0) & (v[:, 1:] >= 0), axis=1).tolist()


def test_real_double_pulses(shared):
    data = load(shared / "171116sh_0018.abf")
    assert (data.sweeps, data.dt, data.t.size) == (17, 0.05, 60000)
    assert np.all(data.holding == 0)
    times, levels = steps(data, 16)
    assert times == pytest.approx([146.85, 646.85, 1146.85, 1646.85, 2146.85])
    assert levels == pytest.approx([0.3, 0.0, -0.1, 0.3, 0.0])
    assert np.allclose(data.crop(200, 600).i, np.arange(-0.1, 0.301, 0.025)[:, None])
    assert spikes(data.crop(146, 660).v) == [0, 0, 0, 0, 0, 0, 1, 1, 3, 4, 5, 6, 6, 7, 8, 8, 9]


def test_real_ramp_continues_over_sweeps(shared):
    data = load(shared / "171116sh_0016.abf")
    assert data.sweeps == 11
    assert data.i[:, -1] == pytest.approx(0.01 * np.arange(11))
    assert data.i[1:, 0] == pytest.approx(data.i[:-1, -1])
    assert spikes(data.v) == [0] * 7 + [1, 2, 3, 4]


def test_real_adapting_cell(shared):
    data = load(shared / "File_axon_5.abf")
    assert steps(data, 0)[0] == pytest.approx([215.6, 715.6])
    assert data.crop(300, 700).i[:, 0] == pytest.approx(np.arange(-0.1, 0.301, 0.05))
    assert spikes(data.v) == [0, 0, 0, 0, 0, 0, 2, 2, 3]


def test_real_spontaneous_cell(shared):
    data = load(shared / "17o05028_ic_steps.abf")
    assert data.sweeps == 16
    assert data.crop(200, 600).i[:, 0] == pytest.approx(np.arange(-0.05, 0.101, 0.01))
    assert min(spikes(data.v)) >= 10


@pytest.fixture
def altered(shared, tmp_path):
    """A copy of a real ABF 2 file with a few bytes of one header section replaced."""

    def alter(section, offset, form, *values):
        path = tmp_path / "altered.abf"
        shutil.copyfile(shared / "File_axon_5.abf", path)
        raw = bytearray(path.read_bytes())
        blocks = {"file": 0, "protocol": 76, "dac": 108}
        start = 0 if section == "file" else 512 * struct.unpack_from("<I", raw, blocks[section])[0]
        struct.pack_into("<" + form, raw, start + offset, *values)
        path.chmod(0o644)
        path.write_bytes(bytes(raw))
        return path

    return alter


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("file", 172, "IIi", 1, 64, 1), "cannot be rebuilt: a user list"),
        (("protocol", 182, "h", 1), "cannot be rebuilt: outputs alternate"),
        (("protocol", 0, "h", 3), "a recording in gap-free mode has no command waveform"),
        (("protocol", 0, "h", 1), "a recording in event-driven mode has no command waveform"),
    ],
)
def test_unsupported_headers_of_abf_2_are_refused(altered, change, message):
    with pytest.raises(ValueError, match=message):
        load(altered(*change))


def test_missing_stimulus_file_is_an_error(altered):
    path = altered("dac", 42, "hhff", 2, 0, 1.0, 0.0)
    with pytest.raises(ValueError, match=r'its stimulus file ".*" is missing; put it into the folder of'):
        load(path)


def test_scaled_stimulus_file_is_an_error(altered):
    path = altered("dac", 42, "hhff", 2, 0, 0.5, 0.0)
    with pytest.raises(ValueError, match=r"its stimulus file is scaled by 0\.5 and shifted by 0"):
        load(path)


def test_stimulus_file_in_the_same_folder_is_read(altered, tmp_path):
    path = altered("dac", 42, "hhff", 2, 0, 1.0, 0.0)
    wave = np.full((1, 20000), 5.0)
    wave[0, 4000:9000] = 60.0
    opened = pyabf.ABF(str(path), loadData=False)
    strings = opened._stringsSection._indexedStrings
    # The header names its own protocol file as the stimulus; the test writes a stimulus under that name.
    index = next(k for k, text in enumerate(strings) if text.endswith(".pro"))
    raw = bytearray(path.read_bytes())
    struct.pack_into("<i", raw, 512 * struct.unpack_from("<I", raw, 108)[0] + 118, index)
    name = strings[index].rpartition("\\")[2]
    stem = name.removesuffix(".pro").encode()
    raw = bytes(raw).replace(stem + b".pro", stem + b".abf")
    path.write_bytes(raw)
    folder = tmp_path / "stimuli"
    folder.mkdir()
    pyabf.abfWriter.writeABF1(wave, str(folder / name.replace(".pro", ".abf")), 20_000, units="pA")
    data = load(path, stimulus_folder=folder)
    assert np.allclose(data.i, wave / 1000, atol=1e-5)
    assert any("stimulus file of output 0" in note for note in data.notes)
    path.write_bytes(path.read_bytes().replace(stem + b".abf", stem + b".atf"))
    rows = "".join(f"{5e-5 * k:.5f}\t{level:g}\r\n" for k, level in enumerate(wave[0]))
    head = 'ATF\t1.0\r\n0\t2\r\n"Time (s)"\t"Trace #1 (pA)"\r\n'
    (folder / name.replace(".pro", ".atf")).write_text(head + rows)
    assert np.allclose(load(path, stimulus_folder=folder).i, wave / 1000)


def test_real_recording_with_pauses_as_gap_free(altered, shared):
    real, parts = load(shared / "File_axon_5.abf"), load(altered("protocol", 0, "h", 3), current=0.1)
    assert np.array_equal(parts.v, real.v) and np.all(parts.i == 0.1) and parts.dt == real.dt


def test_shorter_sweep_of_a_real_file_is_left_out(altered, shared):
    raw = (shared / "File_axon_5.abf").read_bytes()
    block, size, _ = struct.unpack_from("<IIi", raw, 316)
    data, real = load(altered("file", 512 * block + 8 * size + 4, "i", 15000)), load(shared / "File_axon_5.abf")
    assert np.array_equal(data.v, real.v[:8]) and np.array_equal(data.i, real.i[:8])
    assert any("sweeps left out: 8" in note for note in data.notes)
    assert any("20000, 15000 samples in the file" in note for note in data.notes)
    cropped = load(altered("file", 512 * block + 8 * size + 4, "i", 15000), incomplete="crop")
    assert np.array_equal(cropped.v, real.v[:, :15000]) and np.array_equal(cropped.i, real.i[:, :15000])
