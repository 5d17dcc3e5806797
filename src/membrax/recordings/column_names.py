"""Names of columns, channels and arrays: unit, symbol, sweep number, commands and other signals."""

from __future__ import annotations

import dataclasses
import re

from .conversion import QUANTITIES, canonical, kind_of

# Names by quantity. Single letters are the literature's; longer ones include those of PatchMaster ("V-mon") and German.
WORDS = {
    "t": {"t", "time", "times", "zeit", "timestamp", "timestamps"},
    "v": {"v", "vm", "voltage", "voltages", "potential", "membrane potential", "membrane voltage", "v mon", "vmon",
          "vmem", "v mem", "v m", "spannung", "membranpotential"},
    "i": {"i", "im", "current", "currents", "injected", "injected current", "current injection", "stimulus", "stim",
          "command", "cmd", "icmd", "i cmd", "iinj", "i inj", "injection", "i mon", "imon", "i stim", "istim", "i m",
          "command current", "current command", "stimulus current", "current stimulus", "strom", "iclamp", "i clamp"},
    "dt": {"dt"},
}  # fmt: skip
SWEEP = re.compile(r"(?:sweep|trace|episode|run|trial|rep|repeat|repetition)s?[\s_\-]*#?[\s_\-]*(\d+(?:_\d+)*)", re.I)
_HEKA = re.compile(r"(?<![0-9])([0-9]{1,3}(?:_[0-9]{1,4}){2,3})(?![0-9])")  # group, series, sweep, trace
_NUMBER = re.compile(r"[\s_\-.#]*(\d+)\s*$")
# A voltage that an amplifier commands, or that is no membrane potential.
_COMMAND = re.compile(
    r"(?:^|[^a-z])v?_?(?:cmd|com|command|hold|holding|clamp|target|set ?point|stim|stimulus|dac?|ao|aout)"
    r"(?:[^a-z]|$)|^v_?h$",
    re.I,
)
_ELSEWHERE = re.compile(
    r"(?:^|[^a-z])(?:lfp|field|extracellular|ecg|ekg|eeg|emg|ttl|trigger|trig|sync|gate|photodiode|led|laser|light"
    r"|temperature|temp|bath|pressure|pump|index|sample|samples|offset|ref|reference)(?:[^a-z]|$)",
    re.I,
)
_INJECTED = re.compile(
    r"(?:^|[^a-z])i?_?(?:cmd|com|command|commanded|inj|injected|injection|stim|stimulus)(?:[^a-z]|$)", re.I
)


@dataclasses.dataclass(frozen=True)
class ColumnName:
    """The parts of a label such as "Vm sweep 2 (mV)".

    Attributes:
        label: the label itself.
        word: the label without its unit: "Vm sweep 2".
        unit: "mV"; None without one.
        symbol: t, v, i, dt, or None for any other quantity.
        named: the word names the symbol, not the unit alone.
        sweep: number behind a word for a sweep, "2"; None without one.
        number: number at the end of other words: "2" of "V2".
        signal: the word without these numbers, in lower case: "vm".
    """

    label: str
    word: str
    unit: str | None
    symbol: str | None
    named: bool
    sweep: str | None
    number: str | None
    signal: str

    @property
    def command(self) -> bool:
        """Whether the name is one of a command or a stimulus."""
        return bool(_COMMAND.search(_apart(self.word)))

    @property
    def injected(self) -> bool:
        """Whether the name is one of an injected current."""
        return bool(_INJECTED.search(_apart(self.word)))

    @property
    def elsewhere(self) -> bool:
        """Whether the name is one of a signal outside the cell, or of no signal at all."""
        return bool(_ELSEWHERE.search(_apart(self.word)))


def parse(label: str, *, by_unit: bool = True) -> ColumnName:
    """Divide a label into its parts.

    Args:
        label: such as "Trace #1 (mV)", "Vm_mV", "V2 [mV]", "Sweep 3".
        by_unit: a known unit decides the symbol of a word that says nothing, such as "Trace".
    """
    word, unit = split_label(label)
    swept = SWEEP.search(word) or _HEKA.search(word)
    rest = word if swept is None else word[: swept.start()] + word[swept.end() :]
    numbered = _NUMBER.search(rest)
    signal = _plain(rest[: numbered.start()] if numbered else rest)
    symbol, named = _symbol(signal, unit, by_unit)
    return ColumnName(label, word, unit, symbol, named, swept and swept[1], numbered and numbered[1], signal)


def _plain(word: str) -> str:
    """The words of a name in lower case: "MembranePotential_2" is "membrane potential 2"."""
    return " ".join(re.sub(r"[_\-.:#]+", " ", _apart(word).lower()).split())


def _apart(word: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", word)


def _symbol(signal: str, unit: str | None, by_unit: bool) -> tuple[str | None, bool]:
    """The symbol of a signal, and whether its name says so; a unit of another quantity is believed before a name."""
    by_word = next((symbol for symbol, words in WORDS.items() if signal in words), None)
    kind = (kind_of(unit) or "").removesuffix(" density")
    if unit is None or kind == "":
        return (by_word, True) if unit is None or _may_carry(by_word, signal, unit) else (None, False)
    symbol = next(symbol for symbol, quantity in QUANTITIES.items() if quantity == kind)
    if by_word is not None and (by_word == symbol or (by_word, symbol) == ("dt", "t")):
        return by_word, True
    if by_word is not None and not (by_word == "i" and symbol == "v" and _COMMAND.search(signal)):
        return by_word, True  # a contradiction, which the conversion of the unit refuses
    return (symbol, False) if by_unit else (None, False)


def _may_carry(symbol: str | None, signal: str, unit: str) -> bool:
    """Whether a name with an unknown unit keeps its symbol: "T (degC)" is no time, "v (mv)" is a misspelt voltage."""
    if symbol is None or symbol == "dt":
        return symbol == "dt"
    plain = canonical(unit).lower()
    misspelt = plain in {"s", "ms", "us", "v", "mv", "uv", "a", "ma", "ua", "na", "pa"}
    return len(signal) > 1 or misspelt


def split_label(label: str) -> tuple[str, str | None]:
    """The name and the unit in a column label: "V (mV)", "V[mV]", "voltage_mV", "V/mV" -> ("V" or "voltage", "mV").

    A unit in brackets may be unknown; after an underscore, blank, comma or slash only a known unit counts as one
    ("v_soma" has none, "cell A" is no ampere). A number may stand behind the unit: "Vm (mV) 2", "v_mV_2".
    """
    label = label.strip().strip('"').strip()
    bracketed = re.fullmatch(r"(.*?)\s*[(\[]([^)\]]*)[)\]]", label)
    if bracketed:
        return bracketed[1], bracketed[2].strip() or None
    inner = re.search(r"\s*[(\[]([^)\]]*)[)\]]", label)
    if inner and kind_of(inner[1]):
        return f"{label[: inner.start()]} {label[inner.end() :].strip(' .,_')}", inner[1]
    for gap in re.finditer(r"[_ /,:] *(?:in )?", label):
        if _is_unit(label[gap.end() :], label[: gap.start()]):
            return label[: gap.start()], label[gap.end() :]
    numbered = re.fullmatch(r"(.*\D)([_ .#\-]+\d+)", label)
    if numbered:
        word, unit = split_label(numbered[1])
        return (f"{word}{numbered[2]}", unit) if unit else (label, None)
    return label, None


def _is_unit(text: str, word: str) -> bool:
    """Whether the end of a label is a unit; a lone A is an ampere behind the name of a current only."""
    if not kind_of(text):
        return False
    plain = _plain(re.sub(_NUMBER, "", word))
    if text == "A":
        return plain in WORDS["i"] or bool(_INJECTED.search(word))
    return re.search(r"[A-Za-z]", word) is not None  # "-50 pA" is an amplitude, not a name and its unit


def symbol_of(word: str, unit: str | None = None) -> str | None:
    """The symbol of a column (t, v, i or dt) by its word ("Voltage_2" is v), else by its unit; None for any other."""
    return parse(word if unit is None else f"{word} ({unit})", by_unit=unit is not None).symbol
