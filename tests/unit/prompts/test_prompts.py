import hashlib
from pathlib import Path

import pytest

import prompts


@pytest.mark.parametrize("name", ["assess", "letter"])
def test_a_prompt_is_its_file_with_its_digest(name: str) -> None:
    raw = (Path(prompts.__file__).parent / name / "v1.md").read_bytes()
    loaded = prompts.load(name, 1)
    assert loaded.text.encode() == raw
    assert loaded.sha256 == hashlib.sha256(raw).hexdigest()
    assert loaded.stamp == f"{name}/v1/{loaded.sha256[:12]}"


@pytest.mark.parametrize(("name", "version"), [("assess", 0), ("nothing", 1), ("../assess", 1), ("", 1)])
def test_what_is_not_there_is_an_error(name: str, version: int) -> None:
    with pytest.raises(prompts.PromptMissing):
        prompts.load(name, version)
