import re

import pytest

from tests.architecture.tree import ROOT, tracked_files

MAX_LINES = 350
# A file that has a reason to be longer, with the reason.
LONGER: dict[str, str] = {
    "app/store/migrations/versions/rev_0001_first_tables.py": "generated: a line for each column",
}
# Labelled texts are a list to be added to, not something to be understood as a whole.
_LISTS = ("agents/reasoners/embedded/texts/", "evals/datasets/")
_WRITTEN_BY_HAND = {".py", ".sh", ".toml", ".yaml", ".yml", ".js", ".css", ".html", ".jinja", ".j2", ".md"}

# In halves, so that this file does not hold what it forbids.
_FORBIDDEN = {
    "a package registry's address": "|".join(
        re.escape(host + domain)
        for host, domain in [
            ("pypi", ".org"),
            ("files.python", "hosted.org"),
            ("download.py", "torch.org"),
            ("hugging", "face.co"),
            ("registry.npm", "js.org"),
            ("proxy.go", "lang.org"),
        ]
    ),
    "a path of somebody's machine": r"(?<![\w.}])/(?:root|work|Users|home/\w+)" + "/",
}


def test_no_file_is_too_long_to_read() -> None:
    long = {}
    for path in tracked_files():
        name = str(path.relative_to(ROOT))
        if name.startswith(_LISTS):
            continue
        if path.suffix in _WRITTEN_BY_HAND or path.name in ("Makefile", "run"):
            lines = path.read_bytes().count(b"\n")
            if lines > MAX_LINES and name not in LONGER:
                long[name] = lines
    assert long == {}


@pytest.mark.parametrize("what", _FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(_FORBIDDEN[what].encode())
    found = {}
    for path in tracked_files():
        if match := pattern.search(path.read_bytes()):
            found[str(path.relative_to(ROOT))] = match.group().decode()
    assert found == {}
