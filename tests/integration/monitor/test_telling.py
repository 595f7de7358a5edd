"""From a failed check to a told person: every message once, in order, under a key that the receiver can recognise."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from ulid import ULID

from footfall.config.alerts import Channel, Hours, Route, Step
from footfall.config.watch import WatchSpec
from footfall.errors import UsageError
from footfall.gate.deployments import Deployment
from footfall.monitor.channels.webhook import SIGNATURE, verified
from footfall.monitor.incidents import Desk
from footfall.monitor.plan import Plan, Subject
from footfall.store import incidents, watch
from footfall.store.deployments import record
from footfall.store.watch import Seen
from footfall.store.writer import Store
from tests.integration.monitor.conftest import T0, House, hook, plan, subject
from tests.integration.monitor.receivers import Mailbox, Receiver

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # Apprise, when it loads its services
ALL = Route("all", ("team",))


def house(store: Store, root: Path, planned: Plan) -> House:
    """Everything at work."""
    return House(store, root, planned)


def test_an_outage_opens_escalates_is_acknowledged_and_resolves(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Developers at once, seniors after 5 minutes, managers after 15; then one acknowledges: the CTO sleeps on, all hear of the end."""
    names = ("team", "seniors", "managers", "cto")
    chain = tuple(Step(minutes * 60, (name,)) for minutes, name in ((5, "seniors"), (15, "managers"), (30, "cto")))
    corner = house(store, tmp_path, plan([hook(receiver, name) for name in names], [replace(ALL, escalate=chain)]))
    corner.see(ok=True)
    corner.fail()
    corner.later(4 * 60 + 50)
    assert {name: receiver.kinds(f"/{name}") for name in names} == {"team": ["opened"], "seniors": [], "managers": [], "cto": []}
    corner.later(10 * 60 + 20)
    assert receiver.kinds("/seniors") == receiver.kinds("/managers") == ["escalated"]
    with store.writing() as connection:
        Desk(connection, corner.plan, corner.clock.at).acknowledge(corner.incident(), "ada", "I look")
    corner.later(30 * 60)
    corner.recover()
    corner.deliver()
    assert receiver.kinds("/team") == ["opened", "acknowledged", "resolved"]
    assert receiver.kinds("/managers") == ["escalated", "acknowledged", "resolved"]
    assert receiver.kinds("/cto") == []
    incident = corner.incident()
    assert incident.acknowledged_by == "ada"
    assert (incident.opened - incident.began).total_seconds() == 15
    assert corner.timeline(incident).count("told") == 9
    assert corner.owed() == 0
    keys = [post.headers["Idempotency-Key"] for post in receiver.posts]
    assert len(keys) == len(set(keys))


def test_a_message_says_all_that_helps(store: Store, tmp_path: Path, mailbox: Mailbox) -> None:
    """What broke, since when, where, the figures, the business impact, the runbook's first steps, deployments, how to acknowledge."""
    (tmp_path / "runbook.md").write_text("# Runbook\n\n## Shop\n\n1. Look at the log.\n2. Roll back.\n\n## Other\n\n- no\n")
    record(store, Deployment("d1", T0, "corner", commit="abcdef0123456", version="v42"))
    mail = Channel("mail", "email", server=mailbox.url, sender="footfall@example.com", to=("team@example.com",))
    corner = house(store, tmp_path, plan([mail], [replace(ALL, channels=("mail",))]))
    corner.fail()
    corner.deliver()
    (sent,) = mailbox.mails
    text, html = (sent.get_body([kind]) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    said = text.get_content()
    for part in ("P1 shop is down", "status 500", "2026-11-21 10:00:00 UTC", "probe:shop on corner", "seen from ams", "latency_ms = 20.0"):
        assert part in said
    for part in (
        "nobody can pay",
        "1,200 an hour",
        "240 an hour",
        "Affected",
        "1. Look at the log.",
        "2. Roll back.",
        "v42",
        "footfall incidents ack 1",
        "Owner",
    ):
        assert part in said
        assert part.replace("1. ", "").replace("2. ", "") in html.get_content()
    assert "- no" not in said
    corner.recover()
    corner.deliver()
    assert mailbox.mails[1]["References"] == sent["References"]
    assert mailbox.mails[1]["Message-ID"] != sent["Message-ID"]
    assert "resolved after 1 min" in mailbox.mails[1]["Subject"]


def test_a_webhook_is_signed_so_that_a_receiver_can_check_it(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Whoever lacks the secret, changes the body, or sends an old message again, is found out."""
    corner = house(store, tmp_path, plan([hook(receiver, "team")], [ALL]))
    corner.fail()
    corner.deliver()
    (post,) = receiver.posts
    signature, now = post.headers[SIGNATURE], time.time()
    assert verified(post.body, signature, "s3cret", now)
    assert not verified(post.body, signature, "guess", now)
    assert not verified(post.body + b" ", signature, "s3cret", now)
    assert not verified(post.body, signature, "s3cret", now + 301)
    assert not verified(post.body, "nonsense", "s3cret", now)


def test_slack_shows_blocks_and_pagerduty_one_alert_that_resolves(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Slack gets a header, the text and buttons; PagerDuty's events share a dedup key, from trigger to resolve."""
    channels = [Channel("slack", "slack", f"{receiver.url}/slack"), Channel("pd", "pagerduty", f"{receiver.url}/pd", key="routing")]
    hostile = replace(subject(), title="<!channel> shop is *down* & out", watched=replace(subject().watched, runbook="https://wiki/x"))
    corner = house(store, tmp_path, plan(channels, [replace(ALL, channels=("slack", "pd"))], [hostile]))
    corner.fail()
    corner.deliver()
    with store.writing() as connection:
        Desk(connection, corner.plan, corner.clock.at).acknowledge(corner.incident(), "ada")
    corner.deliver()
    corner.recover()
    corner.deliver()
    slack = [post.json for post in receiver.posts if post.path == "/slack"]
    events = [post.json for post in receiver.posts if post.path == "/pd"]
    blocks = slack[0]["attachments"][0]["blocks"]
    assert [block["type"] for block in blocks] == ["header", "section", "actions", "context"]
    assert [button["url"] for button in blocks[2]["elements"]] == ["https://wiki/x", "https://status.example.com"]
    assert "footfall incidents ack 1" in blocks[1]["text"]["text"]
    assert "<!channel>" not in slack[0]["text"]
    assert [event["event_action"] for event in events] == ["trigger", "acknowledge", "resolve"]
    assert {event["dedup_key"] for event in events} == {f"footfall-{corner.incident().id}"}
    assert events[0]["payload"]["severity"] == "error"


def test_acknowledge_leads_to_the_dashboard_where_there_is_one(store: Store, tmp_path: Path, receiver: Receiver, mailbox: Mailbox) -> None:
    """`[watch] url`: Slack's button, PagerDuty's link, and a mail, name the page of the incident that it serves."""
    channels = [
        Channel("slack", "slack", f"{receiver.url}/slack"),
        Channel("pd", "pagerduty", f"{receiver.url}/pd", key="routing"),
        Channel("mail", "email", server=mailbox.url, sender="footfall@example.com", to=("team@example.com",)),
    ]
    planned = plan(channels, [replace(ALL, channels=("slack", "pd", "mail"))])
    corner = house(store, tmp_path, replace(planned, watch=WatchSpec(url="https://watch.example.com/")))
    corner.fail()
    corner.deliver()
    page = f"https://watch.example.com/incidents/{corner.incident().id}"
    posts = {post.path: post.json for post in receiver.posts}
    assert posts["/slack"]["attachments"][0]["blocks"][2]["elements"][0]["url"] == page
    assert posts["/pd"]["links"][0]["href"] == page
    bodies = [mailbox.mails[0].get_body([kind]) for kind in ("plain", "html")]
    assert [page in body.get_content() for body in bodies if body is not None] == [True, True]


def test_apprise_sends_what_nobody_else_does(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """One of its hundred services, as an address."""
    address = receiver.url.replace("http://", "json://") + "/apprise"
    corner = house(store, tmp_path, plan([Channel("other", "apprise", address)], [replace(ALL, channels=("other",))]))
    corner.fail()
    corner.deliver()
    (post,) = receiver.posts
    assert "shop is down" in post.json["title"]
    assert "status 500" in post.json["message"]


def test_a_channel_that_is_down_for_a_while_loses_nothing(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Messages wait, in order, with growing pauses, and arrive once it is back, each once; that it was down was an incident too."""
    down = True
    receiver.answer = lambda post: 503 if down and post.path == "/team" else 202
    corner = house(store, tmp_path, plan([hook(receiver, "team"), hook(receiver, "other")], [ALL]))
    corner.fail()
    corner.later(120)
    corner.recover()
    corner.later(60)
    assert receiver.kinds("/team") == []
    shop, channel = corner.incidents()
    assert (channel.subject, channel.problem) == ("channel:team", "it answered 503")
    assert receiver.kinds("/other") == ["opened"]
    down = False
    corner.later(600)
    assert receiver.kinds("/team") == ["opened", "resolved"]
    assert receiver.kinds("/other") == ["opened", "resolved"]
    assert all(each.resolved for each in corner.incidents())
    assert [message.attempts for message in corner.messages(shop)][1] == 1


def test_an_only_channel_that_is_dead_is_an_incident_and_said_where_the_watch_runs(
    store: Store, tmp_path: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody can be told of it, so it is said at once, once; at each attempt why; and of what was given up after a day."""
    receiver.answer = lambda _post: 503
    corner = house(store, tmp_path, plan([hook(receiver, "team")], [ALL]))
    corner.fail()
    corner.later(120)
    dead = "the channel team is dead: nobody can be told of it; messages wait, and stand in `footfall incidents list`"
    assert caplog.messages.count(dead) == 1
    shop, channel = corner.incidents()
    assert (channel.subject, channel.problem, channel.resolved) == ("channel:team", "it answered 503", None)
    assert corner.messages(channel) == []
    caplog.clear()
    corner.later(25 * 3600, step_s=1800)
    assert caplog.messages.count("team could not be told (it answered 503)") > 40
    assert "team was not told for a day, and nobody else can be: shop is down" in caplog.messages
    assert "untold" in corner.timeline(shop)
    receiver.answer = lambda _post: 202
    corner.recover()
    corner.fail()
    corner.later(60)
    assert corner.incidents()[1].resolved, "it is over once a message arrives"


def test_a_dead_channel_falls_back_to_the_next(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """A refused key is not tried again: the fallback hears it, and that the channel is dead. Dead ones do not call each other for ever."""
    receiver.answer = lambda post: 202 if post.path == "/mail" else 403
    channels = [
        hook(receiver, "team", fallback="second"),
        hook(receiver, "second", fallback="mail"),
        hook(receiver, "mail", fallback="team"),
    ]
    corner = house(store, tmp_path, plan(channels, [ALL]))
    corner.fail()
    corner.later(30)
    told = [post.json["alert"]["subject"] for post in receiver.posts]
    assert sorted(told) == ["channel:second", "channel:team", "probe:shop"]
    receiver.answer = lambda _post: 403
    corner.recover()
    corner.later(60)
    assert "untold" in corner.timeline(corner.incidents()[0])


def test_a_fallback_that_hears_anyway_hears_once(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """A route of two channels, of which one is the other's fallback: of each thing one message."""
    receiver.answer = lambda post: 202 if post.path == "/mail" else 403
    channels = [hook(receiver, "team", fallback="mail"), hook(receiver, "mail")]
    corner = house(store, tmp_path, plan(channels, [replace(ALL, channels=("team", "mail"))]))
    corner.fail()
    corner.later(30)
    corner.recover()
    corner.later(30)
    told = [(post.json["kind"], post.json["alert"]["subject"]) for post in receiver.posts if post.path == "/mail"]
    assert sorted(told) == [("opened", "channel:team"), ("opened", "probe:shop"), ("resolved", "probe:shop")]


def test_a_refused_recipient_is_named_and_the_others_are_told_once(store: Store, tmp_path: Path, mailbox: Mailbox) -> None:
    """For good: the channel is at fault, which is an incident. For now: those alone are tried again, also by another process."""
    to = ("Ada <ada@example.com>", "bob@example.com")
    mail = Channel("mail", "email", server=mailbox.url, sender="footfall@example.com", to=to)
    corner = house(store, tmp_path, plan([mail], [replace(ALL, channels=("mail",), subjects=("shop",))]))
    mailbox.refused = {"bob@example.com": "450 busy"}
    corner.fail()
    corner.later(20)
    mailbox.refused = {}
    corner.restart()
    corner.later(60)
    assert mailbox.told == [["ada@example.com"], ["bob@example.com"]]
    assert [each.subject for each in corner.incidents()] == ["probe:shop"]
    mailbox.refused = {"bob@example.com": "550 no such user"}
    corner.recover()
    corner.later(60)
    assert mailbox.told[2:] == [["ada@example.com"]]
    shop, channel = corner.incidents()
    assert channel.subject == "channel:mail"
    assert "bob@example.com (550)" in channel.problem
    assert corner.timeline(shop)[-2:] == ["told", "untold"]


def test_escalation_waits_for_the_first_message(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """In quiet hours nobody was told: the seniors are not woken because nobody has acknowledged."""
    chain = (Step(300, ("seniors",)),)
    planned = plan([hook(receiver, name) for name in ("team", "seniors")], [replace(ALL, escalate=chain)])
    corner = house(store, tmp_path, replace(planned, alerts=replace(planned.alerts, quiet_hours=Hours(start=9 * 60, until=12 * 60))))
    corner.fail()
    corner.later(3600, step_s=60)
    assert receiver.posts == []
    corner.later(3600 + 120, step_s=60)
    assert (receiver.kinds("/team"), receiver.kinds("/seniors")) == (["opened"], [])
    corner.later(300, step_s=60)
    assert receiver.kinds("/seniors") == ["escalated"]


def test_secrets_stay_out_of_what_is_kept(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """The reason why a channel fails is masked."""
    bad = Channel("team", "apprise", receiver.url.replace("http", "json").replace("127", "hunter2@127"))
    receiver.answer = lambda _post: 500
    corner = house(store, tmp_path, plan([bad, hook(receiver, "x")], [ALL]))
    corner.fail()
    for _ in range(4):
        corner.later(60)
    assert "hunter2" not in str([corner.messages(each) for each in corner.incidents()])


def test_a_flapping_subject_sends_a_handful_of_messages(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Down and up every two minutes for an hour, and well from then on."""
    corner = house(store, tmp_path, plan([hook(receiver, "team")], [ALL]))
    for _ in range(24):
        corner.fail()
        corner.recover()
        corner.later(75)
    for _ in range(30):
        corner.recover()
        corner.deliver()
    assert receiver.kinds("/team") == ["opened", "resolved", "opened", "resolved"]
    assert corner.incidents()[1].flapping


def test_what_depends_on_something_broken_is_one_incident_not_thirty(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """The database is down; what fails with it stands in its timeline."""
    subjects = [subject("database"), *(subject(f"page{number}", depends_on=("database",)) for number in range(30))]
    corner = house(store, tmp_path, plan([hook(receiver, "team")], [ALL], subjects))
    corner.fail("probe:database")
    for each in subjects[1:]:
        corner.fail(each.key)
    corner.deliver()
    assert len(corner.incidents()) == 1
    assert len(receiver.posts) == 1
    assert corner.timeline(corner.incident()).count("held") == 30


def test_an_outage_is_not_told_once_more_as_an_error_budget(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """What it costs the database and the page behind the shop is its own incident's to tell, also while the burn rates remember it."""
    behind = (("database", ()), ("shop", ("database",)), ("page", ("shop",)))
    subjects = [subject(name, depends_on=causes, slo=0.999) for name, causes in behind]
    corner = house(store, tmp_path, plan([hook(receiver, "team")], [ALL], subjects))
    checked(corner, subjects, 5, ok=True)
    for each in subjects:
        corner.fail(each.key)
    checked(corner, subjects, 20, ok=False)
    assert corner.incident().subject == "probe:database"
    checked(corner, subjects, 10, ok=True)
    assert receiver.kinds("/team") == ["opened", "resolved"]
    for _ in range(3):  # blips that nobody has told of
        checked(corner, subjects[2:], 1, ok=False)
        corner.clock.turn(5)
        corner.see(ok=True, key="probe:page", attempt=1)
    checked(corner, subjects, 3, ok=True)
    assert [each.subject for each in corner.incidents()] == ["probe:database", "slo:probe:page"]


def checked(corner: House, subjects: Sequence[Subject], times: int, *, ok: bool) -> None:
    """All are checked every half minute."""
    for _ in range(times):
        corner.later(30)
        with corner.store.writing() as connection:
            seen = [Seen(str(ULID()), each.key, "ams", corner.clock.at, ok, latency_ms=20.0) for each in subjects]
            watch.add_results(connection, seen)
        corner.judge.step()
    corner.deliver()


def test_incidents_that_open_together_share_a_message_and_end_on_their_own(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Grouping: one message tells of three; each one's end is told after it."""
    subjects = [subject(name) for name in ("a", "b", "c")]
    corner = house(store, tmp_path, plan([hook(receiver, "team")], [replace(ALL, group_s=60)], subjects))
    for each in subjects:
        corner.fail(each.key)
    corner.recover("probe:b")
    corner.later(120)
    first, *others = [post.json for post in receiver.posts]
    assert [also["subject"] for also in first["alert"]["also"]] == ["probe:b", "probe:c"]
    assert [(post["kind"], post["alert"]["subject"]) for post in others] == [("resolved", "probe:b")]


def test_what_ended_before_it_was_due_is_not_told(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Quiet hours: in the morning nobody reads of a night's hiccup that has healed, and its timeline says so."""
    planned = plan([hook(receiver, "team")], [ALL])
    quiet = replace(planned, alerts=replace(planned.alerts, quiet_hours=Hours(start=9 * 60, until=12 * 60)))
    corner = house(store, tmp_path, quiet)
    corner.fail()
    corner.recover()
    corner.later(3 * 3600, step_s=600)
    assert receiver.posts == []
    assert "withdrawn" in corner.timeline(corner.incident())


def test_the_daily_digest_tells_what_has_become_of_it(store: Store, tmp_path: Path, mailbox: Mailbox) -> None:
    """Two small things in one mail at noon, one of which has ended since; their ends are not told on their own. Nobody has it twice."""
    mail = Channel("mail", "email", server=mailbox.url, sender="footfall@example.com", to=("team@example.com", "boss@example.com"))
    subjects = [subject(name, severity="info") for name in ("a", "b")]
    planned = plan([mail], [Route("daily", ("mail",), digest=True)], subjects)
    corner = house(store, tmp_path, replace(planned, alerts=replace(planned.alerts, digest_at=12 * 60)))
    for each in subjects:
        corner.fail(each.key)
    corner.recover("probe:b")
    mailbox.refused = {"boss@example.com": "450 busy"}
    corner.later(2 * 3600, step_s=600)
    mailbox.refused = {}
    corner.later(3600, step_s=600)
    assert mailbox.told == [["team@example.com"], ["boss@example.com"]]
    sent = mailbox.mails[-1]
    assert sent["Subject"] == "footfall: 2 things worth knowing today"
    body = sent.get_body(["plain"])
    assert body is not None
    assert "b is down: status 500 (resolved)" in body.get_content()


def test_reminders_and_the_cooldown(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Every half hour until somebody acknowledges; what breaks again within the cooldown waits for its end."""
    corner = house(store, tmp_path, plan([hook(receiver, "team")], [replace(ALL, remind_s=1800, cooldown_s=3600)]))
    corner.fail()
    corner.later(65 * 60, step_s=60)
    assert receiver.kinds("/team") == ["opened", "reminder", "reminder"]
    corner.recover()
    corner.later(60)
    corner.fail()
    corner.later(600, step_s=60)
    assert receiver.kinds("/team")[3:] == ["resolved"]
    corner.later(3600, step_s=60)
    assert receiver.kinds("/team")[4:5] == ["opened"]


def test_what_people_do_stands_in_the_timeline_and_the_audit_log(store: Store, tmp_path: Path, receiver: Receiver) -> None:
    """Who, what and when; what is over cannot be acknowledged; what still fails after it was resolved by hand opens anew."""
    corner = house(store, tmp_path, plan([hook(receiver, "team")], [ALL]))
    corner.fail()
    with store.writing() as connection:
        desk = Desk(connection, corner.plan, corner.clock.at)
        desk.comment(corner.incident(), "ada", "a disk is full")
        desk.resolve_by_hand(corner.incident(), "bob", "it was the disk")
        assert [(each.actor, each.action) for each in incidents.recorded(connection)] == [("ada", "note"), ("bob", "resolve")]
        with pytest.raises(UsageError, match="ended at"):
            desk.acknowledge(incidents.find(connection, "1"), "ada")
    assert corner.incident().resolved_by == "bob"
    corner.clock.turn(30)
    corner.fail()
    assert [each.resolved is None for each in corner.incidents()] == [False, True]
