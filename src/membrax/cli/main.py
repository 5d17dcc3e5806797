"""The commands and their options; what they do stands in a file each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Conductance-based neurons, thousands at a time, simulated and fitted with JAX.",
)

Out = Annotated[Path, typer.Option(help="Folder for figures and results; made if it isn't there.")]


@app.command()
def demo(
    out: Out = Path("membrax_demo"),
    neurons: Annotated[int, typer.Option(min=2, help="Size of the population.")] = 10_000,
) -> None:
    """Simulate 10 000 neurons across a range of currents, then fit five parameters to a noisy trace."""
    from .demo import run_demo

    run_demo(out, neurons)


@app.command()
def simulate(
    model: Annotated[str, typer.Option(help="A cell of membrax.models.")] = "hodgkin_huxley",
    amplitude: Annotated[float, typer.Option(help="Of the current step.")] = 10.0,
    unit: Annotated[str, typer.Option(help='"uA/cm2" or "nA".')] = "uA/cm2",
    start: Annotated[float, typer.Option(help="Of the step, ms.")] = 5.0,
    stop: Annotated[float, typer.Option(help="Of the step, ms.")] = 45.0,
    duration: Annotated[float, typer.Option(help="ms.")] = 50.0,
    dt: Annotated[float, typer.Option(help="ms.")] = 0.025,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter, such as na.g=100; repeatable.")
    ] = None,
    out: Out = Path("membrax_simulation"),
) -> None:
    """Simulate one neuron under a current step; writes a figure and the trace as CSV."""
    from .simulate import run_simulate

    run_simulate(model, amplitude, unit, start, stop, duration, dt, change or [], out)


@app.command()
def fit(
    file: Annotated[Path, typer.Argument(help="A current-clamp recording: ABF, NWB, Igor, NPZ, CSV or text.")],
    sweeps: Annotated[str, typer.Option(help="Sweeps to fit, such as 0,5,8,14; by default a third of them.")] = "",
    start: Annotated[float | None, typer.Option(help="Beginning of the window, ms.")] = None,
    stop: Annotated[float | None, typer.Option(help="End of the window, ms.")] = None,
    bound: Annotated[
        list[str] | None, typer.Option(help='A free parameter, such as "na.g=5:200"; repeatable. By default a set.')
    ] = None,
    method: Annotated[
        str, typer.Option(help="recipe (that of fit_recording), auto, levenberg_marquardt, adam or cmaes.")
    ] = "recipe",
    seed: Annotated[int, typer.Option(help="Of the starts.")] = 0,
    starts: Annotated[int | None, typer.Option(min=1, help="Number of starts.")] = None,
    iterations: Annotated[int | None, typer.Option(min=1, help="Of the method.")] = None,
    area: Annotated[float | None, typer.Option(help="Of the membrane, µm²; measured if it can be.")] = None,
    out: Out = Path("membrax_fit"),
) -> None:
    """Fit a cortical cell to some sweeps of a recording and predict the others."""
    from .cores import use_cores

    use_cores()
    from .fit import run_fit

    run_fit(file, sweeps, (start, stop), bound or [], method, seed, starts, iterations, area, out)


@app.command()
def verify() -> None:
    """Hold this install, on its device, against closed forms and published values."""
    from .verify import run_verify

    if not run_verify():
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; what a user got wrong is told in a line, without a traceback."""
    try:
        app()
    except (ValueError, FileNotFoundError, ImportError) as error:
        typer.secho(f"membrax: {error}", fg="red", err=True)
        raise SystemExit(2) from None
