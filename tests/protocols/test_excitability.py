"""Thresholds of the squid axon, against bisections with an integration of relative tolerance 1e-10."""

import numpy as np
import pytest

import membrax as mx
from membrax.channels import Leak
from membrax.protocols import anode_break, charge_threshold, rheobase, strength_duration, threshold


@pytest.fixture(scope="module")
def result(squid):
    return rheobase(squid, highest=20.0)


@pytest.fixture(scope="module")
def curve(squid, reference):
    return strength_duration(squid, reference["squid"]["widths"])


def test_single_rheobase_is_far_below_the_sustained_one(result, reference):
    assert result.single == pytest.approx(reference["squid"]["rheobase_single"], rel=5e-4)
    assert result.sustained == pytest.approx(reference["squid"]["rheobase_sustained"], rel=5e-4)


def test_cells_fire_just_above_and_not_just_below_threshold(result, squid):
    start = mx.rest(squid)
    for factor, spikes in ((1.0 + 1e-4, 1), (1.0 - 1e-4, 0)):
        trace = mx.simulate(squid, result.single * factor, duration=100.0, dt=0.025, state=start)
        assert int(trace.spike_count) == spikes


@pytest.mark.slow
def test_in_an_interneuron_they_are_one(interneuron):
    single, sustained = rheobase(interneuron, highest=2.0, duration=600.0)
    assert single == pytest.approx(sustained, rel=0.02)
    assert single == pytest.approx(0.16, abs=0.003)


def test_thresholds_of_pulses(curve, reference):
    np.testing.assert_allclose(curve.thresholds, reference["squid"]["thresholds"], rtol=5e-4)
    np.testing.assert_allclose(curve.charges, curve.thresholds * curve.widths)
    assert np.all(np.diff(curve.thresholds) < 0) and np.all(np.diff(curve.charges) > 0)


def test_a_brief_shock_depolarises_by_six_and_a_half_millivolts(squid, reference):
    charge = charge_threshold(squid)
    assert charge == pytest.approx(reference["squid"]["threshold_depolarisation"], rel=1e-3)
    half = mx.replace(squid, {"capacitance": 0.5, "na.g": 60.0, "k.g": 18.0, "leak.g": 0.15})
    assert charge_threshold(half) == pytest.approx(0.5 * charge, rel=1e-3)


def test_a_pulse_shorter_than_a_step_keeps_its_charge(squid):
    assert threshold(squid, 0.004, dt=0.01) * 0.004 == pytest.approx(charge_threshold(squid), rel=1e-3)


def test_release_from_hyperpolarisation_makes_a_spike(squid, reference):
    assert anode_break(squid) == pytest.approx(reference["squid"]["anode_break_30_ms"], rel=1e-3)


def test_without_removal_of_inactivation_it_does_not(interneuron):
    assert np.isnan(anode_break(interneuron, lowest=-5.0))


def test_strength_duration_laws_are_recovered_from_their_curves():
    from membrax.protocols.excitability import lapicque, weiss

    t = np.array([0.05, 0.2, 1.0, 5.0])
    assert weiss(t, 2.0 * (t + 3.0)) == pytest.approx((2.0, 3.0))
    assert lapicque(t, 2.0 * t / (1.0 - 2.0 ** (-t / 3.0))) == pytest.approx((2.0, 3.0), rel=1e-5)


def test_weiss_law_holds_for_short_pulses_of_the_squid(curve):
    b, chronaxie = curve.weiss
    assert b * (1 + chronaxie / 0.05) == pytest.approx(curve.thresholds[0], rel=0.1)
    assert 1.0 < curve.lapicque[1] < 5.0


def test_a_passive_cell_has_no_threshold():
    passive = mx.Cell({"leak": Leak()})
    assert np.isnan(threshold(passive, highest=400.0))  # 40 mV
    assert np.isnan(rheobase(passive, highest=5.0, duration=50.0)).all()


def test_in_a_large_capacitance_the_currents_tried_are_large(reference):
    result = rheobase(mx.models.morris_lecar(), dt=0.1)
    assert 50.0 < result.single <= result.sustained < reference["fibre"]["hopf"]["current"]


def test_a_long_run_of_fast_spikes_goes_on(interneuron):
    # At 20 µA/cm² it fires at 400 Hz: more than a thousand spikes before the last quarter.
    result = rheobase(interneuron, highest=640.0, duration=3600.0, dt=0.1)
    assert 0.0 < result.sustained < 1.0


ALONE = {
    "rheobase": rheobase,
    "threshold": threshold,
    "charge": charge_threshold,
    "strength and duration": lambda c: strength_duration(c, [0.1, 1.0]),
    "release": anode_break,
}


@pytest.mark.parametrize("protocol", ALONE.values(), ids=ALONE)
def test_spontaneous_firing_has_no_threshold(protocol, squid):
    with pytest.raises(ValueError, match=r"the cell fires spontaneously: .* \(its rest at −?-?57.7. mV is unstable"):
        protocol(mx.replace(squid, {"leak.e": -30.0, "leak.g": 0.6}))


WRONG = {
    "a population": (lambda c: rheobase(mx.vary(c, {"na.g": [1.0, 2.0]})), "a protocol takes one neuron"),
    "no cell": (lambda c: threshold(3), "cell must be a membrax.Cell"),
    "width": (lambda c: threshold(c, 0.0), "width must be above 0 ms, got 0 ms"),
    "highest": (lambda c: rheobase(c, highest=-1.0), "highest must be above 0 µA/cm², got -1 µA/cm²"),
    "lowest": (lambda c: anode_break(c, lowest=3.0), "lowest must be below 0 µA/cm², got 3 µA/cm²"),
    "infinite": (lambda c: threshold(c, np.inf), "width must be finite, got inf ms"),
    "a word": (lambda c: threshold(c, "a"), "width must be a number in ms"),
    "one width": (lambda c: strength_duration(c, [1.0, 1.0]), "at least two different values"),
    "no spike": (lambda c: strength_duration(c, [0.1, 1.0], highest=20.0), "spike at a width of 0.1 ms"),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_invalid_arguments_raise(call, message, squid):
    with pytest.raises(ValueError, match=message):
        call(squid)


def test_the_tolerance_is_that_of_the_result(squid):
    fine = threshold(squid, 0.5, settle=10.0)
    for tolerance in (0.05, 1e-3):
        coarse = threshold(squid, 0.5, settle=10.0, tolerance=tolerance)
        assert fine * (1 - 1e-5) <= coarse <= fine * (1 + 1.01 * tolerance)
    assert charge_threshold(squid, 0.5, settle=10.0, tolerance=0.05) == pytest.approx(0.5 * fine, rel=0.05)
    with pytest.raises(
        ValueError, match=r"tolerance must be at least .* of the result and below 1 of the result, got 2"
    ):
        rheobase(squid, highest=20.0, duration=10.0, tolerance=2.0)
