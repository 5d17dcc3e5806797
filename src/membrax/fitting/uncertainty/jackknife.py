"""The block jackknife: what an estimate loses when one block of the recording is left out, block after block."""

from __future__ import annotations

import itertools

import numpy as np

LONG = 10  # memories of the residuals that make a block
FEWEST = 20  # blocks; where the recording has fewer, they are shorter
ENTIRE = 20  # sweeps, from which on every sweep is one block


def cuts(shape: tuple[int, int], memory: float) -> np.ndarray:
    """Where the blocks of every sweep begin and end [block + 1], for residuals [sweep, time].

    A block is 10 memories of the residuals, so that what it shares with its neighbours is little, and a whole sweep
    where there are 20 or more of those. Blocks are shorter where there would be fewer than 20.
    """
    sweeps, n = shape
    if sweeps >= ENTIRE:
        return np.array([0, n])
    wanted = max(int(n / (LONG * memory)), -(-FEWEST // sweeps))
    return np.unique(np.linspace(0, n, min(wanted, n) + 1).round().astype(int))


def jackknife(residuals: np.ndarray, scores: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The covariance [direction, direction] of an estimate, whatever residuals do within a block.

    Without block b a linear estimate is off by (1 − Q_bᵀQ_b)⁻¹ Q_bᵀr_b; (G − 1)/G times the sum of the squares over
    all G blocks is its covariance (Künsch 1989, Annals of Statistics 17:1217; "CV3" of MacKinnon, Nielsen & Webb
    2023, J Applied Econometrics 38:671). It errs towards wide intervals where few blocks decide.

    Args:
        residuals: [sweep, time].
        scores: Q, the sensitivities in directions in which QᵀQ is the identity [sweep, time, direction].
        edges: of the blocks in every sweep, from `cuts`.

    Returns:
        The covariance, and QᵀQ of each block [block, direction, direction].
    """
    spans = [slice(a, b) for a, b in itertools.pairwise(edges)]
    shares = np.concatenate([np.einsum("stj,stk->sjk", scores[:, at], scores[:, at]) for at in spans])
    pulls = np.concatenate([np.einsum("stk,st->sk", scores[:, at], residuals[:, at]) for at in spans])
    # A direction that one block alone has seen is lost with it: its error is then large, not infinite.
    values, vectors = np.linalg.eigh(shares)
    along = np.einsum("bjk,bj->bk", vectors, pulls) / np.maximum(1.0 - values, 1e-6)
    moves = np.einsum("bjk,bk->bj", vectors, along)
    return (len(moves) - 1) / len(moves) * moves.T @ moves, shares


def satterthwaite(into: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Degrees of freedom of each parameter's error [parameter]: how many blocks have a say in it.

    (Σv_b)²/Σv_b², with v_b the part of the variance that white residuals would have in block b (Satterthwaite 1946;
    Bell & McCaffrey 2002, Survey Methodology 28:169).

    Args:
        into: [parameter, direction].
        shares: [block, direction, direction].
    """
    parts = np.einsum("pj,bjk,pk->bp", into, shares, into)
    total = np.sum(parts, axis=0)
    return np.maximum(1.0, np.square(total) / np.maximum(np.sum(np.square(parts), axis=0), 1e-300))
