import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.reasoners.embedded.packed import NotPositive, Packed


def packed(matrix: np.ndarray, width: int = 100) -> Packed:
    """Filled by pieces of rows, so many cells each."""
    system = Packed(len(matrix))
    for row, values in enumerate(matrix):
        for column in range(0, row + 1, width):
            system.put(row, values[column : min(column + width, row + 1)], column)
    return system


@settings(max_examples=60)
@given(st.integers(1, 40), st.integers(0, 2**16), st.integers(1, 45))
def test_it_solves_and_inverts_as_a_full_matrix_does(size: int, seed: int, width: int) -> None:
    draw = np.random.default_rng(seed)
    half = draw.normal(size=(size, size)).astype(np.float32)
    matrix = half @ half.T + 5 * np.eye(size, dtype=np.float32)
    right = draw.normal(size=(size, 3)).astype(np.float32)
    system = packed(matrix, width)
    assert np.allclose(system.solved(right), np.linalg.solve(matrix, right), atol=1e-3)
    assert np.allclose(system.inverse_diagonal(), np.diag(np.linalg.inv(matrix)), atol=1e-3)


def test_what_is_not_positive_is_refused() -> None:
    with pytest.raises(NotPositive, match="row 2 of 3"):
        packed(np.diag([1, -1, 1]).astype(np.float32)).solved(np.ones((3, 1), np.float32))
