"""The promises of a run, each as a pure function from the evidence to what breaks it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ops.demo.evidence import Answer, Evidence

Check = Callable[[Evidence], list[str]]
_UNAUTHORIZED: Final = 401
# What one submission that ended so must have said on the bus, by its submission id, and what it must not.
_SAID: Final = {
    "order": ("order.submitted.v1", {"order.defect_found.v1", "order.amended.v1"}),
    "defect": ("order.defect_found.v1", {"order.submitted.v1", "order.amended.v1"}),
    "edit": ("order.amended.v1", {"order.submitted.v1", "order.defect_found.v1"}),
}


@dataclass(frozen=True)
class Verdict:
    """One promise and what breaks it; kept when nothing does."""

    promise: str
    broken: tuple[str, ...]

    @property
    def kept(self) -> bool:
        """Whether nothing breaks it."""
        return not self.broken


def judge(evidence: Evidence) -> list[Verdict]:
    """Return the verdict on every promise."""
    return [Verdict(promise, tuple(check(evidence))) for promise, check in CHECKS.items()]


def every_submission_ended_once(evidence: Evidence) -> list[str]:
    """Every POST that was answered 2xx is exactly one of order, defect, edit (the first of its id) or duplicate."""
    taken: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in evidence.answers:
        if answer.taken:
            taken[answer.post.webhook_id].append(answer)
    listed = Counter(row["webhook_id"] for row in evidence.submissions)
    broken = [f"submission {name}: stored {count} times" for name, count in listed.items() if count > 1]
    broken += [f"submission {name}: was never answered 2xx" for name in listed.keys() - taken.keys()]
    broken += [f"submission {name}: was answered 2xx and is lost" for name in taken.keys() - listed.keys()]
    said = _said_by_submission(evidence)
    for row in evidence.submissions:
        broken += _ending(row, taken[row["webhook_id"]], said, rough=evidence.rough)
    return broken


def _ending(
    row: Mapping[str, Any],
    answers: list[Answer],
    said: Mapping[str, Counter[str]],
    *,
    rough: bool,
) -> list[str]:
    name, status, deliveries = row["webhook_id"], row["status"], row["deliveries"]
    if status not in _SAID:
        return [f"submission {name}: ended as {status}"]
    broken: list[str] = []
    if {answer.submission_id for answer in answers} != {row["submission_id"]}:
        broken.append(f"submission {name}: its posts were given different answers")
    if deliveries < len(answers) or (deliveries > len(answers) and not rough):
        broken.append(f"submission {name}: {deliveries} deliveries noted, {len(answers)} answered 2xx")
    wanted, unwanted = _SAID[status]
    types = said.get(row["submission_id"], Counter())
    if types[wanted] != 1 or unwanted & types.keys():
        broken.append(f"submission {name}: ended as {status}, the bus has {dict(types)}")
    return broken


def _said_by_submission(evidence: Evidence) -> dict[str, Counter[str]]:
    said: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for type_, _ in _SAID.values():
        for event in evidence.facts(type_):
            said[event.data["submission_id"]][type_] += 1
    return said


def outcomes_are_as_made(evidence: Evidence) -> list[str]:
    """What the generator broke was found, with every field named, and nothing else."""
    rows = {row["webhook_id"]: row for row in evidence.submissions}
    broken: list[str] = []
    for answer in evidence.answers:
        post, row = answer.post, rows.get(answer.post.webhook_id)
        if row is None or post.outcome in {"refused", "duplicate"}:
            continue
        if row["status"] != post.outcome:
            broken.append(f"submission {post.webhook_id}: {row['status']} instead of {post.outcome}")
        named: set[str] = {defect["field"] for defect in row["defects"] or ()}
        if named != set(post.defects):
            broken.append(
                f"submission {post.webhook_id}: defects {sorted(named)} instead of {sorted(post.defects)}"
            )
    return broken


def forgeries_left_nothing(evidence: Evidence) -> list[str]:
    """Forged and stale posts were answered 401 and are stored nowhere."""
    refused = [answer for answer in evidence.answers if answer.post.outcome == "refused"]
    stored = {row["webhook_id"] for row in evidence.submissions}
    broken = [
        f"{answer.post.signature} post: answered {answer.status}"
        for answer in refused
        if answer.status != _UNAUTHORIZED
    ]
    broken += [f"{one.post.signature} post: was stored" for one in refused if one.post.webhook_id in stored]
    if evidence.quarantined:
        broken.append(f"{evidence.quarantined} bodies in quarantine")
    return broken


def orders_are_at_provisioning_once(evidence: Evidence) -> list[str]:
    """Every order that intake announced is known to provisioning, under the same number, and no other is."""
    submitted = Counter(event.data["order_no"] for event in evidence.facts("order.submitted.v1"))
    broken = [f"order {number}: submitted {count} times" for number, count in submitted.items() if count > 1]
    broken += [
        f"order {number}: unknown to provisioning" for number in submitted.keys() - evidence.orders.keys()
    ]
    broken += [f"order {number}: was never submitted" for number in evidence.orders.keys() - submitted.keys()]
    return broken


def activations_are_invoiced_once(evidence: Evidence) -> list[str]:
    """Every activation in a closed month stands on exactly one invoice, at billing and on the bus."""
    announced = Counter(
        order_id for event in evidence.facts("invoice.issued.v1") for order_id in event.data["order_ids"]
    )
    kept = Counter(row["order_no"] for row in evidence.invoices)
    broken: list[str] = []
    lit = evidence.facts("order.activated.v1")
    for event in lit:
        number, day = event.data["order_no"], date.fromisoformat(event.data["activated_on"])
        found = (kept[number], announced[event.data["order_id"]])
        if day < evidence.closed_before and found != (1, 1):
            broken.append(f"order {number}: {found[0]} invoices at billing, {found[1]} on the bus")
    strangers = announced.keys() - {event.data["order_id"] for event in lit}
    broken += [f"order {order_id}: invoiced but not lit" for order_id in strangers]
    return broken + _twice(Counter(event.data["order_no"] for event in lit), "activated")


def something_happened(evidence: Evidence) -> list[str]:
    """At least one line was lit and one invoice issued: a run in which nothing happens breaks no other promise."""
    lit, issued = len(evidence.facts("order.activated.v1")), len(evidence.facts("invoice.issued.v1"))
    return [] if lit and issued else [f"{lit} lines lit, {issued} invoices issued"]


def dates_are_those_of_the_carrier(evidence: Evidence) -> list[str]:
    """Consult, construction and activation dates of every order are those that desk and carrier set."""
    broken: list[str] = []
    for number, order in evidence.orders.items():
        plan = evidence.plans.get(number)
        if plan is None:
            broken.append(f"order {number}: the sandbox does not know it")
            continue
        shown = {
            name: order["dates"].get(name) for name in ("consulted_on", "construction_on", "activated_on")
        }
        wanted = {name: plan["dates"].get(name) for name in shown}
        if shown != wanted:
            broken.append(f"order {number}: shows {shown} instead of {wanted}")
    return broken


def mails_were_sent_once(evidence: Evidence) -> list[str]:
    """Every notice was handed to the mail server once, and what must be told was told."""
    stored = Counter(evidence.mails)
    notices = {row["message_id"]: row for row in evidence.notices}
    broken = [f"mail {name}: nobody meant to send it" for name in stored.keys() - notices.keys()]
    for name, row in notices.items():
        wanted = 0 if row["status"] == "withdrawn" else 1
        enough = stored[name] >= wanted if evidence.rough and wanted else stored[name] == wanted
        if not enough or row["status"] not in {"sent", "withdrawn"}:
            broken.append(f"notice {row['notice_id']}: {row['status']}, {stored[name]} mails")
    return broken + _untold(evidence)


def _untold(evidence: Evidence) -> list[str]:
    """Return who should have been told and was not, judged by the facts and not by notify's own list."""
    made = Counter((row["order_id"], row["kind"], row["recipient"]) for row in evidence.notices)
    wanted: Counter[tuple[str, str, str]] = Counter()
    for event in evidence.facts("order.activated.v1"):
        wanted.update((event.data["order_id"], "lit", role) for role in ("customer", "sales"))
    for event in evidence.facts("invoice.issued.v1"):
        wanted[event.data["order_ids"][0], "invoice", "customer"] += 1
    for event in evidence.facts("order.defect_found.v1"):
        wanted[event.data["order_id"], "defect", "sales"] += 1
    for event in evidence.facts("construction.postponed.v1"):
        wanted.update((event.data["order_id"], "date_change", role) for role in ("customer", "sales"))
    return [
        f"order {key[0]}: {key[2]} not told of {key[1]}" for key, count in wanted.items() if made[key] < count
    ]


def no_event_stands_twice(evidence: Evidence) -> list[str]:
    """Our own events stand on the bus once each, and their numbers have no gap (a killed relay may repeat some)."""
    own = [event for event in evidence.heard if not event.topic.startswith("kaitsu.partners.")]
    counts = Counter(str(event.id) for event in own)
    broken = [] if evidence.rough else _twice(counts, "on the bus")
    by_subject: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for event in own:
        by_subject[event.topic, event.subject].add(event.sequence)
    broken += [
        f"subject {subject} of {topic}: sequence has a gap"
        for (topic, subject), numbers in by_subject.items()
        if numbers != set(range(1, len(numbers) + 1))
    ]
    return broken


def nothing_personal_leaked(evidence: Evidence) -> list[str]:
    """No topic, log or dead-letter listing holds a name, phone or mail address of the run."""
    return list(evidence.leaks)


def nothing_is_dead(evidence: Evidence) -> list[str]:
    """There is no dead letter."""
    return [f"{service}: {count} dead letters" for service, count in evidence.dead_letters.items() if count]


def _twice(counts: Counter[str], what: str) -> list[str]:
    return [f"{name}: {what} {count} times" for name, count in counts.items() if count > 1]


CHECKS: Final[dict[str, Check]] = {
    "every submission answered 2xx ended as exactly one of order, defect, duplicate, edit": every_submission_ended_once,
    "what was wrong in a form was found, field by field, and nothing else": outcomes_are_as_made,
    "forged and stale posts were answered 401 and left nothing": forgeries_left_nothing,
    "every order is at provisioning once": orders_are_at_provisioning_once,
    "every activation in a closed month stands on exactly one invoice": activations_are_invoiced_once,
    "at least one line is lit and one invoice issued": something_happened,
    "the dates that orders show are those that carrier and desk set": dates_are_those_of_the_carrier,
    "every mail intent was sent once": mails_were_sent_once,
    "every event stands on the bus once, without gaps": no_event_stands_twice,
    "no topic, log or dead-letter listing holds a name, phone or mail address of the run": nothing_personal_leaked,
    "nothing is in the dead letters": nothing_is_dead,
}
