"""`thresholds.toml`: which tables and metrics there are, what is unknown, and on which line."""

# ruff: noqa: E501  # faults are quoted whole

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.config.scripts import Names
from footfall.config.suite import load_suite
from footfall.config.thresholds import FILE, KnownNames, known_names, load_thresholds, read_thresholds
from footfall.errors import ConfigError
from footfall.gate.budget import Place
from footfall.metrics import Source

NAMES = KnownNames(
    journeys=("booking", "checkout"),
    steps={"booking": Names(frozenset({"pay", "time"})), "checkout": Names(frozenset({"cart", "pay", "pay/confirm"}))},
    profiles=("ci", "peak"),
    requests={"ci": Names(frozenset({"POST /api/orders"})), "peak": Names(open=True)},
    probes=("health", "stripe"),
    journey_measures={"cart_value": "EUR"},
    probe_measures={"health": {"open_orders": "", "paid": "ratio"}, "stripe": {"paid": "EUR"}},
)
DESIGN = """
[journeys."*"]
success  = "rate >= 99%"
lcp      = { warn = "p75 <= 2.5s", fail = "p75 <= 4s", severity = "P1" }
duration = "p50 <= baseline + 10% or baseline + 50ms"

[journeys.checkout.steps.pay]
duration = { fail = "p95 <= 1s", severity = "P0", owner = "payments", runbook = "docs/runbook.md#pay" }

[load.peak]
latency = ["p95 <= 200ms", { fail = "p99 <= 500ms", where = { under_load = "peak" } }]
errors  = [{ fail = "rate <= 1%", severity = "P1" }, { fail = "rate <= 2%", severity = "P0", abort = true, abort_after = "30s" }]
users   = "max >= 10000"
[load.peak.requests."POST /api/orders"]
latency = "p95 <= 300ms"

[probes.stripe]
success = "rate >= 99.95% over 30d"
latency = { warn = "p95 <= 500ms over 5m", for = "5m", severity = "P2" }
"""


def write(folder: Path, text: str) -> Path:
    """Write a file of budgets."""
    path = folder / FILE
    path.write_text(text, "utf-8")
    return path


def faults(folder: Path, text: str) -> list[str]:
    """Return the faults of a file as they are shown."""
    with pytest.raises(ConfigError) as caught:
        load_thresholds(write(folder, text), NAMES)
    return [str(fault) for fault in caught.value.faults]


def notes(folder: Path, text: str) -> list[str]:
    """Return what a file gets a note for."""
    return [str(note) for note in read_thresholds(write(folder, text), NAMES).notes]


def test_reads_the_house_plan_s_own_example(tmp_path: Path) -> None:
    """Every budget with its key as in the file, and its line."""
    found = [(budget.line, budget.key) for budget in load_thresholds(write(tmp_path, DESIGN), NAMES)]
    assert found == [
        (3, 'journeys."*".success'),
        (4, 'journeys."*".lcp'),
        (5, 'journeys."*".duration'),
        (8, "journeys.checkout.steps.pay.duration"),
        (11, "load.peak.latency[1]"),
        (11, "load.peak.latency[2]"),
        (12, "load.peak.errors[1]"),
        (12, "load.peak.errors[2]"),
        (13, "load.peak.users"),
        (15, 'load.peak.requests."POST /api/orders".latency'),
        (18, "probes.stripe.success"),
        (19, "probes.stripe.latency"),
    ]
    assert notes(tmp_path, DESIGN) == []


def test_a_table_s_place_says_where_its_budgets_apply(tmp_path: Path) -> None:
    """Source, subject and part come from the table's name."""
    text = (
        '[journeys."*".steps."*"]\nlcp = "p75 <= 4s"\n[load."*".requests.GET]\nlatency = "p95 <= 1s"\n[probes.health]\ndns = "max <= 1s"\n'
    )
    places = [budget.place for budget in load_thresholds(write(tmp_path, text), NAMES)]
    assert places == [Place(Source.JOURNEY, "*", "*"), Place(Source.LOAD, "*", "GET"), Place(Source.PROBE, "health")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[journey."*"]\nlcp = "p75 <= 4s"', "thresholds.toml:1: journey: unknown table (did you mean 'journeys'?)"),
        ('[journeys.chekout]\nlcp = "p75 <= 4s"', "thresholds.toml:1: journeys.chekout: no journey is called 'chekout' (did you mean 'checkout'?)"),
        ('[load.cii]\nerrors = "rate <= 1%"', "thresholds.toml:1: load.cii: no profile is called 'cii' (did you mean 'ci'?)"),
        ('[probes.x]\nsuccess = "rate >= 99%"', "thresholds.toml:1: probes.x: no probe is called 'x' (known: health, stripe)"),
        ('[journeys.checkout]\nlpc = "p75 <= 4s"', "thresholds.toml:2: journeys.checkout.lpc: no metric of a journey is called 'lpc' (did you mean 'lcp'?)"),
        ('[journeys.checkout.step.pay]\nlcp = "p75 <= 4s"', "thresholds.toml:1: journeys.checkout.step: no metric of a journey is called 'step' (did you mean 'steps'?)"),
        ('[journeys.checkout.steps.pay]\nsuccess = "rate >= 99%"', "thresholds.toml:2: journeys.checkout.steps.pay.success: success is a journey's metric, not a step's (write it in [journeys.checkout])"),
        ('[load.ci]\nlcp = "p75 <= 4s"', "thresholds.toml:2: load.ci.lcp: no metric of a profile is called 'lcp'"),
        ('[journeys."*"]\nlcp = "p75 <= 4sec"', "thresholds.toml:2: journeys.\"*\".lcp: in 'p75 <= 4sec': '4sec' is not a quantity in ms: write a number followed by one of us ms s m min h d"),
        ('[journeys."*"]\nsuccess = "p95 >= 99%"', "thresholds.toml:2: journeys.\"*\".success: in 'p95 >= 99%': p95 cannot be asked of success, which is a rate: count, rate can"),
        ('[load.ci]\nerrors = [\n  "rate <= 1%",\n  { fail = "rate <= 2%", sverity = "P0" },\n]', "thresholds.toml:4: load.ci.errors[2].sverity: unknown key of a budget (did you mean 'severity'?)"),
        ('[load.ci]\nerrors = {\n fail = "rate < = 2%" }', "thresholds.toml:2: not TOML"),
        ("[journeys]\ncheckout = 5", "thresholds.toml:2: journeys.checkout: 5 is not a table of budgets (expected a table [journeys.checkout])"),
        ("journeys = 5", 'thresholds.toml:1: journeys: 5 is not a table (expected tables such as [journeys."*"])'),
        ('[journeys.checkout.steps]\npay = "p75 <= 4s"', "thresholds.toml:2: journeys.checkout.steps.pay: 'p75 <= 4s' is not a table of budgets (expected a table [journeys.checkout.steps.pay])"),
        ('[journeys."*"]\nfid = "p75 <= 100ms"\ninp = "p75 <= 200ms"', 'thresholds.toml:2: journeys."*".fid: fid is judged as inp, and inp stands here too (expected inp alone)'),
        ('[journeys."*"]\nlcp = "p75 <= 4s"\nlcp = "p75 <= 5s"', 'thresholds.toml:3: not TOML: cannot overwrite a value (the line is: lcp = "p75 <= 5s")'),
    ],
)  # fmt: skip
def test_a_typo_names_file_line_key_and_the_nearest_right_name(tmp_path: Path, text: str, fault: str) -> None:
    """Each mistake is one fault in the words that mend it."""
    (found,) = faults(tmp_path, text)
    assert found.startswith(fault)


def test_all_faults_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    """One reading is enough to mend the file."""
    text = DESIGN.replace("lcp  ", "lpc  ").replace("stripe", "strpe").replace("p95 <= 300ms", "p95 <= 300KB").replace("P0", "PO")
    assert [int(fault.split(":")[1]) for fault in faults(tmp_path, text)] == [4, 8, 12, 15, 17]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[journeys.checkout.steps.pya]\nlcp = "p75 <= 4s"', ["thresholds.toml:1: journeys.checkout.steps.pya: no script of journey checkout names a step 'pya' (did you mean 'pay'?)"]),
        ('[journeys."*".steps.tmie]\nlcp = "p75 <= 4s"', ["thresholds.toml:1: journeys.\"*\".steps.tmie: no script of any journey names a step 'tmie' (did you mean 'time'?)"]),
        ('[journeys."*".steps.cart]\nlcp = "p75 <= 4s"', []),
        ('[load.ci.requests."POST /api/order"]\nlatency = "p95 <= 1s"', ["thresholds.toml:1: load.ci.requests.\"POST /api/order\": no script of profile ci names a request 'POST /api/order' (did you mean 'POST /api/orders'?)"]),
        ('[load.peak.requests."GET /made/up/at/run/time"]\nlatency = "p95 <= 1s"', []),
        ('[journeys."*"]\nfid = "p75 <= 100ms"\n[journeys.checkout]\nfid = "p75 <= 100ms"', ['thresholds.toml:2: journeys."*".fid: browsers no longer report fid: it is judged as inp, which took its place (write inp)']),
        ('[journeys."*"]\nlcp = ["p75 <= 9s", { warn = "p75 <= 5s", fail = "p75 <= 4s" }]', ['thresholds.toml:2: journeys."*".lcp[2]: `warn` (p75 <= 5s) is no stricter than `fail` (p75 <= 4s), so it never warns before that']),
        ('[journeys."*"]\nlcp = [{ warn = "p50 <= 5s", fail = "p75 <= 4s" }, { warn = "p75 <= 2s", fail = "p75 <= 4s" }]', []),
        ('[journeys."*"]\nsuccess = { warn = "rate >= 90%", fail = "rate >= 99%" }', ['thresholds.toml:2: journeys."*".success: `warn` (rate >= 90%) is no stricter than `fail` (rate >= 99%), so it never warns before that']),
    ],
)  # fmt: skip
def test_what_cannot_be_known_is_a_note(tmp_path: Path, text: str, found: list[str]) -> None:
    """Steps and requests may be named at run time; an old metric's name is taken, and said once; a `warn` beyond its `fail` does nothing."""
    assert notes(tmp_path, text) == found


def test_an_old_name_is_judged_as_the_present_one(tmp_path: Path) -> None:
    """FID left the Web Vitals; INP took its place."""
    (budget,) = load_thresholds(write(tmp_path, '[journeys."*"]\nfid = "p75 <= 100ms"\n'), NAMES)
    assert (budget.metric.name, budget.key) == ("inp", 'journeys."*".fid')


def test_a_script_s_own_measurements_have_budgets_in_their_own_units(tmp_path: Path) -> None:
    """`journey.measure` and a probe's `measure` table make metrics."""
    text = '[journeys.checkout]\ncart_value = "p50 >= 20EUR"\n[probes.health]\nopen_orders = "max <= 50"\n'
    assert [budget.metric.unit for budget in load_thresholds(write(tmp_path, text), NAMES)] == ["EUR", ""]
    assert "cart_value" in faults(tmp_path, '[journeys.checkout]\ncart_vlue = "p50 >= 20EUR"')[0]
    text = '[probes.health]\npaid = "last >= 99%"\n[probes.stripe]\npaid = "last >= 20EUR"\n[probes."*"]\npaid = "last >= 0.5"\n'
    assert [budget.metric.unit for budget in load_thresholds(write(tmp_path, text), NAMES)] == ["ratio", "EUR", ""]  # no two agree


def test_the_repository_s_own_budgets_are_right() -> None:
    """The starter that everyone begins with."""
    root = Path(__file__).parents[3]
    assert len(load_thresholds(root / FILE, known_names(load_suite(root)))) > 10


_keys = st.sampled_from([
    "journeys", 'journeys."*"', 'journeys."*".lcp', 'journeys."*".fid', 'journeys."*".steps', 'journeys."*".steps.pay', 'journeys."*".steps.pay.lcp',
    "journeys.checkout.success", "load", "load.ci.latency", 'load.ci.requests."GET /".latency', "probes.health.success", "probes.health.steps", "x",
])  # fmt: skip
_values = st.sampled_from(
    ['"p75 <= 1s"', '"rate >= 99%"', '"p95"', "5", "[]", "[{}]", "{}", '{ fail = "p75 <= 1s" }', "[[]]", "true", "{ a.b = 1 }"]
)


@settings(max_examples=60)
@given(st.dictionaries(_keys, _values, max_size=5))
def test_no_file_raises_anything_but_its_own_error(tmp_path_factory: pytest.TempPathFactory, lines: dict[str, str]) -> None:
    """Any value at any key is budgets or faults, and never silence."""
    path = write(tmp_path_factory.mktemp("budgets"), "".join(f"{key} = {value}\n" for key, value in lines.items()))
    shown = FILE
    try:
        load_thresholds(path, NAMES)
    except ConfigError as error:
        shown = str(error)
    assert shown.startswith(FILE)


OBJECTIVES = """
[slo.checkout]
journey = "checkout"
objective = "99.9%"
owner = "shop"
severity = "P1"

[slo.fast]
journey = "checkout"
step = "pay"
good = "duration <= 2s"
objective = "95%"
over = "7d"
"""


def test_objectives_are_read_beside_budgets(tmp_path: Path) -> None:
    """Success over 30 days unless the table says otherwise."""
    path = tmp_path / "thresholds.toml"
    path.write_text(OBJECTIVES)
    plain, fast = read_thresholds(path, NAMES).slos
    assert (plain.name, plain.source, plain.subject, plain.metric) == ("checkout", Source.JOURNEY, "checkout", "success")
    assert (plain.objective, plain.over, plain.owner, plain.severity, plain.line) == (0.999, timedelta(days=30), "shop", "P1", 2)
    assert (fast.part, fast.metric, fast.at_most, fast.over) == ("pay", "duration", 2000.0, timedelta(days=7))


def test_every_fault_of_an_objective_is_told(tmp_path: Path) -> None:
    """With its line and what would do."""
    path = tmp_path / "thresholds.toml"
    path.write_text(
        '[slo.a]\njourney = "chekout"\nobjective = "100%"\ngood = "durations <= 2s"\nsteps = "pay"\n[slo.b]\nobjective = "99%"\nover = "9999999d"\n'
    )
    with pytest.raises(ConfigError) as caught:
        read_thresholds(path, NAMES)
    told = "\n".join(map(str, caught.value.faults))
    for words in (
        "thresholds.toml:2: slo.a.journey: no journey is called 'chekout' (did you mean 'checkout'?)",
        "thresholds.toml:3: slo.a.objective: '100%' is not a share that leaves room for errors",
        "thresholds.toml:4: slo.a.good: 'durations' is not a time of a journey (did you mean 'duration'?)",
        "thresholds.toml:5: slo.a.steps: unknown key (did you mean 'step'?)",
        "thresholds.toml:6: slo.b.journey: an objective is of one journey or one probe",
        "thresholds.toml:8: slo.b.over: '9999999d' is longer than a hundred years",
    ):
        assert words in told
