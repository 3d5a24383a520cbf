"""`policy`: checking, testing, explaining, simulating and comparing rules."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_commands.console import NEGATIVE, Json, TenantOption, failed, table, tell

if TYPE_CHECKING:
    from policies.ruleset import Ruleset

policy_app = typer.Typer(no_args_is_help=True, help="The rules.")

Rules = Annotated[Path | None, typer.Argument(help="A folder of rule files, or one file; else the rules in force.")]


def _in_force() -> Path:
    from app.settings import load_settings
    from policies.ruleset import RULES

    return load_settings().rules or RULES


def _load(path: Path | None) -> "Ruleset":
    from policies.ruleset import load_ruleset

    return load_ruleset(path or _in_force())


@policy_app.command("check")
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Folders or files; else the rules in force.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Every error with its file, line, rule and field. Exit 1 where there is one."""
    from policies.ruleset import check as errors_of

    errors = errors_of(paths or [_in_force()])
    told = [error.model_dump(mode="json") for error in errors]
    tell(told, as_json=as_json, text=lambda: [str(error) for error in errors] or ["The rules hold."])
    if errors:
        raise typer.Exit(NEGATIVE)


@policy_app.command("test")
def run(path: Rules = None, *, as_json: Json = False) -> None:
    """Run the examples beside the rules. Exit 1 where one comes out otherwise."""
    from policies.examples import run_examples

    results = run_examples(_load(path))
    told = [result.model_dump(mode="json") for result in results]
    failed = [result for result in told if not result["ok"]]
    tell(
        told, as_json=as_json,
        text=lambda: [json.dumps(result) for result in failed] + [f"{len(told)} examples, {len(failed)} failed"],
    )  # fmt: skip
    if failed:
        raise typer.Exit(NEGATIVE)


@policy_app.command("explain")
def explain(
    subject: Annotated[str, typer.Argument(help='A review or proposal id, or attributes as JSON (`{"tool": …}`).')],
    path: Rules = None,
    *,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """Every rule, and which of its conditions hold."""
    from policies.explain import explain as explained
    from policies.risk import score

    ruleset = _load(path)
    request, doubt = _asked(subject, tenant)
    found = explained(ruleset, request, score(request, doubt, ruleset.weights)).model_dump(mode="json")
    decision = found["decision"]

    def lines() -> list[str]:
        said = [f"{decision['effect']}, risk {decision['risk']['score']}", *decision["reasons"], ""]
        for rule in found["rules"]:
            said.append(f"{'x' if rule['matched'] else ' '} {rule['id']} ({rule['effect']}): {rule['title']}")
            for condition in rule["conditions"]:
                mark = "holds" if condition["holds"] else "does not hold"
                said.append(f"      {condition['attribute']} = {condition['value']}, {condition['wants']}: {mark}")
        return said

    tell(found, as_json=as_json, text=lines)


def _asked(subject: str, tenant: str | None) -> tuple[Any, Any]:
    from policies.examples import request_of

    if subject.lstrip().startswith("{"):
        try:
            return request_of(json.loads(subject))
        except (ValueError, TypeError, KeyError) as wrong:
            raise failed("invalid_query", f"the attributes cannot be used: {wrong}") from wrong
    from sqlmodel import col, select

    from app.cli_commands.local import open_ground, tenant_of
    from app.store.engine import read_only
    from app.store.models import Decision, Review
    from policies.request import PolicyRequest
    from policies.risk import Doubt

    with open_ground() as ground:
        firm = tenant_of(ground, tenant)
        with read_only(ground.engine) as session:
            review = session.get(Review, subject)
            proposal = review.proposal_id if review else subject
            query = select(Decision).where(col(Decision.tenant) == firm, col(Decision.proposal_id) == proposal)
            row = session.exec(query.order_by(col(Decision.at).desc(), col(Decision.id).desc())).first()
    if row is None or not row.request:
        raise failed("not_found", f"there is no decision about {subject}")
    request = PolicyRequest.model_validate_json(json.dumps(row.request))
    return request, Doubt.model_validate_json(json.dumps(row.doubt))


@policy_app.command("simulate")
def simulate(
    path: Path,
    *,
    limit: Annotated[int, typer.Option(min=1, max=5000, help="Newest decisions to look at.")] = 5000,
    tenant: TenantOption = None,
    as_json: Json = False,
) -> None:
    """What a candidate ruleset would have decided, against what people decided."""
    from app.cli_commands.local import open_ground, tenant_of
    from app.views.simulation import simulate_ruleset

    candidate = _load(path)
    with open_ground() as ground:
        found = simulate_ruleset(ground, tenant_of(ground, tenant), candidate, limit)
    tell(
        found, as_json=as_json,
        text=lambda: [
            f"{found['total']} decisions, {found['same']} the same, {found['skipped']} not readable",
            f"{found['saved_reviews']} reviews saved, {len(found['against_people'])} against what people decided",
            *(f"{move}: {count}" for move, count in sorted(found["moves"].items())),
            table(("PROPOSAL", "TOOL", "SHIFT", "BEFORE", "AFTER"), [
                (each["id"], each["tool"], each["shift"], each["before"], each["after"]) for each in found["changed"]
            ]),
        ],
    )  # fmt: skip


@policy_app.command("diff")
def diff(before: Path, after: Path, *, as_json: Json = False) -> None:
    """What differs between two rulesets. Exit 1 where something does."""
    from policies.difference import diff as difference

    changes = [change.model_dump(mode="json") for change in difference(_load(before), _load(after))]
    tell(changes, as_json=as_json, text=lambda: [json.dumps(change) for change in changes] or ["No difference."])
    if changes:
        raise typer.Exit(NEGATIVE)
