from pathlib import Path

import pytest

from evals.staffing.dzn import Unreadable, read_dzn

WHOLE = """% seed = 1
mint = 3;
nActs = 3;
dur = [0,4,0];
nSkills = 2;
sreq = [| 0,0,
        | 1,2,
        | 0,0, |];
nResources = 3;
mastery = [| true,true,
           | false,true,
           | false,true, |];
nPrecs = 2;
pred = [1,2];
succ = [2,3];
"""


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "one.dzn"
    path.write_text(text)
    return read_dzn(path)


def test_an_instance_is_read(tmp_path: Path) -> None:
    path = tmp_path / "one.dzn"
    path.write_text(WHOLE)
    project = read_dzn(path)
    assert [one.duration for one in project.activities] == [0, 4, 0]
    assert project.activities[1].needs == {"0": 1, "1": 2}
    assert list(project.before) == [(0, 1), (1, 2)]
    assert list(project.people) == [frozenset("01"), frozenset("1"), frozenset("1")]


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("nActs = 3;", "", "one.dzn: nActs: it is not there"),
        ("nActs = 3;", "nActs = x;", "one.dzn: nActs: 'x' is no number"),
        ("dur = [0,4,0];", "dur = [0,4];", "one.dzn: dur: 2 entries, not 3"),
        ("dur = [0,4,0];", "dur = 4;", "one.dzn: dur: it is no list"),
        ("dur = [0,4,0];", "dur = [0,4.5,0];", "one.dzn: dur: '4.5' is no entry"),
        ("| 1,2,", "| 1,", "one.dzn: sreq: it is no table of 3 rows and 2 columns"),
        ("mastery = [|", "mastery = [", "one.dzn: mastery: it is no table"),
        ("succ = [2,3];", "succ = [2];", "one.dzn: succ: 1 entries, but pred has 2"),
        ("succ = [2,3];", "succ = [2,1];", "one.dzn: activities 0, 1 wait for each other"),
        ("succ = [2,3];", "succ = [2,9];", "one.dzn: there is no activity 8"),
    ],
)
def test_what_is_no_instance_is_refused_by_file_and_item(tmp_path: Path, was: str, now: str, told: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read(tmp_path, WHOLE.replace(was, now))
    assert told in str(raised.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.dzn"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unreadable, match="it is no text"):
        read_dzn(path)
