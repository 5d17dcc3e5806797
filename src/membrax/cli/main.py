"""The commands and their options; each command's work is in a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .ending import ended
from .reading import ReaderOptions, with_reader_options
from .words import recipe_options

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Conductance-based neurons, thousands at a time, simulated and fitted with JAX.",
)

Out = Annotated[Path, typer.Option(help="Folder for figures and results; made if needed.")]


@app.command()
def demo(
    out: Out = Path("membrax_demo"),
    neurons: Annotated[int, typer.Option(min=2, help="Size of the population.")] = 10_000,
) -> None:
    """Simulate 10 000 neurons over a range of currents, then fit five parameters to a noisy trace."""
    from .demo import run_demo

    run_demo(out, neurons)


@app.command()
def simulate(
    model: Annotated[str, typer.Option(help="Name of a cell of membrax.models.")] = "hodgkin_huxley",
    amplitude: Annotated[float, typer.Option(help="Amplitude of the current step, in --unit.")] = 10.0,
    unit: Annotated[str, typer.Option(help='Unit of the amplitude, "uA/cm2", "nA" or "pA".')] = "uA/cm2",
    start: Annotated[float, typer.Option(help="Step onset (ms).")] = 5.0,
    stop: Annotated[float, typer.Option(help="Step offset (ms).")] = 45.0,
    duration: Annotated[float, typer.Option(help="Duration of the simulation (ms).")] = 50.0,
    dt: Annotated[float, typer.Option(help="Time step (ms).")] = 0.025,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="New value of a parameter, such as na.g=100; repeatable.")
    ] = None,
    out: Out = Path("membrax_simulation"),
) -> None:
    """Simulate one neuron under a current step; write a figure and the trace as CSV."""
    from .simulate import run_simulate

    run_simulate(
        model, amplitude, unit=unit, start=start, stop=stop, duration=duration, dt=dt, changes=change or [], out=out
    )


def _refuse(value: str | None) -> None:
    """Refuse an option of `membrax.fit` that the recipe does not take."""
    if value is not None:
        raise typer.BadParameter(
            "membrax fit runs the recipe, whose model is chosen by --template; for a cell, bounds, a method or starts "
            "of your own use membrax.fit in Python"
        )


MANY = "Many cells"


@app.command()
@with_reader_options
def fit(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE|FOLDER...",
            help="Current-clamp recording: ABF, NWB, Igor, NPZ, CSV or text. Of a folder or of several files: a table "
            "with a row for each cell.",
        ),
    ],
    options: ReaderOptions,
    training: Annotated[
        str, typer.Option("--sweeps", help="Training sweeps, such as 0,5,8-10; by default a third.")
    ] = "",
    template: Annotated[
        str | None,
        typer.Option(
            help="Model and bounds: pyramidal, adapting, fast_spiking or squid_axon; by default pyramidal, and "
            "squid_axon for a current density."
        ),
    ] = None,
    liquid_junction_potential: Annotated[
        float, typer.Option(help="Liquid junction potential, which is subtracted from the voltage (mV).")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    iterations: Annotated[
        int | None, typer.Option(min=1, help="Generations of the search; by default what its budget allows.")
    ] = None,
    together: Annotated[
        bool, typer.Option("--together", help="One cell: the files are its Igor waves, or recordings on one time grid.")
    ] = False,
    out: Out = Path("membrax_fit"),
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            rich_help_panel=MANY,
            help="Cells at a time, each with its share of the cores; by default as many as cores, up to 8.",
        ),
    ] = None,
    job: Annotated[
        str | None,
        typer.Option(
            rich_help_panel=MANY, help="Share of one job of several, such as 3/20; by default that of SLURM's array."
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(rich_help_panel=MANY, help="Address of a dask scheduler, whose workers fit the cells."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", rich_help_panel=MANY, help="Fit cells again that were fitted already.")
    ] = False,
    of_python: Annotated[
        str | None, typer.Option("--area", "--bound", "--method", "--starts", hidden=True, callback=_refuse)
    ] = None,
) -> None:
    """Fit a cell to some sweeps of a recording and predict the others, by membrax.fit_recording.

    Of a folder or of several files every recording is fitted, and the same command goes on where it was stopped.

    A cell, bounds, an optimiser or a number of starts of your own are a matter of Python: membrax.fit.
    """
    recipe = recipe_options(training, template, liquid_junction_potential, seed, iterations)
    table = len(files) > 1 or not files[0].is_file() or processes or job or scheduler or again
    if table and not together:
        from .cells import run_cells

        run_cells(files, options, recipe, out=out, processes=processes, job=job, scheduler=scheduler, again=again)
        return
    from .cores import use_cores

    use_cores()
    from .fit import run_fit

    run_fit(files, options, recipe, out=out)


@app.command()
def gather(out: Annotated[Path, typer.Argument(help="Folder of the results of membrax fit FOLDER.")]) -> None:
    """Gather the table of many cells, cells.csv, from the rows of all jobs."""
    from .cells import run_gather

    run_gather(out)


@app.command()
@with_reader_options
def view(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE|FOLDER...", help="Recordings, or folders of recordings.")
    ],
    options: ReaderOptions,
    together: Annotated[
        bool,
        typer.Option("--together", help="One cell: several files are its protocols, Igor waves the sweeps of one."),
    ] = False,
    serve: Annotated[
        bool,
        typer.Option("--serve", help="Open the page of one recording on 127.0.0.1, with fits that can be started."),
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of --serve; 0 is any free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Whether --serve opens a browser.")] = True,
    out: Out = Path("membrax_view"),
) -> None:
    """Measure recordings without a fit: a page for a browser and tables as CSV, for one cell or a folder of cells.

    Sweeps, quality, rest, input resistance, time constant, capacitance, sag, rheobase, f-I, and every spike.
    """
    from .view import run_serve, run_view

    if serve:
        run_serve(paths, options, together=together, out=out, port=port, browser=browser)
    elif not run_view(paths, options, together=together, out=out):
        raise typer.Exit(1)


@app.command()
def verify() -> None:
    """Check the installation, on its device, against analytical solutions and published values."""
    from .verify import run_verify

    if not run_verify():
        raise typer.Exit(1)


def main() -> None:
    """Run the command line and exit with a status of `ending`; a user's error is one line, without a traceback."""
    raise SystemExit(ended(app))
