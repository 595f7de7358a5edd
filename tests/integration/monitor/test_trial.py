"""A test of the alerts: one of each message, through every route, that nobody takes for a fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from footfall.config.alerts import Channel, Route, Step
from footfall.monitor.channels.make import senders
from footfall.monitor.letter import Writer
from footfall.monitor.plan import Plan
from footfall.monitor.trial import KINDS, Trial, try_routes
from tests.integration.monitor.conftest import T0, hook, plan
from tests.integration.monitor.receivers import Mailbox, Receiver
from tests.loops import run


def tried(planned: Plan, root: Path, *kinds: str) -> list[Trial]:
    """Try all routes."""
    made, problems = senders(planned.alerts, {})
    assert not problems
    return run(try_routes(planned.alerts, planned.alerts.routes, made, Writer(root), T0, kinds or KINDS))


@pytest.fixture
def planned(receiver: Receiver, mailbox: Mailbox) -> Plan:
    """A route that wakes people, with an escalation, a reminder and a fallback, and one for the daily digest."""
    channels = [
        hook(receiver, "team", fallback="spare"),
        hook(receiver, "spare"),
        Channel("pager", "pagerduty", f"{receiver.url}/pager", key="routing"),
        Channel("mail", "email", server=mailbox.url, sender="footfall@example.com", to=("team@example.com",)),
    ]
    grave = Route("grave", ("team",), remind_s=3600, escalate=(Step(300, ("pager",)),))
    return plan(channels, [grave, Route("daily", ("mail",), digest=True)])


def test_every_route_sends_one_of_each_message_marked_as_a_test(
    planned: Plan, tmp_path: Path, receiver: Receiver, mailbox: Mailbox
) -> None:
    """What a route may come to send, to whom it may come: fallbacks hear what they would take over, seniors of the escalation."""
    assert not any(each.error for each in tried(planned, tmp_path))
    assert receiver.kinds("/team") == receiver.kinds("/spare") == ["opened", "reminder", "acknowledged", "resolved"]
    events = [post.json for post in receiver.posts if post.path == "/pager"]
    assert [event["event_action"] for event in events] == ["trigger", "acknowledge", "resolve"]
    assert len({event["dedup_key"] for event in events}) == 1
    hooks = [post.json for post in receiver.posts if post.path != "/pager"]
    assert all(each["test"] and each["alert"]["test"] and each["title"].startswith("[test] ") for each in hooks)
    assert len({each["key"] for each in hooks}) == len(hooks)
    (mail,) = mailbox.mails
    body = mail.get_body(["plain"])
    assert body is not None
    assert mail["Subject"] == "[test] footfall: 2 things worth knowing today"
    for said in ("nothing is broken: somebody tries the alerts", "the route daily reaches mail"):
        assert said in body.get_content()
    assert "incidents ack" not in body.get_content()


def test_one_kind_is_sent_alone_and_nothing_stays_open(planned: Plan, tmp_path: Path, receiver: Receiver) -> None:
    """`--kind escalated`: PagerDuty hears of the end as well, or somebody would be called all night."""
    assert [(each.channel, each.kind) for each in tried(planned, tmp_path, "escalated")] == [("pager", "escalated"), ("pager", "resolved")]
    assert [post.path for post in receiver.posts] == ["/pager", "/pager"]


def test_what_is_not_taken_is_named_with_its_reason(planned: Plan, tmp_path: Path, receiver: Receiver) -> None:
    """A receiver that refuses one kind, and a channel that nobody answers: each message's own outcome."""
    receiver.answer = lambda post: 413 if post.path == "/team" and post.json["kind"] == "reminder" else 202
    channels = {**planned.alerts.channels, "mail": Channel("mail", "webhook", "http://127.0.0.1:9/", secret="s3cret")}
    failed = [each for each in tried(replace(planned, alerts=replace(planned.alerts, channels=channels)), tmp_path) if each.error]
    assert failed == [Trial("grave", "team", "reminder", "it answered 413"), Trial("daily", "mail", "digest", "no answer: ConnectError")]
