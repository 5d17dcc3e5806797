"""The page of a cell: what it says, and how it looks to a browser without a network."""

import numpy as np
import pytest

import membrax as mx
from membrax.viewer.curves import _spike_shapes
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


def test_the_view_has_the_path_of_its_page(tmp_path):
    assert mx.ephys.view(steps()).page is None
    assert mx.ephys.view(steps(), tmp_path / "cell").page == tmp_path / "cell.html"
    (tmp_path / "py").mkdir()
    seen = mx.ephys.view(steps(name="a/b"), tmp_path / "py")
    assert seen.page == tmp_path / "py" / "a_b.html" and seen.page.is_file()
    assert not (tmp_path / "py.html").exists()


def test_options_of_the_reader_pass_through_view(tmp_path):
    np.savetxt(tmp_path / "plain.txt", np.column_stack([T, steps().v[-1]]))
    with pytest.raises(ValueError, match="pass for example columns="):
        mx.ephys.view(tmp_path / "plain.txt")
    options = {"columns": {"t": 0, "v": 1}, "units": {"t": "ms", "v": "mV"}, "current": 0.0}
    seen = mx.ephys.view(tmp_path / "plain.txt", tmp_path / "page", **options)
    assert seen.data[0].sweeps == 1 and seen.page == tmp_path / "page.html"
    with pytest.raises(ValueError, match="columns are options of a file's reader"):
        mx.ephys.view(steps(), columns={"v": 0})


def test_a_spike_ends_where_the_next_begins():
    t = np.arange(4000) * 0.05
    times = np.arange(50.0, 150.0, 5.0)
    v = -70 + 100 * np.exp(-0.5 * ((t[:, None] - times) / 0.4) ** 2).sum(axis=1)
    shapes = list(_spike_shapes(mx.ephys.quality_control(mx.Recording(t=t, v=v, i=0.0))))
    assert len(shapes) == len(times) and all(len(x) > 80 for x, _ in shapes)
    assert max(x[-1] for x, _ in shapes[:-1]) < 5.0 < shapes[-1][0][-1]
    assert all(np.max(y[x > 2.5]) < -50.0 for x, y in shapes)


def test_a_very_long_name_is_shortened(tmp_path):
    text = mx.ephys.view(steps(name="x" * 5000), tmp_path / "page").page.read_text(encoding="utf-8")
    assert "x" * 100 + " … " + "x" * 100 + "</h1>" in text and "x" * 201 not in text.split("<h2>")[0]


def test_the_page_names_its_colours(page):
    text = " ".join(page[0].read_text(encoding="utf-8").split())
    assert "Colours go from blue" in text and "Spikes are coloured from the first, blue, to the last" in text


def test_a_narrow_screen_shows_all_buttons_and_texts(page, browser):
    size = browser.get_window_size()
    try:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                {"width": 480, "height": 900, "deviceScaleFactor": 1, "mobile": False})  # fmt: skip
        assert opened(browser, page[0]) == []
        right = (
            CLICK.partition("deep(document)")[0]
            + """
        return deep(document).filter(e => e.tagName == 'BUTTON' && e.textContent.includes('sweep')
          || e.tagName == 'TD' && e.parentElement.lastElementChild == e).map(e => e.getBoundingClientRect().right)"""
        )
        edges = browser.execute_script(right)
        assert len(edges) > 10 and max(edges) <= 480
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.set_window_size(size["width"], size["height"])
