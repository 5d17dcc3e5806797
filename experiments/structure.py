"""How is the package built? Prints its rooms, their imports, the share of `Any`, and names that collide.

    python experiments/structure.py                      # this checkout
    python experiments/structure.py --source other/src   # another one

For the package and for each room that has rooms: places (files and folders), arrows (imports between two places) and
floors (the longest chain of imports; a circle is named). Then the share of argument annotations that are or hold `Any`,
by room; file names that occur in more than one folder; and runs of eight and more equal lines in two places.
"""

from __future__ import annotations

import argparse
import ast
import collections
import sys
from pathlib import Path

PACKAGE = "membrax"
LINES = 8


def main() -> None:
    options = arguments()
    source = options.source.resolve()
    files = sorted((source / PACKAGE).rglob("*.py"))
    print(f"{len(files)} files, {sum(len(file.read_text().splitlines()) for file in files)} lines")
    for room, (places, arrows, floors, circles) in structure(source).items():
        print(f"{room}: {places} places, {arrows} arrows, {floors} floors, circles: {'; '.join(circles) or 'none'}")
    shares = shares_of_any(source / PACKAGE, files)
    for room, (count, total) in sorted(shares.items(), key=lambda item: -item[1][0]):
        print(f"Any in {room}: {count} of {total} argument annotations, {100 * count / max(1, total):.1f} %")
    same = collections.Counter(file.name for file in files if file.name != "__init__.py")
    collisions = {name: count for name, count in same.items() if count > 1}
    print(f"file names in more than one folder: {len(collisions)} ({', '.join(sorted(collisions))})")
    runs = duplicates(files)
    print(f"runs of {LINES} and more equal lines: {len(runs)}")
    for first, second, length in runs:
        print(f"  {first} ~ {second}, {length} lines")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, default=Path(__file__).resolve().parents[1] / "src")
    return parser.parse_args()


# --- the import graph


def structure(source: Path) -> dict[str, tuple[int, int, int, list[str]]]:
    """{room: (places, arrows, floors, circles)} of the package and of every folder with five places or more."""
    import grimp

    sys.path.insert(0, str(source))
    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=True, cache_dir=None)
    folders = {name.rpartition(".")[0] for name in graph.modules if "." in name}
    measured = {}
    for room in sorted(folders):
        arrows, places = edges(graph, room)
        if len(places) >= 5:
            levels, circles = floors(arrows, places)
            measured[room] = (len(places), sum(map(len, arrows.values())), levels, circles)
    return measured


def edges(graph, room: str) -> tuple[dict[str, set[str]], set[str]]:
    """Which place of a room imports which others, and all places."""
    depth = room.count(".") + 1
    place = lambda name: name.split(".")[depth] if name.startswith(f"{room}.") else None  # noqa: E731
    arrows = collections.defaultdict(set)
    for name in graph.modules:
        for imported in graph.find_modules_directly_imported_by(name):
            first, second = place(name), place(imported)
            if first and second and first != second:
                arrows[first].add(second)
    return arrows, {place(name) for name in graph.modules} - {None}


def floors(arrows: dict[str, set[str]], places: set[str]) -> tuple[int, list[str]]:
    """The length of the longest chain of imports, and the circles that were met."""
    levels, circles = {}, []

    def level(place: str, above: tuple[str, ...] = ()) -> int:
        if place in above:
            circles.append(" -> ".join((*above[above.index(place) :], place)))
            return 0
        if place not in levels:
            levels[place] = 1 + max((level(below, (*above, place)) for below in arrows.get(place, ())), default=0)
        return levels[place]

    return max(map(level, sorted(places))), circles


# --- annotations


def shares_of_any(package: Path, files: list[Path]) -> dict[str, tuple[int, int]]:
    """{room: (arguments whose annotation holds Any, annotated arguments)}, and the package's own under its name."""
    counts = collections.defaultdict(lambda: [0, 0])
    for file in files:
        room = file.relative_to(package).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                given = node.args
                for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
                    if one is not None and one.annotation is not None:
                        is_any = any(isinstance(x, ast.Name) and x.id == "Any" for x in ast.walk(one.annotation))
                        for name in (room, PACKAGE):
                            counts[name][0] += is_any
                            counts[name][1] += 1
    return {name: tuple(pair) for name, pair in counts.items()}


# --- equal lines


def duplicates(files: list[Path]) -> list[tuple[str, str, int]]:
    """Pairs of places with at least `LINES` equal lines one after the other; imports and blank lines don't count."""
    windows = collections.defaultdict(list)
    kept = {file: substance(file) for file in files}
    for file, lines in kept.items():
        for k in range(len(lines) - LINES + 1):
            windows[tuple(text for _, text in lines[k : k + LINES])].append((file, k))
    found, seen = [], set()
    for places in windows.values():
        for i, (first, a) in enumerate(places):
            for second, b in places[i + 1 :]:
                if (first, a - 1, second, b - 1) not in seen:
                    length = LINES
                    while equal(kept[first], a + length, kept[second], b + length):
                        length += 1
                    found.append((where(kept, first, a), where(kept, second, b), length))
                seen.add((first, a, second, b))
    return found


def substance(file: Path) -> list[tuple[int, str]]:
    """(line number, text) of the lines that say something."""
    lines = enumerate((line.strip() for line in file.read_text().splitlines()), 1)
    return [(k, line) for k, line in lines if len(line) > 1 and not line.startswith(("import ", "from ", "#"))]


def equal(first: list, a: int, second: list, b: int) -> bool:
    return a < len(first) and b < len(second) and first[a][1] == second[b][1]


def where(kept: dict, file: Path, k: int) -> str:
    return f"{'/'.join(file.parts[file.parts.index(PACKAGE) :])}:{kept[file][k][0]}"


if __name__ == "__main__":
    main()
