"""The message for columns without names, with the options that fit their numbers as far as these tell."""

from __future__ import annotations

import numpy as np

from .labelled import counts, rises


def unnamed(file: str, values: np.ndarray) -> ValueError:
    """The error for a file without a header.

    Args:
        file: the file's name.
        values: [row, column]. A first column that rises uniformly is the time, or an index if it counts; the one column
            near the potential of a cell at rest is the voltage, and a single other one the current.
    """
    count = values.shape[1]
    rising = count > 1 and rises(values[:, 0])
    clock = rising and not counts(values[:, 0])
    rest = range(int(rising), count)
    units = {k: unit for k in rest if (unit := _potential_unit(values[:, k]))}
    found = next(iter(units), None) if len(units) == 1 else None
    others = [k for k in rest if k != found]
    known = found is not None or count == 1
    voltage = (str(found or 0), units.get(found or 0, "mV")) if known else ("…", "mV")
    given = {"t": ("0", _time_unit(values[:, 0]))} if clock else {}
    given |= {"v": voltage}
    given |= {"i": (str(others[0]) if found is not None and len(others) == 1 else "…", "pA")} if len(rest) > 1 else {}
    looks = [f"column {found} looks like a membrane potential"] if found is not None else []
    looks = ["column 0 rises uniformly, as a time does", *looks] if clock else looks
    columns = "1 column" if count == 1 else f"{count} columns"
    return ValueError(f"{file} has {columns} and no header; pass for example {_way(given)}{'; '.join(['', *looks])}")


def _way(given: dict[str, tuple[str, str]]) -> str:
    """The options for columns and their units by symbol."""
    columns = ", ".join(f'"{symbol}": {column}' for symbol, (column, _) in given.items())
    units = ", ".join(f'"{symbol}": "{unit}"' for symbol, (_, unit) in given.items())
    more = [("t", "dt=0.1", "dt in ms"), ("i", "current=0.0", "the current in nA")]
    options = [f"columns={{{columns}}}", f"units={{{units}}}", *(option for key, option, _ in more if key not in given)]
    truth = ["with the true units", *(word for key, _, word in more if key not in given)]
    return f"{', '.join(options)} ({', '.join(truth)})"


def _potential_unit(values: np.ndarray) -> str | None:
    """The unit in which numbers are a membrane potential at rest, mV or V; None for others, as a current from 0 on."""
    known = values[~np.isnan(values)]
    ends = (known[0], np.median(known)) if known.size else (0.0,)
    return next((unit for unit, one in (("mV", 1.0), ("V", 1e-3)) if all(-120 < x / one < -20 for x in ends)), None)


def _time_unit(t: np.ndarray) -> str:
    """The unit in which a rising time has a sampling interval of 1 µs to 1 ms."""
    step = float(t[1] - t[0])
    return "s" if step <= 1.001e-3 else "ms" if step <= 1.001 else "us"
