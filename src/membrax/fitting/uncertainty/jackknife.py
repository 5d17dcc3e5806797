"""The block jackknife: the change of an estimate when one block of the recording is left out, for every block."""

from __future__ import annotations

import itertools

import numpy as np

LONG = 10  # autocorrelation times of the residuals in a block
FEWEST = 20  # blocks; where the recording has fewer, they are shorter
ENTIRE = 20  # sweeps, from which on every sweep is one block


def block_edges(shape: tuple[int, int], autocorrelation_time: float) -> np.ndarray:
    """The beginnings and ends of the blocks of every sweep [block + 1], for residuals [sweep, time].

    A block is 10 autocorrelation times of the residuals long, so that it shares little with its neighbours. From 20
    sweeps on a block is a whole sweep. Blocks are shorter where there would be fewer than 20.
    """
    sweeps, n = shape
    if sweeps >= ENTIRE:
        return np.array([0, n])
    count = max(int(n / (LONG * autocorrelation_time)), -(-FEWEST // sweeps))
    return np.unique(np.linspace(0, n, min(count, n) + 1).round().astype(int))


def jackknife(residuals: np.ndarray, scores: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The covariance [direction, direction] of an estimate, for any correlation of the residuals within a block.

    Without block b a linear estimate is off by (1 − Q_bᵀQ_b)⁻¹ Q_bᵀr_b. The sum of the squares over all G blocks,
    times (G − 1)/G, is its covariance (Künsch 1989, Annals of Statistics 17:1217; "CV3" of MacKinnon, Nielsen & Webb
    2023, J Applied Econometrics 38:671). Intervals are too wide rather than too narrow where few blocks dominate.

    Args:
        residuals: [sweep, time].
        scores: Q, the sensitivities in directions in which QᵀQ is the identity [sweep, time, direction].
        edges: of the blocks in every sweep, from `block_edges`.

    Returns:
        The covariance, and QᵀQ of each block [block, direction, direction].
    """
    spans = [slice(a, b) for a, b in itertools.pairwise(edges)]
    shares = np.concatenate([np.einsum("stj,stk->sjk", scores[:, at], scores[:, at]) for at in spans])
    pulls = np.concatenate([np.einsum("stk,st->sk", scores[:, at], residuals[:, at]) for at in spans])
    # A direction that only one block determines is lost with it: its error is then large, not infinite.
    values, vectors = np.linalg.eigh(shares)
    along = np.einsum("bjk,bj->bk", vectors, pulls) / np.maximum(1.0 - values, 1e-6)
    moves = np.einsum("bjk,bk->bj", vectors, along)
    return (len(moves) - 1) / len(moves) * moves.T @ moves, shares


def satterthwaite(into: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Degrees of freedom of each parameter's error [parameter]: the number of blocks that determine it.

    (Σv_b)²/Σv_b², with v_b the part of the variance that white residuals would have in block b (Satterthwaite 1946;
    Bell & McCaffrey 2002, Survey Methodology 28:169).

    Args:
        into: [parameter, direction].
        shares: QᵀQ of each block [block, direction, direction].
    """
    parts = np.einsum("pj,bjk,pk->bp", into, shares, into)
    total = np.sum(parts, axis=0)
    return np.maximum(1.0, np.square(total) / np.maximum(np.sum(np.square(parts), axis=0), 1e-300))
