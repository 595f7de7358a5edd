"""When what is due, whatever the clocks do."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from footfall.config.watch import Watched
from footfall.monitor.schedule import Job, Schedule

T0 = datetime(2026, 11, 21, 5, tzinfo=UTC)


class Time:
    """Two clocks that a test turns: `wall` jumps apart from `seconds`."""

    def __init__(self, *jobs: Job, last: dict[str, datetime] | None = None) -> None:
        self.seconds, self.jump_s = 1000.0, 0.0
        self.schedule = Schedule(jobs, self.seconds, self.now, last or {})
        self.ran: list[tuple[str, float]] = []

    @property
    def now(self) -> datetime:
        """The wall clock."""
        return T0 + timedelta(seconds=self.seconds - 1000.0 + self.jump_s)

    def look(self) -> list[str]:
        """What is due now."""
        found = [(job.key, self.seconds) for job, _ in self.schedule.due(self.seconds, self.now)]
        self.ran += found
        return [key for key, _ in found]

    def pass_s(self, seconds: float, step: float = 0.5) -> Counter[str]:
        """Let time pass, looking every `step`; how often each job ran."""
        before, end = len(self.ran), self.seconds + seconds
        while self.seconds < end:
            self.seconds += step
            self.look()
        return Counter(key for key, _ in self.ran[before:])


def every(key: str, seconds: float, **more: float) -> Job:
    """A job with an interval."""
    return Job(key, Watched(every_s=seconds, jitter_s=more.get("jitter", 0.0)))


def cron(key: str, expression: str, zone: str = "UTC") -> Job:
    """A job with a cron expression."""
    return Job(key, Watched(cron=expression, zone=zone))


def test_a_thousand_jobs_are_spread_over_their_interval_and_keep_it() -> None:
    """No two seconds of the half minute see a crowd, and each runs every 30 s, neither drifting nor bunching."""
    time = Time(*(every(str(number), 30) for number in range(1000)))
    ran = time.pass_s(300)
    assert set(ran.values()) == {10}
    assert max(Counter(int(at) for _, at in time.ran).values()) < 70


def test_jitter_moves_a_start_but_not_the_rhythm() -> None:
    """Sixty seconds and ten of jitter: in an hour about sixty runs, no two intervals off by more than the jitter."""
    time = Time(every("a", 60, jitter=10))
    assert 55 <= time.pass_s(3600)["a"] <= 65
    gaps = [after - before for (_, before), (_, after) in zip(time.ran, time.ran[1:], strict=False)]
    assert min(gaps) >= 50
    assert max(gaps) <= 70.5
    assert max(gaps) - min(gaps) > 5
    assert abs(sum(gaps) / len(gaps) - 60) < 0.5


def test_a_suspended_laptop_causes_no_storm() -> None:
    """An hour without a look: each job runs once, and then spread over its interval again, not all in one second."""
    time = Time(*(every(str(number), 30) for number in range(200)), cron("nightly", "0 5 * * *"), cron("often", "* * * * *"))
    time.pass_s(60)
    time.seconds += 3600
    woken = Counter(time.look())
    assert max(woken.values()) == 1
    begun = len(time.ran)
    time.pass_s(30)
    assert max(Counter(int(at) for _, at in time.ran[begun:]).values()) < 30


def test_a_clock_that_is_set_forward_or_back_causes_no_storm() -> None:
    """Intervals do not notice; a cron job runs once for what was skipped, and goes on at once after the clock was set back."""
    time = Time(every("a", 60), cron("b", "*/10 * * * *"))
    time.pass_s(1200)
    for jump in (3600 * 5 - 7, -3600 * 9):
        time.jump_s += jump
        assert Counter(time.look())["b"] <= 1
        ran = time.pass_s(1800)
        assert ran["a"] == 30
        assert ran["b"] in (3, 4)


def test_a_cron_job_that_was_missed_by_hours_waits_for_its_next_time() -> None:
    """The laptop that wakes at noon does not run the job of the night."""
    time = Time(cron("nightly", "10 5 * * *"))
    time.seconds += 7 * 3600
    assert time.look() == []
    assert time.pass_s(18 * 3600, step=60)["nightly"] == 1


def test_cron_keeps_to_its_zone_through_a_change_of_the_hour() -> None:
    """Half past two in Warsaw comes once on the day on which it comes twice, and on the next day again."""
    job = cron("b", "30 2 * * *", "Europe/Warsaw")
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)  # the clocks go back on the 25th at 01:00 UTC
    schedule = Schedule([job], 0.0, start, {})
    ran = [minute for minute in range(36 * 60) if schedule.due(minute * 60.0, start + timedelta(minutes=minute))]
    assert [(start + timedelta(minutes=minute)).isoformat() for minute in ran][:1] == ["2026-10-25T00:30:00+00:00"]
    assert len(ran) <= 3


def test_a_restart_resumes_long_intervals() -> None:
    """A daily job that ran 23 hours ago runs in an hour; one that is overdue runs soon; the short ones begin afresh."""
    last = {"daily": T0 - timedelta(hours=23), "overdue": T0 - timedelta(days=3)}
    time = Time(every("daily", 86_400), every("overdue", 86_400), every("often", 30), last=last)
    assert time.pass_s(60) == {"overdue": 1, "often": 2}
    assert time.pass_s(3500)["daily"] == 0
    assert time.pass_s(100)["daily"] == 1
