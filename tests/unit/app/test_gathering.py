import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from app.gathering import Gathering

PATIENCE_S = 20


class Doing:
    """Doubles numbers, one group at a time a key, and holds up the first until it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun, self.let_go = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        if not self.begun.is_set():
            self.begun.set()
            assert self.let_go.wait(PATIENCE_S)
        if -1 in items:
            raise ValueError("a bad one")
        return [2 * item for item in items]


def behind_the_first(
    gathering: Gathering, doing: Doing, items: Sequence[int], size: Callable[[int], int] = lambda _: 1
) -> list[Future[int]]:
    """All of `items` wait for the first, 0, and in their order; then it is let go. Answers what came of each."""
    with ThreadPoolExecutor(len(items) + 1) as pool:
        done = [pool.submit(gathering.run, "acme", 0, 1, doing)]
        assert doing.begun.wait(PATIENCE_S)
        for place, item in enumerate(items):
            done.append(pool.submit(gathering.run, "acme", item, size(item), doing))
            while waiting(gathering) <= place:
                assert not done[-1].done()
        doing.let_go.set()
    return done


def waiting(gathering: Gathering) -> int:
    group, count = gathering._latest.get("acme"), 0
    while group is not None:
        count += len(group.items) if group.is_open else 0
        group = group.before
    return count


def test_what_comes_meanwhile_is_done_in_one_go_and_each_gets_its_own_answer() -> None:
    doing = Doing()
    done = behind_the_first(Gathering(10), doing, [1, 2, 3, 4])
    assert [each.result() for each in done] == [0, 2, 4, 6, 8]
    assert doing.groups == [[0], [1, 2, 3, 4]]


def test_a_group_holds_as_much_as_is_done_at_once_and_what_is_larger_goes_alone() -> None:
    doing = Doing()
    done = behind_the_first(Gathering(4), doing, [1, 2, 9, 3, 1], lambda item: item)
    assert [each.result() for each in done] == [0, 2, 4, 18, 6, 2]
    assert doing.groups == [[0], [1, 2], [9], [3, 1]]


def test_what_is_wrong_with_one_is_told_to_that_one_alone() -> None:
    doing = Doing()
    good, bad, other = behind_the_first(Gathering(10), doing, [5, -1, 6])[1:]
    assert (good.result(), other.result()) == (10, 12)
    with pytest.raises(ValueError, match="a bad one"):
        bad.result()
    assert doing.groups[:2] == [[0], [5, -1, 6]]
    assert sorted(doing.groups[2:]) == [[-1], [5], [6]]


def test_who_is_alone_waits_for_nobody_and_of_another_key_neither() -> None:
    gathering, doing = Gathering(10), Doing()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(gathering.run, "acme", 1, 1, doing)
        assert doing.begun.wait(PATIENCE_S)
        assert gathering.run("other", 2, 1, doing) == 4
        doing.let_go.set()
        assert first.result() == 2
    with pytest.raises(ValueError, match="a bad one"):
        gathering.run("acme", -1, 1, doing)
    assert gathering._latest == {}
