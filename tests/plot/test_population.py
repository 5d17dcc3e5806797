import dataclasses

import numpy as np
import pytest

import membrax as mx

AMPLITUDES = np.arange(12) * 2.0


def dots(ax):
    """x and y of the axes' first line."""
    return ax.get_lines()[0].get_xdata(), ax.get_lines()[0].get_ydata()


def test_every_spike_of_every_neuron_that_was_not_lost(result):
    figure = mx.plot.population(result, against=AMPLITUDES, label="current (µA/cm²)")
    raster, curve = figure.axes
    t, row = dots(raster)
    assert len(t) == result.spike_counts[result.finite].sum()
    assert row.max() == 10
    assert raster.get_xlabel() == "time (ms)"
    assert raster.get_lines()[0].get_rasterized()
    x, rate = dots(curve)
    np.testing.assert_array_equal(x, AMPLITUDES[result.finite])
    np.testing.assert_array_equal(rate, result.rates[result.finite])
    assert (curve.get_xlabel(), curve.get_ylabel()) == ("current (µA/cm²)", "firing rate (Hz)")
    assert "current (µA/cm²)" in raster.get_ylabel()


def test_the_lost_are_said_and_marked(result):
    figure = mx.plot.population(result, against=AMPLITUDES)
    assert "1 neuron lost (not finite), 1 shown as a cross" in figure.get_supxlabel()
    crosses = figure.axes[1].get_lines()[1]
    assert crosses.get_xdata() == [10.0]
    assert "12 neurons, 30 ms" in figure.get_suptitle()
    assert "1 neuron lost" in mx.plot.population(result).get_supxlabel()


def test_rows_are_sorted_by_the_value(result):
    shuffled = np.random.default_rng(0).permutation(AMPLITUDES)
    raster = mx.plot.population(result, against=shuffled).axes[0]
    order = [k for k in np.argsort(shuffled) if result.finite[k]]
    t, row = dots(raster)
    for k in (0, 4, 10):
        mine = result.spike_times[order[k]]
        np.testing.assert_array_equal(np.sort(t[row == k]), mine[np.isfinite(mine)])


def test_values_stand_at_their_rows(result):
    raster = mx.plot.population(result, against=AMPLITUDES).axes[0]
    kept = AMPLITUDES[result.finite]
    for at, label in zip(raster.get_yticks(), raster.get_yticklabels(), strict=True):
        assert np.interp(at, np.arange(len(kept)), kept) == pytest.approx(float(label.get_text()))


def test_rows_are_thinned_evenly(result):
    figure = mx.plot.population(result, max_neurons=3)
    _, row = dots(figure.axes[0])
    assert set(row) <= {0, 1, 2}
    assert "shows 3 of 12 neurons" in figure.get_supxlabel()


def test_without_values_rates_are_a_histogram(result):
    ax = mx.plot.population(result).axes[1]
    assert sum(bar.get_height() for bar in ax.patches) == 11
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("firing rate (Hz)", "neurons")


def test_a_neuron_without_a_value_is_left_out_and_said(result):
    unknown = AMPLITUDES.copy()
    unknown[2] = np.nan
    figure = mx.plot.population(result, against=unknown)
    assert "1 neuron without a finite value" in figure.get_supxlabel()
    assert len(dots(figure.axes[1])[0]) == 10


def test_spikes_that_were_not_kept_are_said(result):
    few = dataclasses.replace(result, spike_times=result.spike_times[:, :1])
    assert "only the first 1 spikes" in mx.plot.population(few).get_supxlabel()


def test_silence_and_nobody_left_can_be_drawn(result):
    silent = dataclasses.replace(
        result, spike_times=np.full((12, 0), np.nan), spike_counts=np.zeros(12, int), finite=np.zeros(12, bool)
    )
    for against in (None, AMPLITUDES):
        figure = mx.plot.population(silent, against=against)
        figure.draw_without_rendering()
        assert "12 neurons lost" in figure.get_supxlabel()
    mx.plot.population(dataclasses.replace(silent, finite=np.ones(12, bool)), against=AMPLITUDES)


def test_ten_thousand_neurons_are_one_artist(result, tmp_path):
    times = np.sort(np.random.default_rng(1).uniform(0, 30, (10_000, 20)), axis=1)
    many = dataclasses.replace(
        result, spike_times=times, spike_counts=np.full(10_000, 20), finite=np.ones(10_000, bool)
    )
    figure = mx.plot.population(many, against=np.arange(10_000), max_neurons=10_000, path=tmp_path / "many.png")
    assert len(figure.axes[0].get_lines()) == 1
    assert len(dots(figure.axes[0])[0]) == 200_000
    assert "10\u202f000 neurons" in figure.get_suptitle()
    assert (tmp_path / "many.png").stat().st_size > 1000


def test_refusals(trace, result):
    with pytest.raises(ValueError, match=r"draws a PopulationResult.*got Trace"):
        mx.plot.population(trace)
    with pytest.raises(ValueError, match=r"each of the 12 neurons, got the shape \(3,\)"):
        mx.plot.population(result, against=[1, 2, 3])
    with pytest.raises(ValueError, match="at least 1, got 0"):
        mx.plot.population(result, max_neurons=0)
