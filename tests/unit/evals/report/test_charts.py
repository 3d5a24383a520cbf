import xml.etree.ElementTree as ET
from typing import Any

from evals.report.charts import MOST_LABELS, calibration, confusion, coverage, whisker

SVG = "{http://www.w3.org/2000/svg}"


def titles(chart: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(chart).iter(f"{SVG}title")]


def of(chart: str, tag: str) -> list[Any]:
    return list(ET.fromstring(chart).iter(SVG + tag))


def test_each_cell_says_its_count_and_is_shaded_by_its_share() -> None:
    chart = confusion([("a", "a")] * 3 + [("a", "b")] + [("b", "b")] * 2)
    assert titles(chart) == ["3 of 4 a read as a", "1 of 4 a read as b", "0 of 2 b read as a", "2 of 2 b read as b"]
    shades = [float(cell.get("fill-opacity")) for cell in of(chart, "rect")]
    assert shades == [0.765, 0.295, 0.06, 1.0]


def test_of_many_labels_those_that_are_confused_are_kept() -> None:
    pairs = [(f"label-{place:02d}", f"label-{place:02d}") for place in range(40)] * 5
    pairs += [("label-07", "label-31")] * 3
    chart = confusion(pairs)
    labels = {one.text for one in of(chart, "text")}
    assert {"label-07", "label-31", "(others)"} <= labels
    assert len(of(chart, "rect")) == (MOST_LABELS + 1) ** 2
    assert sum(int(one.partition(" ")[0]) for one in titles(chart)) == len(pairs)


def test_calibration_has_a_dot_for_each_tenth_at_its_share() -> None:
    chart = calibration([(0.95, True)] * 8 + [(0.95, False)] * 2 + [(0.35, False)] * 5)
    assert titles(chart) == ["5 answers at 0.35: 0.00 right", "10 answers at 0.95: 0.80 right"]
    low, high = of(chart, "circle")
    assert float(low.get("cy")) > float(high.get("cy"))
    assert float(low.get("r")) < float(high.get("r"))


def test_coverage_rises_to_the_whole_error() -> None:
    chart = coverage([(0.9, True)] * 8 + [(0.1, False)] * 2)
    points = [tuple(map(float, one.split(","))) for one in of(chart, "polyline")[0].get("points").split()]
    assert points[0][1] > points[-1][1], "no error among the surest"
    assert [x for x, _ in points] == sorted(x for x, _ in points)


def test_a_whisker_stays_inside_whatever_the_figure() -> None:
    for figure in ((0.0, 0.0, 0.0), (1.0, 0.9, 1.0), (5.0, 4.0, 9.0)):
        dot = of(whisker(*figure), "circle")[0]
        assert 0 <= float(dot.get("cx")) <= 120
