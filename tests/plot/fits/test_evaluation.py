import dataclasses

import numpy as np
import pytest

import membrax as mx
from membrax.plot.fits.evaluation import evaluation as draw

T = np.arange(6001) * 0.1


def recording(levels, pulses, seed=0):
    """Sweeps with equal pulses, and a spike of 1 ms every so often within them."""
    rng = np.random.default_rng(seed)
    i, v = np.zeros((len(levels), T.size)), np.full((len(levels), T.size), -65.0)
    for k, level in enumerate(levels):
        for begin in pulses:
            i[k, (begin <= T) & (begin + 200.0 > T)] = level
            for at in begin + 20.0 + 40.0 * np.arange(max(0, round(10 * level))) + rng.uniform(0.0, 5.0):
                v[k, (at <= T) & (at + 1.0 > T)] = 30.0
    return mx.Recording(t=T, v=v, i=i)


@pytest.fixture(scope="module")
def evaluated():
    """A function: the evaluation of a recording whose model is 3 ms late."""
    from membrax.fitting.evaluation import evaluate

    def make(levels, pulses=(50.0, 350.0), training=(0, 2)):
        data = recording(levels, pulses)
        return evaluate(data, np.roll(data.v, 30, axis=1), training)

    return make


def headed(figure, text):
    return [ax for ax in figure.axes if text in ax.get_title(loc="left")]


def test_a_column_for_every_pulse(evaluated):
    result = evaluated((-0.1, 0.1, 0.2, 0.3))
    figure = draw(result)
    assert len(figure.axes) == 6
    assert [ax.get_title(loc="left") for ax in figure.axes[:2]] == [
        f"Pulse from {start} ms, rows with spikes" for start in (50, 350)
    ]
    assert figure.get_suptitle() == "Spikes in 4 training pulses and 4 held-out pulses"
    (raster,) = headed(figure, "from 350")
    assert [label.get_text() for label in raster.get_yticklabels()] == ["0.1", "0.2", "0.3"]


def test_spikes_have_their_times_in_the_pulse(evaluated):
    result = evaluated((-0.1, 0.1, 0.2, 0.3))
    (raster,) = headed(draw(result), "from 350")
    row = next(row for row in result.rows if row.pulse.sweep == 3 and row.pulse.number == 1)
    recorded, model = raster.collections[4:6]
    for lines, response in ((recorded, row.recorded), (model, row.model)):
        drawn = [segment[0, 0] for segment in lines.get_segments()]
        np.testing.assert_allclose(drawn, response.times - 350.0)
    assert recorded.get_segments()[0][0, 1] > model.get_segments()[0][0, 1]


def test_counts_and_the_interpolated_curve(evaluated):
    figure = draw(evaluated((-0.1, 0.1, 0.2, 0.3)))
    counts = figure.axes[2]
    lines = {line.get_label(): line for line in counts.get_lines()}
    np.testing.assert_allclose(lines["f–I of the training sweeps"].get_ydata(), [0.0, 4 / 3, 2.0, 2.0])
    np.testing.assert_array_equal(lines["recorded, held-out"].get_ydata(), [1, 3])
    assert lines["model, held-out"].get_markerfacecolor() == "white" and counts.get_ylabel() == "spikes"


def test_gamma_of_the_model_and_of_repeats(evaluated):
    result = evaluated((-0.1, 0.1, 0.2, 0.3))
    gammas = draw(result).axes[4]
    lines = {line.get_label(): line for line in gammas.get_lines()}
    known = [row for row in result.rows if np.isfinite(row.gamma) and row.pulse.number == 0]
    np.testing.assert_allclose(lines["repeats of the cell"].get_ydata(), [row.ceiling for row in known])
    assert len(known) == 3


def test_without_repeats_there_is_no_gamma(evaluated):
    figure = draw(evaluated((-0.1, 0.1, 0.2), pulses=(50.0,)))
    assert len(figure.axes) == 2 and not any("Γ" in ax.get_ylabel() for ax in figure.axes)


@pytest.mark.parametrize("levels", [(0.2,), (0.0, 0.0)], ids=["one pulse", "silence"])
def test_little_to_draw(evaluated, levels, tmp_path):
    draw(evaluated(levels, pulses=(50.0,), training=range(len(levels))), path=tmp_path / "evaluation.png")
    assert (tmp_path / "evaluation.png").read_bytes().startswith(b"\x89PNG")


def test_many_sweeps_are_thinned(evaluated):
    (raster,) = headed(draw(evaluated(np.linspace(0.1, 0.3, 60), pulses=(50.0,))), "Pulse")
    assert len(raster.get_yticks()) == 24


def test_whole_sweeps_are_numbered(evaluated):
    result = evaluated((-0.1, 0.1, 0.2))
    rows = [
        dataclasses.replace(row, pulse=dataclasses.replace(row.pulse, level=np.nan, number=0))
        for row in result.rows[::2]
    ]
    figure = draw(dataclasses.replace(result, rows=tuple(rows)))
    assert figure.axes[0].get_ylabel() == "sweep" and figure.axes[1].get_xlabel() == "sweep"


def test_refusals():
    with pytest.raises(ValueError, match=r"draws an Evaluation.*got int"):
        draw(3)
