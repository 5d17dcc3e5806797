import itertools

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

import membrax as mx
from membrax.plot import style


def luminance(colour):
    """Relative luminance (WCAG 2)."""
    c = np.array(to_rgb(colour))
    return float(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("colour", [*style.PALETTE, style.INK, style.FAINT, style.DATA, style.MODEL])
def test_colours_stand_out_on_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 3.0


def test_the_grade_stands_out_too_and_rises():
    light = [luminance(colour) for colour in style.graded()(np.linspace(0, 1, 9))]
    assert all(a < b for a, b in itertools.pairwise(light))
    assert 1.05 / (light[-1] + 0.05) >= 2.8


def test_settings_hold_only_while_a_figure_is_made(recording):
    before = dict(matplotlib.rcParams)
    figure = mx.plot.recording(recording)
    assert dict(matplotlib.rcParams) == before
    assert not figure.axes[0].spines["top"].get_visible()
    assert plt.get_fignums() == []


def test_settings_of_the_user_do_not_reach_in(recording):
    with plt.style.context("dark_background"):
        figure = mx.plot.recording(recording)
    assert to_rgb(figure.get_facecolor()) == (1.0, 1.0, 1.0)
    assert to_rgb(figure.axes[0].yaxis.label.get_color()) == to_rgb(style.INK)


def test_a_notebook_shows_it(recording):
    page, size = mx.plot.recording(recording)._repr_png_()
    assert page.startswith(b"\x89PNG")
    assert size == {"width": 720, "height": 360}


def test_figures_stay_within_their_size(trace, batch, result, recording, fitted, single):
    figures = [
        mx.plot.trace(trace, 5.0), mx.plot.trace(batch), mx.plot.recording(recording), mx.plot.fit(fitted),
        mx.plot.population(result, against=np.arange(12), label="number"), mx.plot.fit(single),
        *(mx.plot.gates(channel) for channel in (mx.channels.squid.Sodium(), mx.channels.pospischil.M())),
    ]  # fmt: skip
    for figure in figures:
        figure.draw_without_rendering()
        used, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        message = f"{figure.get_suptitle()}: {used}"
        assert min(used.x0, used.y0) >= -0.01, message
        assert used.x1 <= width + 0.01, message
        assert used.y1 <= height + 0.01, message


def test_numbers_and_counts():
    assert [style.number(x) for x in (-54.387, 16260.4, 0.02677, 3e-7, 110.0)] == [
        "−54.39", "16260", "0.02677", "3e−07", "110",
    ]  # fmt: skip
    assert style.counted(1, "spike") == "1 spike"
    assert style.counted(10_000, "neuron") == "10\u202f000 neurons"
