"""`audit`: the key, the export and the check of the log; `erase`: a data subject."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli_commands.console import Json, TenantOption, Yes, confirmed, failed, tell

audit_app = typer.Typer(no_args_is_help=True, help="The tamper-evident log.")


@audit_app.command("key")
def key(*, tenant: TenantOption = None, as_json: Json = False) -> None:
    """The key with which anyone verifies the log: one line."""
    from app.cli_commands.local import open_ground, tenant_of

    with open_ground() as ground:
        line = str(ground.log.verifier(tenant_of(ground, tenant)))
    tell({"key": line}, as_json=as_json, text=lambda: [line])


@audit_app.command("export")
def export_log(
    *, out: Annotated[Path, typer.Option(help="Where to write it.")], tenant: TenantOption = None, as_json: Json = False
) -> None:
    """The whole log as JSON Lines, ending in a signed checkpoint. Answers {"file","lines","bytes"}."""
    from app.audit.export import export, snapshot
    from app.cli_commands.local import open_ground, tenant_of

    draft = out.with_name(f".{out.name}.part")
    lines = size = 0
    try:
        with open_ground() as ground, draft.open("wb") as file, snapshot(ground.engine) as session:
            for line in export(session, ground.log, ground.vault, tenant_of(ground, tenant)):
                file.write(line)
                lines, size = lines + 1, size + len(line)
        draft.replace(out)
    except OSError as unwritable:
        raise failed("invalid_body", f"{out} cannot be written: {unwritable.strerror}") from unwritable
    finally:
        draft.unlink(missing_ok=True)
    told = {"file": str(out), "lines": lines, "bytes": size}
    tell(told, as_json=as_json, text=lambda: [f"{out}: {lines} lines, {size} bytes"])


@audit_app.command("verify")
def verify_log(
    file: Path,
    *,
    public_key: Annotated[Path, typer.Option(help="File with the verifier key.")],
    since: Annotated[Path | None, typer.Option(help="File with checkpoints that were kept elsewhere.")] = None,
    as_json: Json = False,
) -> None:
    """Check an export. Exit 0: it holds, 1: it is broken, 2: the input cannot be used."""
    from app.audit.verify import main

    arguments = [str(file), "--public-key", str(public_key)]
    arguments += ["--since", str(since)] if since else []
    raise typer.Exit(main(arguments + (["--json"] if as_json else [])))


def erase(
    about: Annotated[str, typer.Argument(metavar="SUBJECT", help="Whom: an e-mail address, or a case's id.")],
    *,
    yes: Yes = False,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Erase all that is kept about a person or a case.

    For good: the log still verifies, and says what was erased. Answers {"payloads","entries","cases","precedents"}.
    """
    from app.cli_commands.local import open_service, tenant_of
    from app.identity.principals import machine_actor
    from app.workflow.erase import erase_person

    confirmed(f"Erase everything that is kept about {about}? It cannot be brought back.", yes=yes)
    with open_service() as service:
        actor = machine_actor(tenant_of(service.context, tenant))
        gone = erase_person(service.context, actor, about)
    tell(gone, as_json=as_json, text=lambda: [
        f"{gone['payloads']} payloads and {gone['precedents']} precedents of {gone['cases']} cases are erased",
        f"{gone['entries']} entries of the log say so",
    ])  # fmt: skip
