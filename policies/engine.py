"""The engine: request and risk in, decision out. Whatever goes wrong in here, the answer is deny."""

from policies.attributes import ATTRIBUTES, DOUBTS
from policies.cedar import GUARDS, Answer
from policies.decision import Decision, Effect, Mode, Requirement
from policies.request import PolicyRequest
from policies.risk import HIGHEST, Doubt, RiskScore, score
from policies.rules import ApprovalTerms
from policies.ruleset import TWO_PEOPLE, Ruleset
from policies.thresholds import Thresholds

_FROM_REQUEST = tuple(name for name in ATTRIBUTES if name not in (*DOUBTS, "risk_score"))
_MODES: tuple[Mode, ...] = ("observe", "propose", "auto")
_NEVER = Thresholds(auto_below=0, two_from=0, deny_from=0)


class Engine:
    """Decides by one ruleset. It keeps nothing between decisions and may be shared by threads."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self._rules = {rule.id: rule for rule in ruleset.rules}

    def judge(self, request: PolicyRequest, doubt: Doubt, mode: Mode, thresholds: Thresholds | None = None) -> Decision:
        """Risk and decision in one; a risk that cannot be told is a reason to deny."""
        try:
            risk = score(request, doubt, self.ruleset.weights)
        except Exception as error:  # noqa: BLE001 - fail closed: whatever is wrong with a request, nothing runs on it
            return self.refuse(mode, f"The risk cannot be told: {type(error).__name__}")
        return self.decide(request, risk, mode, thresholds)

    def decide(
        self, request: PolicyRequest, risk: RiskScore, mode: Mode, thresholds: Thresholds | None = None
    ) -> Decision:
        """The decision. `thresholds` are the tenant's own where it has set any, else the ruleset's count.

        auto: a rule permits it, none restricts it, no guard holds, the score is below `auto_below`, the mode is `auto`
        (or `observe`, which carries nothing out). deny: a rule denies it, the score reaches `deny_from`, or anything is
        wrong. review: all else. Raises nothing.
        """
        try:
            return self._decide(request, risk, mode, thresholds)
        except Exception as error:  # noqa: BLE001 - fail closed: an error in deciding must never let an action run
            return self.refuse(mode, f"The decision failed: {type(error).__name__}")

    def _decide(self, request: PolicyRequest, risk: RiskScore, mode: Mode, own: Thresholds | None) -> Decision:
        if mode not in _MODES:
            raise ValueError("unknown mode")
        bounds = own or self.ruleset.thresholds.of(request.tenant, request.unit, request.tool)
        answer = self.ruleset.compiled.ask(request.tool, request.tenant, cedar_context(request, risk))
        if answer.errors:
            return self.refuse(mode, f"The rules could not be applied: {answer.errors[0][:300]}", risk)
        said = self._said(answer, risk, bounds, mode)
        effect: Effect = "auto" if not said else "review"
        denying = {"threshold.deny_from"} | {name for name, rule in self._rules.items() if rule.effect == "deny"}
        if not denying.isdisjoint(said):
            effect = "deny"
        reasons = said or {name: self._rules[name].title for name in answer.rules}
        return Decision(
            effect=effect,
            rules=list(reasons),
            reasons=list(reasons.values()),
            requirements=self._requirements(request, answer, risk, bounds) if effect == "review" else [],
            risk=risk,
            thresholds=bounds,
            ruleset_digest=self.ruleset.digest,
            mode=mode,
            observe=mode == "observe",
            amount_minor=None if request.amount_unknown else request.amount_minor,
        )

    def _said(self, answer: Answer, risk: RiskScore, bounds: Thresholds, mode: Mode) -> dict[str, str]:
        """What stands against running unattended: id → sentence. Empty means auto."""
        said: dict[str, str] = {}
        if not answer.allowed:
            said = {name: self._title(name) for name in answer.rules}
            if not said:
                said["default.no-permit"] = "No rule permits this to run by itself"
        high = f"Risk {risk.score} has reached"
        if risk.score >= bounds.deny_from:
            said["threshold.deny_from"] = f"{high} {bounds.deny_from}, from which nobody may run this"
        elif risk.score >= bounds.two_from:
            said["threshold.two_from"] = f"{high} {bounds.two_from}, from which two people must approve"
        elif risk.score >= bounds.auto_below:
            always = "A person approves every action of this kind, whatever its risk"
            limit = f"{high} {bounds.auto_below}, from which a person must approve"
            said["threshold.auto_below"] = limit if bounds.auto_below else always
        if mode == "propose":
            said["mode.propose"] = "This workflow proposes only: a person approves everything"
        return said

    def _title(self, name: str) -> str:
        return GUARDS[name][1] if name in GUARDS else self._rules[name].title

    def _requirements(
        self, request: PolicyRequest, answer: Answer, risk: RiskScore, bounds: Thresholds
    ) -> list[Requirement]:
        """The risk class's approval is always the least; what rules and thresholds ask for comes on top."""
        approvals = self.ruleset.approvals
        found = [_requirement(approvals[request.risk_class], f"default.{request.risk_class}")]
        for name in () if answer.allowed else answer.rules:
            rule = self._rules.get(name)
            if rule is not None and rule.approval is not None:
                found.append(_requirement(rule.approval, name))
        if risk.score >= bounds.two_from:
            found.append(_requirement(approvals[TWO_PEOPLE], "threshold.two_from"))
        return found

    def refuse(self, mode: Mode, reason: str, risk: RiskScore | None = None) -> Decision:
        """The answer to a question that could not be put: deny, with the reason."""
        return Decision(
            effect="deny", rules=["engine.error"], reasons=[reason], requirements=[],
            risk=risk or RiskScore(score=HIGHEST, total=HIGHEST, capped=False, factors=[], doubt=Doubt()),
            thresholds=_NEVER, ruleset_digest=self.ruleset.digest, mode=str(mode)[:40] or "?",
            observe=mode == "observe", amount_minor=None,
        )  # fmt: skip


def cedar_context(request: PolicyRequest, risk: RiskScore) -> dict[str, int | str]:
    """Every attribute that rules may speak of. Raises AttributeError when the request leaves one out."""
    context: dict[str, int | str] = {name: getattr(request, name) for name in _FROM_REQUEST}
    doubt = risk.doubt
    context["low_confidence"], context["novelty"], context["ungrounded"] = (
        doubt.low_confidence, doubt.novelty, doubt.ungrounded,
    )  # fmt: skip
    context["risk_score"] = risk.score
    return context


def _requirement(terms: ApprovalTerms, rule: str) -> Requirement:
    return Requirement(
        roles=terms.roles, approvers=terms.approvers, excluded=terms.excluded, within_s=terms.within_s,
        escalate_to=terms.escalate_to, rule=rule,
    )  # fmt: skip
