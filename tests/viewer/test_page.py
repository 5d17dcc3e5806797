"""The page of a cell: what it says, and how it looks to a browser without a network."""

import numpy as np
import pytest

import membrax as mx
from membrax.viewer.page import page_html

pytest.importorskip("bokeh")

T = np.arange(4000) * 0.1


def steps(count=5, unit="nA", name="cell"):
    """Steps on a cell, the strongest of which elicit spikes; one peak of noise for each sweep."""
    levels = np.linspace(-0.1, 0.2, count)[:, None]
    on = (T >= 100) & (T < 300)
    v = -70 + 80 * levels * on * (1 - np.exp(-(np.maximum(T, 100) - 100) / 15))
    v = v + np.where(levels > 0.1, 100 * np.exp(-0.5 * ((T - 180) / 0.5) ** 2), 0)
    return mx.Recording(
        t=T, v=v + np.random.default_rng(1).normal(0, 0.05, v.shape), i=levels * on, unit=unit, name=name
    )


ODD = {
    "one sweep": steps(1),
    "a ramp": mx.Recording(t=T, v=steps().v[:2], i=0.1 * T / T[-1]),
    "no current": mx.Recording(t=T, v=steps().v[:1], i=0.0),
    "a density": steps(unit="uA/cm2"),
    "many sweeps": steps(150),
    "two samples": mx.Recording(t=[0.0, 100.0], v=[[-70.0, 40.0]], i=0.0),
    "two parts": mx.recordings.join([steps(3), steps(3, name="later").crop(0.0, 350.0)]),
    "a long name": steps(2, name="</script><script>alert(1)</script><img src=x onerror=alert(2)>"),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a recording, and its view."""
    out = tmp_path_factory.mktemp("pages") / "cell"
    view = mx.ephys.view(steps(), out=out)
    return out.with_suffix(".html"), view


# The buttons of Bokeh are in shadow trees.
CLICK = """
const deep = root => [...root.querySelectorAll('*')].flatMap(e => [e, ...(e.shadowRoot ? deep(e.shadowRoot) : [])]);
deep(document).find(e => e.tagName == 'BUTTON' && e.textContent.includes(arguments[0])).click();
"""


def opened(browser, path):
    """Load a page, wait for its plots, and return the errors of the console."""
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get_log("browser")
    browser.get(path.as_uri())
    idle = "return window.Bokeh !== undefined && Bokeh.documents.length > 0 && Bokeh.documents.every(d => d.is_idle)"
    WebDriverWait(browser, 30).until(lambda it: it.execute_script(idle))
    return [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def test_a_path_and_a_recording_give_one_view(tmp_path):
    file = steps().save(tmp_path / "cell.npz")
    views = [mx.ephys.view(data) for data in (steps(), file, str(file))]
    assert len({one.table() for one in views}) == 1 and not list(tmp_path.glob("*.html"))


def test_the_page_names_every_quantity_with_its_unit(page):
    path, view = page
    text = path.read_text(encoding="utf-8")
    for one in view.quantities:
        assert f'<th scope="row">{one.column.label}</th>' in text
        assert (one.column.text if one.estimate.known else one.reason).replace("<", "&lt;")[:20] in text
    assert str(view.quantities[1].estimate) in text and "<noscript>" in text


def test_the_page_loads_nothing_from_elsewhere(page, browser):
    assert opened(browser, page[0]) == []
    assert browser.execute_script("return performance.getEntriesByType('resource').map(one => one.name)") == []
    text = page[0].read_text(encoding="utf-8")
    assert "default-src 'none'" in text and len(text) < 6_000_000


def test_a_large_recording_stays_small():
    t = np.arange(50_000) * 0.02
    v = np.random.default_rng(0).normal(-70, 0.1, (17, t.size))
    i = np.linspace(-0.1, 0.3, 17)[:, None] * (t > 200)
    assert len(page_html(mx.ephys.measure(mx.Recording(t=t, v=v, i=i)))) < 6_000_000


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_odd_recordings_have_a_page_without_errors(data, browser, tmp_path):
    mx.ephys.view(data, out=tmp_path / "odd.html")
    assert opened(browser, tmp_path / "odd.html") == []
    assert not browser.find_elements("css selector", "img")  # none from the long name


def test_the_plots_are_drawn(page, browser):
    path, view = page
    assert opened(browser, path) == []
    figures = "return [...Bokeh.documents[0].all_models].filter(m => m.type == 'Figure').length"
    assert browser.execute_script(figures) == 6  # potentials, currents, f–I, V–I, spikes, phase plane
    lengths = "return [...Bokeh.documents[0].all_models].filter(m => m.type == 'DataTable').map(m => m.source.length)"
    assert browser.execute_script(lengths) == [len(view.sweeps), len(view.spikes)]


def test_buttons_show_one_sweep_after_the_other(page, browser):
    opened(browser, page[0])
    opacities = "return [...Bokeh.documents[0].all_models].filter(m => m.type == 'ColumnDataSource' && m.data.opacity)"
    opacities += ".map(m => Array.from(m.data.opacity))"
    for label, chosen in (("next", 0), ("next", 1), ("previous", 0), ("previous", 4), ("all", None)):
        browser.execute_script(CLICK, label)
        for opacity in browser.execute_script(opacities):
            assert [k for k in range(5) if opacity[k] == 1.0] == ([chosen] if chosen is not None else list(range(5)))


def test_without_bokeh_the_way_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'pip install "membrax\[view\]"'):
        mx.ephys.view(steps(), out="cell.html")
