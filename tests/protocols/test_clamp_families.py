"""Curves of a voltage clamp experiment, against the gates they measure."""

import numpy as np
import pytest

from membrax import protocols
from membrax.protocols import fit_boltzmann
from membrax.protocols.boltzmann import fraction
from membrax.protocols.voltage_steps import peak_current

LEVELS = np.arange(-90.0, 41.0, 10.0)


def rates(v):
    """(α, β) of m, h, n (Hodgkin & Huxley 1952), none of the voltages used being singular."""
    return {
        "m": ((v + 40) / 10 / -np.expm1(-(v + 40) / 10), 4 * np.exp(-(v + 65) / 18)),
        "h": (0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))),
        "n": (0.1 * (v + 55) / 10 / -np.expm1(-(v + 55) / 10), 0.125 * np.exp(-(v + 65) / 80)),
    }


def steady(gate, v):
    alpha, beta = rates(v)[gate]
    return alpha / (alpha + beta)


def test_a_family_has_a_row_for_each_level(squid):
    family = protocols.activation(squid, [-30.0, 0.0, 30.0], duration=5.0)
    assert family.i.shape == (3, 201)
    # Potassium of the closed form at the end of the last.
    a, b = rates(30.5)["n"]
    family = protocols.activation(squid, [30.5], duration=5.0, holding=-65.2)
    n = a / (a + b) + (steady("n", -65.2) - a / (a + b)) * np.exp(-5.0 * (a + b))
    assert float(family.currents["k"][0, -1]) == pytest.approx(36 * n**4 * (30.5 + 77), rel=1e-5)


def test_potassium_current_is_steady_and_reverses_at_e(squid):
    levels = LEVELS + 0.5
    result = protocols.iv_curve(squid, levels, channel="k", duration=100.0, dt=0.1)
    np.testing.assert_allclose(result.steady, 36 * steady("n", levels) ** 4 * (levels + 77), rtol=2e-4, atol=1e-3)


def test_sodium_current_peaks_near_zero_and_reverses_at_e(squid):
    result = protocols.iv_curve(squid, [-60.0, -20.0, 0.0, 45.0, 55.0], channel="na")
    assert np.argmin(result.peak) in (1, 2)
    assert result.peak[3] < 0 < result.peak[4]


def test_conductance_is_that_of_the_gates(squid):
    levels = LEVELS + 0.5
    result = protocols.g_v_curve(squid, levels, channel="k", duration=100.0, dt=0.1, holding=-100.0)
    far = np.abs(levels + 77) > 5
    np.testing.assert_allclose(result.conductance[far], 36 * steady("n", levels[far]) ** 4, rtol=2e-3, atol=2e-3)
    assert np.isnan(result.conductance[~far]).all()
    assert 25 < result.boltzmann.maximum < 36 and -30 < result.boltzmann.half < 0


def test_availability_is_h_infinity(squid):
    levels = np.arange(-119.5, -20.0, 10.0)
    result = protocols.inactivation(squid, levels, channel="na")
    expected = steady("h", levels)
    # A depolarised prepulse also begins to open m, so that the peak comes earlier and is a little larger.
    above = result.available - expected / expected[0]
    assert above.min() > -1e-3 and above.max() < 0.015
    assert result.boltzmann.scale < 0
    assert result.boltzmann.half == pytest.approx(-62.0, abs=1.0)


def test_tails_reverse_at_e_and_decay_with_the_gate(squid):
    result = protocols.tail_currents(squid, [-110.0, -95.0, -60.5], channel="k", to=20.0)
    assert result.reversal == pytest.approx(-77.0, abs=1e-3)
    alpha, beta = rates(20.0)["n"]
    n = steady("n", 20.0) + (steady("n", -64.9963793) - steady("n", 20.0)) * np.exp(-5.0 * (alpha + beta))
    np.testing.assert_allclose(result.initial, 36 * n**4 * (result.levels + 77), rtol=2e-4)
    # Where n∞ is near 0, n⁴ decays at four times the rate of n.
    alpha, beta = rates(-110.0)["n"]
    assert result.time_constant[0] == pytest.approx(0.25 / (alpha + beta), rel=0.02)


def test_sodium_recovers_with_the_time_constant_of_h(squid):
    result = protocols.recovery_from_inactivation(squid, np.arange(2.0, 41.0, 3.0), channel="na", holding=-80.0)
    alpha, beta = rates(-80.0)["h"]
    assert result.time_constant == pytest.approx(1.0 / (alpha + beta), rel=0.02)
    assert np.all(np.diff(result.recovered) > 0) and result.recovered[-1] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("scale", [7.0, -7.0, 0.8])
def test_a_boltzmann_curve_is_recovered_from_itself(scale):
    v = np.arange(-100.0, 41.0, 5.0)
    y = -3.0 * fraction(v, -42.0, scale)
    y[3] = np.nan
    result = fit_boltzmann(v, y)
    assert result[:3] == pytest.approx((-3.0, -42.0, scale), rel=1e-5)
    assert result.residual < 1e-6
    np.testing.assert_allclose(result(v)[4:], y[4:], atol=1e-6)


@pytest.mark.parametrize("level", [45.5, 50.0, 54.0])
def test_pulses_near_the_reversal_potential_raise(level, squid):
    with pytest.raises(
        ValueError,
        match=r"to must be more than 5 mV from na.e = 50 mV, got \d+\.?\d* mV: the current of na is too small",
    ):
        protocols.recovery_from_inactivation(squid, [1.0, 2.0], channel="na", to=level)
    with pytest.raises(ValueError, match=r"test must be more than 5 mV from na.e = 50 mV"):
        protocols.inactivation(squid, [-80.0, -60.0, -40.0], channel="na", test=level)


WRONG = {
    "channel": (lambda c: protocols.iv_curve(c, [0.0], channel="sodium"), "unknown channel 'sodium'"),
    "no channel": (lambda c: protocols.g_v_curve(c, [0.0], channel=None), "unknown channel 'None'"),
    "levels": (lambda c: protocols.activation(c, []), "levels must be a list of numbers in mV"),
    "level": (lambda c: protocols.activation(c, [np.nan]), "levels must be finite, got nan mV"),
    "gap": (lambda c: protocols.recovery_from_inactivation(c, [0.0], channel="na"), "gaps must be above 0 ms"),
    "few": (lambda c: fit_boltzmann([0.0, 1.0], [1.0, 2.0]), "needs at least three values"),
}


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_invalid_arguments_raise(call, message, squid):
    with pytest.raises(ValueError, match=message):
        call(squid)


def test_peaks_between_samples_converge_faster(squid):
    levels = [-30.0, 0.0, 30.0]
    fine = protocols.iv_curve(squid, levels, channel="na", duration=2.5, dt=0.001).peak
    errors = {}
    for dt in (0.1, 0.05, 0.025):
        family = protocols.activation(squid, levels, duration=2.5, dt=dt)
        sampled = np.min(np.asarray(family.currents["na"], dtype=float), axis=1)
        between = protocols.iv_curve(squid, levels, channel="na", duration=2.5, dt=dt).peak
        errors[dt] = np.abs(sampled / fine - 1).max(), np.abs(between / fine - 1).max()
    assert all(between <= sampled for sampled, between in errors.values())
    assert errors[0.025][1] < 0.25 * errors[0.025][0]


def test_the_peak_of_samples():
    t = np.arange(7.0)
    parabola = 20.0 - (t - 3.3) ** 2
    rows = np.stack([parabola, -parabola, t, -t[::-1], np.where(t == 3, 4.0, 0.0), np.full(7, 2.0)])
    assert peak_current(rows) == pytest.approx([20.0, -20.0, 6.0, -6.0, 4.0, 2.0])
    assert peak_current(np.where(t < 4, parabola, np.nan)[None])[0] == parabola[3]
