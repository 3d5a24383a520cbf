import subprocess
import sys
from pathlib import Path

import pytest

from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.model_file import ModelUnavailable, model_file

ROOT = Path(__file__).resolve().parents[5]
BUILD = """
import sys
from pathlib import Path
from agents.reasoners.embedded.model_file import model_file
print(model_file(Path(sys.argv[1])))
"""


def _builder(cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, str(cache)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _names(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir())


def test_a_whole_file_is_used_as_it_is(encoder: Encoder, encoder_cache: Path, tmp_path: Path) -> None:
    encoder.load()
    built = model_file(encoder_cache)
    copy = tmp_path / built.name
    copy.symlink_to(built)
    assert model_file(tmp_path) == copy
    assert _names(tmp_path) == [built.name]


@pytest.mark.slow
def test_two_processes_at_once_both_end_well(tmp_path: Path) -> None:
    cache = tmp_path / "deep" / "cache"
    first, second = _builder(cache), _builder(cache)
    (one, error_one), (two, error_two) = first.communicate(timeout=110), second.communicate(timeout=110)
    assert (first.returncode, second.returncode) == (0, 0), error_one + error_two
    assert one == two
    assert _names(cache) == [Path(one.strip()).name, "minilm.lock"]


@pytest.mark.slow
def test_a_truncated_file_is_built_again(encoder: Encoder, encoder_cache: Path, tmp_path: Path) -> None:
    encoder.load()
    built = model_file(encoder_cache)
    (tmp_path / built.name).write_bytes(built.read_bytes()[:-1])
    left_by_a_killed_build = tmp_path / "minilm-work-dead"
    left_by_a_killed_build.mkdir()
    (left_by_a_killed_build / "int8.onnx").write_bytes(b"half")
    again = model_file(tmp_path)
    assert again.stat().st_size == built.stat().st_size
    assert _names(tmp_path) == [again.name, "minilm.lock"]


@pytest.mark.slow
def test_a_killed_build_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    killed = _builder(tmp_path)
    while not list(tmp_path.glob("minilm-work-*/fp32-*")):
        assert killed.poll() is None
    killed.kill()
    killed.communicate()
    path = model_file(tmp_path)
    assert _names(tmp_path) == [path.name, "minilm.lock"]


def test_a_failed_build_says_so_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ModelUnavailable, match="building the model failed"):
        model_file(tmp_path)
    assert _names(tmp_path) == ["minilm.lock"]


def test_a_cache_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(ModelUnavailable, match="cannot be used"):
        model_file(path)
