"""What to do about a component of health that fell, and about what a rule of thumb found."""

from __future__ import annotations

from domain.language.catalogue import say


def for_component(name: str, *, by_time: bool = False) -> str:
    """What usually lets a component of health rise again; empty where nobody can say. `by_time` says that time alone
    let it fall: then what is old is renewed, since nobody said that anything was wrong."""
    return (_renewing() if by_time else {}).get(name) or _mending().get(name, "")


def _renewing() -> dict[str, str]:
    """Of each component that time alone moves (`projections.health_moved.FADING`)."""
    return {
        "contact": say("Visit or call them: any contact that is logged lets it rise at once."),
        "sentiment": say("Ask them anew where they stand: what is known of it is old."),
        "satisfaction": say("Ask again how satisfied they are: the last answer is old."),
        "issues": say("Answer and resolve what is open: nothing but time went by."),
        "plan": say("Do the next step of the plan and record it: the plan goes on, and nothing was reached since."),
        "joint_activity": say("Give them something of value or propose a joint activity: the last one was long ago."),
    }


def _mending() -> dict[str, str]:
    return {
        "contact": say("Visit or call them: any contact that is logged lets it rise at once."),
        "coverage": say("Map the missing seats and meet them: find out who approves, who decides and who uses it."),
        "sentiment": say("Ask them anew where they stand: meet whoever turned away, and win a mentor."),
        "satisfaction": say("Ask what disappointed them, mend it, and ask again."),
        "issues": say("Answer and resolve what is open, and tell them what changed because of it."),
        "plan": say("Catch up with what is behind in the plan, or agree with the customer on another."),
        "joint_activity": say("Give them something of value or propose a joint activity."),
        "purchases": say("Ask why they buy less or later than planned, and from whom instead."),
        "exposure": say("Let more of ours know more of theirs: nobody should carry it alone."),
    }


def for_finding(rule: str) -> str:
    """What a rule of thumb advises; empty where the finding says it."""
    return {**_of_people(), **_of_deals(), **_of_promises()}.get(rule, "")


def _of_people() -> dict[str, str]:
    return {
        "no_opposition_recorded": say("Ask your mentor who is against us: somebody always is."),
        "more_against_than_for": say("Win one who is neutral, or answer what our opponents fear."),
        "no_decider_mapped": say("Ask who signs and who decides, and map them."),
        "approver_not_met": say("Plan a visit to the approver, with an executive of ours if need be."),
        "strategic_without_bearers": say("Name an executive sponsor, and win a champion on their side."),
        "hangs_by_one_thread": say("Take a colleague along, and meet a second person of theirs."),
        "no_value_given": say("Give help, training or a lead that costs little and is worth much to them."),
        "need_unanswered": say("Open an opportunity that answers the need, or say why we do not."),
        "key_status_unjustified": say("Review the key status: say why this customer is key, or withdraw it."),
        "issue_cause_repeats": say("Mend the cause, not the case, and record the improvement."),
    }


def _of_deals() -> dict[str, str]:
    return {
        "close_date_pushed_again": say(
            "Ask what must happen before they sign; without an answer it is not this quarter."
        ),
        "close_date_past": say("Move the close to a day that they named, or end it."),
        "stuck_in_stage": say("Agree on the next step with a day, or decide not to pursue it."),
        "commit_with_unmet_gate": say("Answer the open questions, or take it out of the commitment."),
        "conceded_for_nothing": say("Ask for something in return at the next round."),
        "resources_over_limit": say("Decide anew whether to pursue it, and with how much."),
        "open_after_no_go": say("End it, or decide anew to pursue it."),
        "quote_without_follow_up": say("Call about the quote, and record what they said."),
    }


def _of_promises() -> dict[str, str]:
    return {
        "objective_names_our_action": say("Write what the customer will do, so that one can see whether he did."),
        "objective_behind_its_line": say("Agree on what brings it back on its line, or revise the plan."),
        "plan_not_approved": say("Finish the plan with the customer, and have it approved."),
        "partner_below_threshold": say("Talk about the obligations that were missed, and agree how to keep them."),
        "our_obligation_broken": say("Keep what we owe the partner: it binds both sides."),
        "partner_not_scored": say("Score the period with the partner."),
        "visit": say("Log it now if it took place: under a minute on a phone."),
        "next_step": say("Do what was agreed on the last visit."),
        "commitment": say("Keep it, or tell them a new day before they ask."),
        "issue": say("Answer within the time that was promised."),
    }
