import pytest

import membrax as mx
from membrax import probes
from membrax.probes import as_probes, samplers, watchers


def test_one_probe_several_or_none_become_a_tuple():
    assert as_probes(None) == ()
    assert as_probes(probes.voltage(3)) == (probes.voltage(3),)
    assert as_probes([probes.voltage(3), probes.summary()]) == (probes.voltage(3), probes.summary())


def test_probes_either_sample_or_watch():
    all_five = (probes.voltage(), probes.gates(), probes.currents(), probes.spikes(), probes.summary())
    assert samplers(all_five) == all_five[:3]
    assert watchers(all_five) == all_five[3:]


@pytest.mark.parametrize("record", ["voltage", 3, probes.voltage, [probes.spikes(), "gates"]])
def test_what_is_no_probe_is_refused_with_an_example(record):
    with pytest.raises(ValueError, match=r"record takes probes such as membrax\.probes\.voltage\(every=10\), got"):
        as_probes(record)


def test_two_probes_of_one_name_are_refused_by_name():
    with pytest.raises(ValueError, match="record has two probes called 'voltage'"):
        as_probes([probes.voltage(2), probes.summary(), probes.voltage(3)])


@pytest.mark.parametrize("every", [0, -1, 2.5, "2", True, None])
@pytest.mark.parametrize("probe", [probes.voltage, probes.gates, probes.currents])
def test_every_is_a_whole_number_above_zero(probe, every):
    with pytest.raises(ValueError, match=f"every must be a whole number of at least 1, got {every!r}"):
        probe(every)


def test_a_spike_buffer_has_room_and_a_finite_threshold():
    with pytest.raises(ValueError, match="capacity must be a whole number of at least 1, got 0"):
        probes.spikes(capacity=0)
    with pytest.raises(ValueError, match="threshold must be finite, got nan mV"):
        probes.spikes(threshold=float("nan"))


def test_simulate_and_run_refuse_alike(cell):
    for call in (mx.simulate, mx.run):
        with pytest.raises(ValueError, match="record takes probes"):
            call(cell, 10.0, duration=1.0, record="voltage")
        with pytest.raises(ValueError, match="two probes called 'gates'"):
            call(cell, 10.0, duration=1.0, record=[probes.gates(), probes.gates(5)])
