"""Apart: settings of an installation that evaluations make for themselves, whatever the environment names."""

from pathlib import Path

from app.settings import Settings


def apart(home: Path, rules: Path | None = None) -> Settings:
    """All state in `home`: never the database, keys, sink or faults of an installation that people work with."""
    return Settings(
        home=home, database_url=f"sqlite:///{home / 'countersign.db'}", environment="development", secret_key=None,
        checkpoint_sink=None, faults=(), rules=rules,
    )  # fmt: skip
