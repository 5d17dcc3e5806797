import base64
import dataclasses
import html.parser
import re

import numpy as np
import pytest

from membrax.fitting.evaluation.compare import compare
from membrax.fitting.report.page import Section, section_html
from membrax.fitting.report.text import cautions, in_short, verdict

PNG = b"\x89PNG\r\n\x1a\nrest"
ALONE = {"br", "img", "meta", "link", "input", "hr"}


class Reader(html.parser.HTMLParser):
    """Tags, their attributes and the text of a page; complains of a tag that closes what is not open."""

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
def path(found, tmp_path_factory):
    more = Section("How sure", "First.\n\nSecond < third.", [["parameter", "±"], ["sodium", "3"]])
    return found.write_report(tmp_path_factory.mktemp("report") / "deep" / "fit", [more])


@pytest.fixture(scope="module")
def page(path):
    return Reader(path.read_text(encoding="utf-8"))


def test_it_is_an_html_file_that_needs_nothing_else(path, page):
    assert path.name == "fit.html"
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    sources = [value for tag, name, value in page.attributes if name in ("src", "href")]
    assert len(sources) == 2 and all(source.startswith("data:image/png;base64,") for source in sources)
    for source in sources:
        assert base64.b64decode(source.partition(",")[2], validate=True).startswith(b"\x89PNG")
    assert not re.search(r"url\(|@import|https?:", path.read_text(encoding="utf-8"))
    assert ("meta", "name", "viewport") in page.attributes


def test_names_and_notes_are_text_and_no_tags(page):
    words = " ".join(page.words)
    assert "Fit of pulses <1>" in words and "never became finite & is out" in words and "as drawn" in words


def test_it_holds_all_parts_in_their_order(path):
    titles = re.findall(r"<h2>(.*?)</h2>", path.read_text(encoding="utf-8"))
    assert titles == [
        "In short", "With care", "The recording", "The fit", "Fitted and predicted", "Spikes, pulse by pulse",
        "Shape, pulse by pulse", "Parameters", "How sure", "Settings and versions",
    ]  # fmt: skip


def test_parameters_have_units_and_bounds_and_those_at_one_stand_out(path):
    lines = re.findall(r"<tr.*?</tr>", path.read_text(encoding="utf-8"))
    (sodium,), (potassium,) = ([line for line in lines if f'"row">{name}<' in line] for name in ("na.g", "kd.g"))
    assert re.findall(r"<td>(.*?)</td>", sodium) == ["47.12", "mS/cm²", "5", "300", ""]
    assert 'class="marked"' in potassium and "the lower one" in potassium and 'class="marked"' not in sodium


def test_everything_that_was_fitted_is_no_prediction(found, tmp_path):
    every = dataclasses.replace(found, sweeps=list(range(5)), comparison=compare(found.v, found.data, list(range(5))))
    told = cautions(every, every.evaluate())
    assert any("nothing was predicted" in caution for caution in told)
    assert "fitted pulses" in verdict(every.evaluate())[0]
    assert every.write_report(tmp_path / "all.html").stat().st_size > 10_000


# --- what is said


def test_in_short_the_model_beside_the_baselines_and_gamma(found):
    told = in_short(found, found.evaluate())
    assert told[0] == "3 parameters fitted to 3 of 5 sweeps (0, 2, 4) by cmaes from 3 starts: spike score 1.5."
    assert told[1].startswith("Spike counts of the predicted pulses are off by 0.75") and "is off by 0.50" in told[1]
    assert "mean trace" in told[2] and "in no predicted pulse" in told[3]


def test_gamma_is_told_with_its_ceiling(found):
    other = dataclasses.replace(found, sweeps=[0, 3])
    summary = other.evaluate().summary(fitted=False)
    assert verdict(other.evaluate())[2].startswith(
        f"Spike times: Γ {summary['gamma_mean']:.2f} over 4 predicted pulses in which the cell's own repeats reach"
        f" {summary['ceiling_mean']:.2f}"
    )


def fast(found, every):
    """The fit with a recorded spike ``every`` so many ms in both pulses of sweep 3."""
    v = found.data.v.copy()
    for begin in (100.0, 400.0):
        since = found.data.t - begin
        inside = (since >= 0) & (since < 200.0)
        v[3, inside] = np.where(since[inside] % every < every / 2, 20.0, -60.0)
    return dataclasses.replace(found, data=dataclasses.replace(found.data, v=v))


def test_pulses_that_fire_too_fast_for_gamma_are_told(found):
    slow, quick = (fast(found, every).evaluate() for every in (9.0, 7.0))  # 111 and 143 Hz
    assert slow.summary(fitted=False)["gamma_too_fast"] == 0 and "125 Hz" not in verdict(slow)[2]
    assert quick.summary(fitted=False)["gamma_too_fast"] == 2
    assert "In 2 predicted pulses the cell or the model fires at 125 Hz or more" in verdict(quick)[2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "Spike counts are predicted better by interpolating"),
        ({}, "At a bound, where the data ask for more than was allowed: kd.g."),
        ({"sweeps": [0, 1]}, "The cell does not fire in the sweeps that were fitted"),
        ({"sweeps": [1, 2, 3]}, "Beyond the currents that were fitted: 4 predicted pulses."),
    ],
)
def test_what_asks_for_care(found, change, told):
    found = dataclasses.replace(found, **change)
    assert any(told in caution for caution in cautions(found, found.evaluate()))


def test_a_model_that_is_not_finite_asks_for_care(found):
    v = found.v.copy()
    v[[1, 3], 500:] = np.nan
    lost = dataclasses.replace(found, v=v)
    assert cautions(lost, lost.evaluate())[0] == "The model's voltage is not finite in sweep 1, 3."


def test_a_perfect_fit_asks_for_none(found):
    perfect = dataclasses.replace(found, v=found.data.v, values={"na.g": 47.0}, bounds={"na.g": (5.0, 300.0)})
    assert cautions(perfect, perfect.evaluate()) == []


# --- sections


def test_a_section_holds_what_it_is_given():
    text = section_html(Section("A & b", ["one", "<two>"], [["", "x"], ["r", 1], ["s", 2]], PNG, marked=[1]))
    page = Reader(text)
    assert page.tags.count("li") == 2 and page.tags.count("img") == 1 and page.tags.count("tr") == 3
    assert "A &amp; b" in text and "&lt;two&gt;" in text
    assert re.findall(r'<tr class="marked"><th scope="row">(.*?)</th>', text) == ["s"]


def test_what_is_left_out_is_not_there():
    assert section_html(Section("Bare")).split("\n") == ["<section>", "<h2>Bare</h2>", "</section>"]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("text", "a report is made of membrax.fitting.Section, got str"),
        (Section("T", table=[["a", "b"], ["1"]]), "the rows of 'T' must have 2 cells as its head has, got 1"),
        (Section("F", figure="fit.png"), "must be a matplotlib figure or the bytes of a PNG, got str"),
        (Section("F", figure=b"GIF89a"), "must be a matplotlib figure or the bytes of a PNG"),
    ],
)
def test_sections_that_can_not_be_shown_are_refused(found, tmp_path, section, told):
    with pytest.raises(ValueError, match=told):
        section_html(section)
