import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.ephys.quality import quality_control
from membrax.plot.fits.quality import quality as draw

T = np.arange(6000) * 0.1


@pytest.fixture(scope="module")
def measured():
    """The quality of five sweeps of an RC cell, two of which fire, with a synaptic potential in the first."""
    on = (T >= 100.0) & (T < 300.0)
    sizes = np.array([-0.1, -0.1, 0.05, 0.09, 0.1])
    rise = np.where(T >= 100, 1 - np.exp(-(np.maximum(T, 100) - 100) / 20), 0)
    fall = np.where(T >= 300, 1 - np.exp(-(np.maximum(T, 300) - 300) / 20), 0)
    v = -65.0 + 150.0 * sizes[:, None] * (rise - fall) + np.random.default_rng(0).normal(0, 0.05, (5, T.size))
    v[3:] += 90.0 * np.exp(-0.5 * np.square((T[:, None] - [180.0, 230.0]) / 0.5)).sum(axis=1)
    v[0] += 3.0 * (np.exp(-np.maximum(T - 50, 0) / 15.0) - np.exp(-np.maximum(T - 50, 0))) * (T >= 50)
    return quality_control(mx.Recording(t=T, v=v, i=sizes[:, None] * on, name="cell"))


def headings(figure):
    return [ax.get_title(loc="left") for ax in figure.axes]


def test_headings_give_the_measured_numbers(measured):
    figure = draw(measured)
    rest, quiet, step, spikes = headings(figure)
    assert rest == f"Rest: {measured.passive.rest}".replace("-", "−")
    assert "synaptic events/s" in quiet
    assert step.startswith(f"Step down: R {measured.passive.input_resistance}") and "R$_s$" in step
    assert spikes.startswith("Spikes: 4,") and "at 10 kHz" in spikes
    assert (
        figure.get_suptitle() == f"cell: {len(measured.warnings)} warning{'' if len(measured.warnings) == 1 else 's'}"
    )


def test_panels_hold_the_recorded_data(measured):
    rest, quiet, step, spikes = draw(measured).axes
    dots = rest.get_lines()[1]
    np.testing.assert_array_equal(dots.get_ydata(), measured.resting_potentials)
    # Responses divided by their steps end at the resistance; the last line is the resistor and capacitor.
    ends = [line.get_ydata()[-1] for line in step.get_lines()[:2]]
    np.testing.assert_allclose(ends, 150.0, rtol=0.02)
    assert len(spikes.get_lines()) == 4
    assert max(line.get_ydata().max() for line in spikes.get_lines()) == measured.data.v.max()
    assert any(line.get_marker() == "v" and len(line.get_xdata()) == 1 for line in quiet.get_lines())


def test_every_warning_is_in_the_figure(measured):
    spoiled = dataclasses.replace(measured, refusals=("a long story " * 12,), clipped=np.array([0, 3, 0, 0, 0]))
    figure = draw(spoiled)
    written = " ".join(text.get_text() for sub in figure.subfigs for text in sub.texts).replace("\n", " ")
    for warning in spoiled.warnings:
        words = warning.replace(" -", " −").split()
        assert all(word in written for word in words)
    figure.draw_without_rendering()
    used, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert used.x0 > -0.02 and used.y0 > -0.02 and used.x1 < width + 0.02 and used.y1 < height + 0.02


def test_a_recording_without_features():
    result = quality_control(mx.Recording(t=T, v=-65.0 + 0.1 * np.sin(T), i=0.05 * np.sin(T / 3.0)))
    figure = draw(result)
    assert headings(figure)[1:] == ["No quiet stretch", "R not measured", "No spike"]
    assert "not measured" in headings(figure)[0]


def test_it_saves(measured, tmp_path):
    draw(measured, path=tmp_path / "quality")
    assert (tmp_path / "quality.png").read_bytes().startswith(b"\x89PNG")


def test_a_recording_is_measured_first(measured):
    assert headings(draw(measured.data)) == headings(draw(measured))


def test_refusals(measured):
    with pytest.raises(ValueError, match="data must be a Recording"):
        draw(measured.passive)
