import numpy as np
import pytest

pynwb = pytest.importorskip("pynwb")

from pynwb import icephys  # noqa: E402

from membrax.recordings import load  # noqa: E402

# Writers and their dependencies may raise deprecation warnings; warnings of the reader are tested by name.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

RATE = 20_000.0  # Hz
N = 2000
V = -0.065 + 0.005 * np.sin(np.arange(N) / 50)  # volts
I = np.where((np.arange(N) > 500) & (np.arange(N) < 1500), 100e-12, 0.0)  # amperes


def test_volts_and_amperes_become_millivolts_and_nanoamperes(nwb):
    for k in range(3):
        nwb.sweep(k, V + 0.001 * k, I * k)
    data = load(nwb.write())
    assert (data.sweeps, data.unit, data.name, data.dt) == (3, "nA", "cell", 0.05)
    assert np.allclose(data.v, 1e3 * (V + 0.001 * np.arange(3)[:, None]))
    assert np.allclose(data.i, 1e9 * I * np.arange(3)[:, None])
    assert data.t[0] == 0
    assert any("paired by sweep number" in note for note in data.notes)
    assert any("junction potential not corrected" in note for note in data.notes)


def test_conversion_and_offset_are_applied(nwb):
    raw_v, raw_i = np.round(V * 1e5).astype(np.int16), np.round(I * 1e12).astype(np.int16)
    nwb.sweep(0, raw_v, raw_i, conversion=1e-5, offset=-0.010, conversion_i=1e-12, offset_i=-20e-12)
    data = load(nwb.write())
    assert np.allclose(data.v[0], raw_v * 1e-2 - 10)
    assert np.allclose(data.i[0], raw_i * 1e-3 - 0.020)


def test_time_stamps_are_used_where_there_is_no_rate(nwb):
    nwb.sweep(0, timestamps=100.0 + np.arange(N) / RATE)
    data = load(nwb.write())
    assert data.dt == pytest.approx(0.05) and data.t[0] == 0


@pytest.mark.parametrize(
    "names",
    [
        ("data_0000{}_AD0", "data_0000{}_DA0"),
        ("ccs_{}", "ccss_{}"),
        ("CurrentClampSeries_{}", "CurrentClampStimulusSeries_{}"),
    ],
)
def test_without_sweep_numbers_names_are_paired(nwb, names):
    for k in (2, 0, 1):
        nwb.sweep(None, V - 0.001 * k, I * k, names=[name.format(k) for name in names])
    data = load(nwb.write())
    assert np.allclose(data.i.max(axis=1), [0.0, 0.1, 0.2])
    assert np.allclose(data.v[:, 0], [-65, -66, -67])
    assert any("paired by name" in note for note in data.notes)


def test_table_of_recordings_is_preferred(nwb):
    pairs = [nwb.sweep(k, V - 0.001 * k, I * k, names=(f"a_{k}", f"b_{2 - k}")) for k in range(3)]
    for (response, _), (_, stimulus) in zip(pairs, reversed(pairs), strict=True):
        nwb.file.add_intracellular_recording(electrode=response.electrode, stimulus=stimulus, response=response)
    data = load(nwb.write())
    assert np.allclose(data.i.max(axis=1), [0.2, 0.1, 0.0])
    assert any("table of intracellular recordings" in note for note in data.notes)


def test_parts_of_series_named_in_the_table(nwb):
    response, stimulus = nwb.sweep(0, np.tile(V, 2), np.concatenate([I, 2 * I]))
    for part in range(2):
        window = {"start_index": part * N, "index_count": N}
        nwb.file.add_intracellular_recording(
            electrode=response.electrode,
            stimulus=stimulus,
            response=response,
            **{f"{what}_{key}": value for what in ("stimulus", "response") for key, value in window.items()},
        )
    data = load(nwb.write())
    assert data.v.shape == (2, N) and np.allclose(data.i.max(axis=1), [0.1, 0.2])


def test_parts_of_one_series_are_counted_by_position(nwb):
    response, stimulus = nwb.sweep(7, np.tile(V, 2), np.concatenate([I, 2 * I]))
    for part in range(2):
        where = {"response_start_index": part * N, "stimulus_start_index": part * N}
        count = {"response_index_count": N, "stimulus_index_count": N}
        nwb.file.add_intracellular_recording(
            electrode=response.electrode, stimulus=stimulus, response=response, **where, **count
        )
    assert load(nwb.write(), sweeps=1).i.max() == pytest.approx(0.2)


def test_name_does_not_overrule_a_sweep_number(nwb):
    nwb.sweep(0, names=("r_1", "s_2"))
    nwb.sweep(1, i=None, names=("r_2", ""))
    with pytest.raises(ValueError, match=r"sweep 1 \(r_2\) has no stimulus"):
        load(nwb.write())


def test_bias_current_is_added_with_a_note(nwb):
    nwb.sweep(0, bias_current=-30e-12)
    nwb.sweep(1, bias_current=float("nan"))
    path = nwb.write()
    data = load(path)
    assert np.allclose(data.holding, [-0.03, 0.0])
    assert "bias current: -0.03 nA added to the stimulus" in data.notes
    ignored = load(path, bias_current="ignore")
    assert np.allclose(ignored.i, [1e9 * I] * 2)
    assert any("NOT added to the stimulus, bias_current='ignore'" in note for note in ignored.notes)
    with pytest.raises(ValueError, match=r"bias_current must be one of add, ignore, got 3"):
        load(path, bias_current=3)


def test_unequal_sweeps_are_listed_and_selectable(nwb):
    nwb.sweep(0, stimulus_description="short")
    nwb.sweep(1, stimulus_description="short")
    nwb.sweep(2, np.tile(V, 2), np.tile(I, 2), stimulus_description="long")
    nwb.sweep(3, rate=2 * RATE, stimulus_description="fast")
    path = nwb.write()
    with pytest.raises(ValueError, match="differ in length or rate") as caught:
        load(path)
    for part in ("2000 samples at 20 kHz", "4000 samples at 20 kHz", "at 40 kHz", '"long"', "sweeps 0, 1;"):
        assert part in str(caught.value)
    assert load(path, protocol="short").sweeps == 2
    assert load(path, sweeps=2).t.size == 2 * N
    assert load(path, sweeps="response_3").dt == 0.025
    assert np.allclose(load(path, sweeps=[1, 0]).sweeps, 2)
    with pytest.raises(ValueError, match=r"has no sweep 7; it has: 0 \(response_0\), 1 \(response_1\)"):
        load(path, sweeps=[7])
    with pytest.raises(ValueError, match=r'no sweep with that protocol .*"short".*"long"'):
        load(path, protocol="ramp")


def test_several_electrodes_require_a_choice(nwb):
    for k, electrode in enumerate(("left", "right")):
        nwb.sweep(0, V - 0.010 * k, I * (k + 1), electrode=electrode, names=(f"r0_{k}", f"s0_{k}"))
    path = nwb.write()
    with pytest.raises(ValueError, match="several electrodes: left, right; pass electrode="):
        load(path)
    data = load(path, electrode="right")
    assert data.v[0, 0] == pytest.approx(-75) and data.i.max() == pytest.approx(0.2)


def test_voltage_clamp_is_refused(nwb):
    nwb.sweep(0, I, V, kind="VoltageClamp")
    with pytest.raises(ValueError, match=r"cell\.nwb is voltage clamp only \(response_0\); current clamp is required"):
        load(nwb.write())


def test_voltage_clamp_series_are_skipped(nwb):
    nwb.sweep(0, I, V, kind="VoltageClamp")
    nwb.sweep(1)
    assert load(nwb.write()).sweeps == 1


def test_file_without_a_cell_is_refused(nwb):
    nwb.file.add_acquisition(pynwb.TimeSeries(name="licks", data=np.zeros(3), unit="count", rate=1.0))
    with pytest.raises(ValueError, match="no current-clamp series; it has: licks"):
        load(nwb.write())


def test_missing_stimulus_is_named(nwb):
    nwb.sweep(0)
    nwb.sweep(1, i=None)
    path = nwb.write()
    with pytest.raises(ValueError, match=r"sweep 1 \(response_1\) has no stimulus; leave it out with sweeps="):
        load(path)
    assert load(path, sweeps=0).sweeps == 1


def test_current_is_zero_after_a_shorter_stimulus(nwb):
    nwb.sweep(0, i=np.full(N - 500, 100e-12), bias_current=20e-12)
    data = load(nwb.write())
    assert np.allclose(data.i[0], [0.12] * (N - 500) + [0.02] * 500, rtol=1e-15, atol=0)
    assert any(
        "lasts from 0 to 75 ms of the response's 100 ms; zero, plus any bias current, outside" in note
        for note in data.notes
    )


def test_several_stimuli_for_one_response_are_an_error(nwb):
    nwb.sweep(0, names=("a", "b"))
    extra = icephys.CurrentClampStimulusSeries(
        name="c", data=I, rate=RATE, electrode=nwb.electrode("e0"), sweep_number=np.uint32(0)
    )
    nwb.file.add_stimulus(extra)
    with pytest.raises(ValueError, match=r"a has several stimuli \(b, c\); choose one with current_channel=, or add"):
        load(nwb.write())


def test_zero_clamp_has_zero_current(nwb):
    series = icephys.IZeroClampSeries(name="rest", data=V, rate=RATE, electrode=nwb.electrode("e0"), gain=1.0)
    nwb.file.add_acquisition(series)
    data = load(nwb.write())
    assert np.all(data.i == 0) and any("I = 0" in note for note in data.notes)


def test_files_that_are_not_nwb_are_refused(tmp_path):
    (tmp_path / "cell.nwb").write_bytes(b"hello" + bytes(9))
    with pytest.raises(ValueError, match=r"cell\.nwb cannot be read as NWB 2"):
        load(tmp_path / "cell.nwb")


def test_nwb_1_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "cell.nwb", "w") as file:
        file["nwb_version"] = "NWB-1.0.5"
        file.create_group("acquisition/timeseries")
    with pytest.raises(ValueError, match=r"cell\.nwb cannot be read as NWB 2"):
        load(tmp_path / "cell.nwb")
