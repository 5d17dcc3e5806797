import base64
import dataclasses
import html.parser
import re

import numpy as np
import pytest

import membrax as mx
from membrax.ephys import preprocess
from membrax.fitting.recipe.sweep_selection import SweepSelection
from membrax.fitting.report import sections
from membrax.fitting.report.text import fit_summary, prediction_summary
from membrax.fitting.report.warnings import fit_warnings
from membrax.html_page import Section, section_html

PNG = b"\x89PNG\r\n\x1a\nrest"
ALONE = {"br", "img", "meta", "link", "input", "hr"}


class Reader(html.parser.HTMLParser):
    """Tags, their attributes and the text of a page; asserts that tags are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        if tag not in ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def path(pulse_fit, tmp_path_factory):
    more = Section("How sure", "First.\n\nSecond < third.", [["parameter", "±"], ["sodium", "3"]])
    return pulse_fit.write_report(tmp_path_factory.mktemp("report") / "deep" / "fit", [more])


@pytest.fixture(scope="module")
def page(path):
    return Reader(path.read_text(encoding="utf-8"))


def test_the_file_is_self_contained(path, page):
    assert path.name == "fit.html"
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    sources = [value for tag, name, value in page.attributes if name in ("src", "href")]
    assert len(sources) == 2 and all(source.startswith("data:image/png;base64,") for source in sources)
    for source in sources:
        assert base64.b64decode(source.partition(",")[2], validate=True).startswith(b"\x89PNG")
    assert not re.search(r"url\(|@import|https?:", path.read_text(encoding="utf-8"))
    assert ("meta", "name", "viewport") in page.attributes


def test_names_and_notes_are_escaped(page):
    words = " ".join(page.words)
    assert "Fit of pulses <1>" in words and "never became finite & is out" in words and "as drawn" in words


def test_sections_have_their_order(path):
    titles = re.findall(r"<h2>(.*?)</h2>", path.read_text(encoding="utf-8"))
    assert titles == [
        "Summary", "Warnings", "Recording", "Sweeps", "Fit", "Training and held-out sweeps", "Spikes, pulse by pulse",
        "Shapes, pulse by pulse", "Parameters", "How sure", "Settings and versions",
    ]  # fmt: skip


def test_measured_numbers_have_their_errors(pulse_fit):
    measured = preprocess(mx.recordings.example("cortical"))
    fit = dataclasses.replace(pulse_fit, data=measured.data, v=measured.data.v, preprocessed=measured)
    section = sections.recording(fit, fit.evaluate())
    rows = dict(section.table)
    assert rows["input resistance R"] == str(measured.passive.input_resistance)
    assert rows["membrane time constant τ"] == str(measured.passive.time_constant)
    assert rows["resting potential"] == str(measured.passive.rest).replace("-", "−")
    assert measured.summary in measured.data.notes and measured.summary not in section.text
    assert rows["series resistance, subtracted"] == str(measured.electrode)


def test_selected_sweeps_have_their_reasons(pulse_fit):
    by_hand = sections.sweeps(pulse_fit)
    assert by_hand.text == "Training, as chosen by the caller: 0, 2, 4. Held out: 1, 3." and not by_hand.table
    selection = SweepSelection([0, 2, 4], ("the lowest current", "the first that fires", "the top"))
    section = sections.sweeps(dataclasses.replace(pulse_fit, selection=selection))
    assert section.text == "Training: 0, 2, 4. Held out: 1, 3."
    assert section.table[1:] == [["0", "the lowest current"], ["2", "the first that fires"], ["4", "the top"]]


def test_the_head_names_template_and_method(pulse_fit, tmp_path):
    fit = dataclasses.replace(pulse_fit, template="pyramidal")
    text = fit.write_report(tmp_path / "fit").read_text(encoding="utf-8")
    assert "template pyramidal, method CMA-ES; 5 sweeps, 700 ms at 10 kHz" in text


def test_parameters_at_a_bound_are_marked(path):
    lines = re.findall(r"<tr.*?</tr>", path.read_text(encoding="utf-8"))
    (sodium,), (potassium,) = ([line for line in lines if f'"row">{name}<' in line] for name in ("na.g", "kd.g"))
    assert re.findall(r"<td>(.*?)</td>", sodium) == ["47.12", "mS/cm²", "5", "300", ""]
    assert 'class="marked"' in potassium and ">lower<" in potassium and 'class="marked"' not in sodium


def test_without_held_out_sweeps_the_report_says_so(pulse_fit, tmp_path):
    every = dataclasses.replace(pulse_fit, sweeps=list(range(5)))
    warnings = fit_warnings(every, every.evaluate())
    assert any("No sweep is held out" in warning for warning in warnings)
    assert "mean over the training pulses" in prediction_summary(every.evaluate())[0]
    assert every.write_report(tmp_path / "all.html").stat().st_size > 10_000


# --- summary and warnings


def test_the_summary_compares_the_model_with_baselines(pulse_fit):
    summary = fit_summary(pulse_fit, pulse_fit.evaluate())
    assert summary[0] == "3 parameters fitted to 3 of 5 sweeps (0, 2, 4) by CMA-ES from 3 starts: spike score 1.5."
    assert summary[1] == (
        "The spike count is off by 0.75, mean over the held-out pulses; the interpolated f–I curve of the training"
        " sweeps is off by 0.50."
    )
    assert "mean trace" in summary[2] and "in no held-out pulse" in summary[3]


def test_gamma_has_its_ceiling(pulse_fit):
    other = dataclasses.replace(pulse_fit, sweeps=[0, 3])
    summary = other.evaluate().summary(training=False)
    assert prediction_summary(other.evaluate())[2].startswith(
        f"Spike times: the coincidence factor Γ is {summary['gamma_mean']:.2f}, mean over 4 held-out pulses in which"
        f" the cell's own repeats reach {summary['ceiling_mean']:.2f}."
    )


def fast(fit, every):
    """The fit with a recorded spike ``every`` so many ms in both pulses of sweep 3."""
    v = fit.data.v.copy()
    for begin in (100.0, 400.0):
        since = fit.data.t - begin
        inside = (since >= 0) & (since < 200.0)
        v[3, inside] = np.where(since[inside] % every < every / 2, 20.0, -60.0)
    return dataclasses.replace(fit, data=dataclasses.replace(fit.data, v=v))


def test_pulses_too_fast_for_gamma_are_counted(pulse_fit):
    slow, quick = (fast(pulse_fit, every).evaluate() for every in (9.0, 7.0))  # 111 and 143 Hz
    assert slow.summary(training=False)["gamma_too_fast"] == 0 and "125 Hz" not in prediction_summary(slow)[2]
    assert quick.summary(training=False)["gamma_too_fast"] == 2
    assert "In 2 held-out pulses the cell or the model fires at 125 Hz or more" in prediction_summary(quick)[2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "The interpolated f–I curve of the training sweeps predicts spike counts better."),
        ({}, "At a bound, so that the best value may lie beyond it: kd.g."),
        ({"sweeps": [0, 1]}, "The cell does not fire in the training sweeps"),
        ({"sweeps": [1, 2, 3]}, "4 held-out pulses lie beyond the currents of the training sweeps."),
    ],
)
def test_warnings(pulse_fit, change, message):
    fit = dataclasses.replace(pulse_fit, **change)
    assert any(message in warning for warning in fit_warnings(fit, fit.evaluate()))


def test_a_diverged_model_raises_a_warning(pulse_fit):
    v = pulse_fit.v.copy()
    v[[1, 3], 500:] = np.nan
    lost = dataclasses.replace(pulse_fit, v=v)
    assert fit_warnings(lost, lost.evaluate())[0] == "The model's voltage is not finite in sweep 1, 3."


def test_a_perfect_fit_has_no_warnings(pulse_fit):
    perfect = dataclasses.replace(pulse_fit, v=pulse_fit.data.v, values={"na.g": 47.0}, bounds={"na.g": (5.0, 300.0)})
    assert fit_warnings(perfect, perfect.evaluate()) == []


# --- sections


def test_a_section_has_its_text_table_and_figure():
    text = section_html(Section("A & b", ["one", "<two>"], [["", "x"], ["r", 1], ["s", 2]], PNG, marked=[1]))
    page = Reader(text)
    assert page.tags.count("li") == 2 and page.tags.count("img") == 1 and page.tags.count("tr") == 3
    assert "A &amp; b" in text and "&lt;two&gt;" in text
    assert re.findall(r'<tr class="marked"><th scope="row">(.*?)</th>', text) == ["s"]


def test_empty_parts_of_a_section_are_left_out():
    assert section_html(Section("Bare")).split("\n") == ["<section>", "<h2>Bare</h2>", "</section>"]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("text", "each part of a report must be a membrax.fitting.Section, got str"),
        (Section("T", table=[["a", "b"], ["1"]]), "the rows of 'T' must have 2 cells as its head, got 1"),
        (Section("F", figure="fit.png"), "must be a matplotlib figure or the bytes of a PNG, got str"),
        (Section("F", figure=b"GIF89a"), "must be a matplotlib figure or the bytes of a PNG"),
    ],
)
def test_invalid_sections_are_refused(section, message):
    with pytest.raises(ValueError, match=message):
        section_html(section)
