"""A symmetric positive definite matrix in half the memory, solved and inverted in place.

LAPACK's rectangular full packed format (Gustavson et al. 2010, ACM TOMS 37:2): the lower triangle in one rectangle, so
that ten thousand rows take 200 MB in single precision and are still worked on at the speed of full matrices.
"""

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]


class NotPositive(Exception):
    """The matrix is not positive definite in single precision."""


class Packed:
    """`size` rows; filled from the lower triangle, then solved, then used for its inverse's diagonal."""

    def __init__(self, size: int) -> None:
        self.size = size
        # The format differs for odd sizes: one row of the identity more changes nothing.
        self._half = (size + 1) // 2
        self._cells = np.zeros((2 * self._half + 1) * self._half, np.float32)
        if size % 2:
            self.put(size, np.r_[np.zeros(size, np.float32), np.float32(1.0)])

    def put(self, row: int, values: "Numbers", column: int = 0) -> None:
        """Cells of row `row` from `column` on, at most up to its diagonal."""
        table, half = self._table(), self._half
        left = min(max(half - column, 0), len(values))
        table[1 + row, column : column + left] = values[:left]
        if left < len(values):
            first = column + left - half
            table[first : first + len(values) - left, row - half] = values[left:]

    def solved(self, right: "Numbers") -> "Numbers":
        """The solution for (size, columns) of right sides; replaces the matrix by its factor. Raises NotPositive."""
        even = 2 * self._half
        self._cells, failed = lapack.spftrf(even, self._cells, uplo="L", overwrite_a=1)
        if failed:
            raise NotPositive(f"at row {failed} of {self.size}")
        padded = np.zeros((even, right.shape[1]), np.float32, order="F")
        padded[: self.size] = right
        answer, _ = lapack.spftrs(even, self._cells, padded, uplo="L", overwrite_b=1)
        return np.ascontiguousarray(answer[: self.size])

    def inverse_diagonal(self) -> "Numbers":
        """The diagonal of the inverse, (size,); after `solved`, and destroys the factor."""
        even, half = 2 * self._half, self._half
        self._cells, _ = lapack.spftri(even, self._cells, uplo="L", overwrite_a=1)
        table = self._table()
        return np.concatenate([np.diagonal(table[1:])[:half], np.diagonal(table)[:half]])[: self.size]

    def _table(self) -> "Numbers":
        return self._cells.reshape((2 * self._half + 1, self._half), order="F")
