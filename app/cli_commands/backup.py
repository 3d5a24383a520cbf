"""`backup` and `restore`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli_commands.console import Json, Yes, confirmed, note, tell


def backup(
    path: Annotated[Path, typer.Argument(metavar="FILE|FOLDER", help="Where to; a name in .tar makes one file.")],
    *,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Include the secret key and the log's key: whoever has it reads all.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Back up the database while the service runs. The firms' own systems are no part of it.

    Answers {"id","path","bytes","revision","keys","tenants":[{"tenant","size","root","checkpoint"}]}.
    """
    from app.backup.take import take
    from app.cli_commands.local import open_ground

    with open_ground() as ground:
        made = take(ground, path.absolute(), _said, keys=with_keys)
    told = {
        "id": made.id, "path": str(path.absolute()), "bytes": sum(each.bytes for each in made.files),
        "revision": made.revision, "keys": made.keys, "tenants": [each.model_dump() for each in made.tenants],
    }  # fmt: skip
    tell(told, as_json=as_json, text=lambda: [
        f"{path}: {told['bytes']} bytes, {len(made.tenants)} firms, revision {made.revision}",
        "the keys are in it: keep it as safe as they are" if made.keys else
        "the keys are not in it; keep secret.key and audit.key of the home folder elsewhere",
    ])  # fmt: skip


def restore(
    path: Annotated[Path, typer.Argument(metavar="FILE|FOLDER")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Keep a database that is there aside.")] = False,
    unpaused: Annotated[
        bool, typer.Option("--unpaused", help="Let work go on at once where every effect is accounted for.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Restore a backup in the place of the database of a stopped service.

    What may have run since is asked of the firms' systems before anything runs; the log tells of the restore. Answers
    {"backup","taken_at","revision","kept","aside","former_readable","tenants":[{"tenant","size","outside","unknown",
    "unexplained","listed","paused","erased_again","revoked_again","tokens","sources"}]}.
    """
    from app.backup.restore import restore as bring_back
    from app.settings import load_settings

    settings = load_settings()
    if replace:
        confirmed("Replace the database by the backup? What happened since is lost to it.", yes=yes)
    told = bring_back(settings, path.absolute(), _said, replace=replace, pause=not unpaused)
    tell(told, as_json=as_json, text=lambda: list(_in_words(told)))


def _in_words(told: dict[str, Any]) -> list[str]:
    lines = [f"restored the backup {told['backup']} of {told['taken_at']}"]
    lines += [f"kept aside: {', '.join(told['kept'])}" + (f" in {told['aside']}" if told["aside"] else "")] * bool(
        told["kept"]
    )
    if not told["former_readable"]:
        lines.append("the former database cannot be read: repeat erasures and revocations made since the backup")
    for each in told["tenants"]:
        lines.append(
            f"{each['tenant']}: {each['size']} entries in the log"
            + (f", {each['outside']} at the outside sink" if each["outside"] is not None else "")
            + f"; {each['unknown']} executions are asked about, {len(each['unexplained'])} effects are unexplained"
        )
        if not each["listed"]:
            lines.append("  its systems cannot list what took effect: compare by hand before resuming")
        lines += [
            f"  look at {effect['tool']} under {effect['key']} of {effect['at']}" for effect in each["unexplained"]
        ]
        lines += [
            f"  {source['source']} has to send again what happened after {source['last_event'] or 'its beginning'}"
            for source in each["sources"]
        ]
        lines.append(f"  {each['tokens']} tokens are valid again; look through `countersign token list`")
        if each["paused"]:
            lines.append("  paused: nothing runs until somebody resumes it (POST /v1/control/resume)")
    return [*lines, "all web sessions have ended"]


def _said(line: str) -> None:
    note(f"countersign: {line}")
