import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.fitting import Starts
from membrax.fitting.problem.parameters import free
from membrax.plot.fits.parameters import decades, place


def titled(figure, text):
    """The axes whose title holds the text."""
    return [ax for ax in figure.axes if text in ax.get_title(loc="left")]


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_sweeps_and_their_counts(fitted):
    figure = mx.plot.fit(fitted)
    shown = {ax.get_title(loc="left").split(",")[0] for ax in titled(figure, "sweep ")}
    # Three training sweeps and all four held-out ones.
    assert shown == {f"sweep {k}" for k in range(7)}
    (ax,) = titled(figure, "sweep 6")
    recorded, model = ax.get_lines()
    np.testing.assert_array_equal(recorded.get_ydata(), fitted.data.v[6])
    np.testing.assert_array_equal(model.get_ydata(), fitted.v[6])
    row = fitted.evaluate(by="sweep").rows[6]
    assert f"20 µA/cm²\n{row.recorded.spike_count} spikes, model {row.model.spike_count}" in ax.get_title(loc="left")
    assert row.recorded.spike_count > 1
    assert [ax.get_ylabel() for ax in figure.axes if "v (" in ax.get_ylabel()] == ["v (mV)"] * 2
    assert [ax.get_ylabel() for ax in figure.axes if "i (" in ax.get_ylabel()] == ["i (µA/cm²)"] * 2
    assert "3 parameters fitted to 3 of 7 sweeps of steps: mean squared error 1.5 mV²" in figure.get_suptitle()


def test_at_most_four_of_each_kind(fitted):
    figure = mx.plot.fit(dataclasses.replace(fitted, sweeps=[0]))
    assert len(titled(figure, "sweep ")) == 5
    assert [titled(figure, f"sweep {k},") != [] for k in (1, 6)] == [True, True]
    assert "Held-out, 4 of 6 shown" in [row.get_suptitle() for row in figure.subfigs]


def test_spike_counts_over_the_current(fitted):
    (ax,) = titled(mx.plot.fit(fitted), "Spike counts")
    lines = {line.get_label(): line for line in ax.get_lines()}
    counts = np.array([row.recorded.spike_count for row in fitted.evaluate(by="sweep").rows])
    np.testing.assert_allclose(lines["recorded, training"].get_xdata(), [-4.0, 8.0, 20.0])
    np.testing.assert_array_equal(lines["recorded, held-out"].get_ydata(), counts[[1, 2, 4, 5]])
    assert lines["model, held-out"].get_markerfacecolor() == "white"
    assert lines["model, training"].get_markerfacecolor() == lines["model, training"].get_color()
    assert "injected current (µA/cm²)" in ax.get_xlabel()


def test_starts_from_the_best_on(fitted):
    (ax,) = titled(mx.plot.fit(fitted), "Starts")
    np.testing.assert_allclose(ax.collections[0].get_offsets()[:, 1], [1.5, 2.5, 30.0, 90.0])
    assert ax.get_yscale() == "log"
    assert ax.get_ylabel() == "mean squared error (mV²)"
    assert "(1 without a score)" in ax.get_xlabel()
    assert "1 of 5 within 10 %" in ax.get_xlabel()


def test_starts_that_agree_are_a_plateau(fitted):
    agree = dataclasses.replace(fitted, starts=Starts(1.5 + 1e-6 * np.arange(5), fitted.starts.values))
    (ax,) = titled(mx.plot.fit(agree), "Starts")
    assert ax.get_yscale() == "linear"
    assert ax.get_ylim()[0] == 0.0


def test_parameters_between_their_bounds(fitted):
    (ax,) = titled(mx.plot.fit(fitted), "Parameters")
    assert [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()] == list(fitted.values)
    texts = words(ax)
    assert {"110 mS/cm²", "−60 mV", "2 µF/cm², at bound"} <= set(texts)
    assert {"20", "250", "−80", "−40", "0.5"} <= set(texts)
    diamonds = [line.get_xdata()[0] for line in ax.get_lines()]
    np.testing.assert_allclose(diamonds, [np.log(110 / 20) / np.log(250 / 20), 0.5, 1.0])
    dots = [group for group in ax.collections if len(group.get_offsets()) == 4]
    assert len(dots) == 3


def test_places_are_those_of_the_search(cell, fitted):
    parameters = free(cell, {"na.g": (20, 250), "leak.e": (-80, -40)})
    values = np.array([[30.0, -55.0], [250.0, -80.0]])
    places = np.stack([place(values[:, 0], 20, 250), place(values[:, 1], -80, -40)], axis=1)
    np.testing.assert_allclose(places, parameters.place(values))
    np.testing.assert_allclose(decades(0.5, 200), [1, 10, 100])
    assert not len(decades(0.5, 2))


def test_one_sweep_from_one_start(single):
    figure = mx.plot.fit(single)
    assert len(titled(figure, "sweep 0")) == 1
    assert not titled(figure, "Starts")
    assert not titled(figure, "Spike counts")
    assert "fitted to one sweep" in figure.get_suptitle()


def test_it_saves(fitted, tmp_path):
    mx.plot.fit(fitted, path=tmp_path / "fit.png")
    assert (tmp_path / "fit.png").read_bytes().startswith(b"\x89PNG")


def test_refusals(recording):
    with pytest.raises(ValueError, match=r"draws a Fit.*got Recording"):
        mx.plot.fit(recording)
