"""`junit.xml`: one test case per budget and per failed journey, for GitLab, Jenkins and every GitHub action that reads JUnit.

GitLab takes class and name together as the key and drops duplicates, so both are unique together; it shows files named by
`[[ATTACHMENT|path]]` in `system-out`, with paths relative to the project's folder (Jenkins' attachments plugin reads the
same tag). Text that XML 1.0 forbids was taken out by the view.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from footfall.clock import to_text
from footfall.gate.verdict import Outcome, Verdict
from footfall.metrics import Source
from footfall.report.clean import stays_below
from footfall.report.view import BrokenJourney, ReportView
from footfall.report.words import BROKEN, comparison, flaky, headline, labels, place, where
from footfall.samples import Artifact

_MOST_FILES = 8
_SUITES = {Source.JOURNEY: "journeys", Source.LOAD: "load", Source.PROBE: "probes"}


@dataclass(frozen=True)
class _Case:
    """One test case: `tag` is failure, error, skipped or empty for a pass; `out` becomes its `system-out`."""

    suite: str
    classname: str
    name: str
    tag: str = ""
    message: str = ""
    text: str = ""
    out: str = ""


def junit(view: ReportView, folder: str = "") -> bytes:
    """Return `junit.xml`. `folder` is the report's own folder as seen from the CI's project folder, for attachments (`out/latest`)."""
    journeys = (_journey_case(broken, view, folder) for broken in view.broken_journeys)
    cases = _unique([*_run_case(view), *journeys, *_verdict_cases(view, folder)])
    root = Element("testsuites", {"name": "footfall", **_tally(cases)})
    for suite in sorted({case.suite for case in cases}):
        members = [case for case in cases if case.suite == suite]
        seconds = str(round(view.took.total_seconds(), 3)) if view.took else "0"
        about = {"name": suite, "timestamp": to_text(view.run.started)[:19], "time": seconds}
        element = SubElement(root, "testsuite", {**about, **_tally(members)})
        _properties(element, view)
        for case in members:
            _write(element, case)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _tally(cases: Iterable[_Case]) -> dict[str, str]:
    seen = Counter(case.tag for case in cases)
    return {"tests": str(seen.total()), "failures": str(seen["failure"]), "errors": str(seen["error"]), "skipped": str(seen["skipped"])}


def _properties(element: Element, view: ReportView) -> None:
    known = {
        "run": view.run.id,
        "target": view.run.target,
        "commit": view.run.commit,
        "branch": view.run.branch,
        "flaky": "; ".join(flaky(view)),
    }
    properties = SubElement(element, "properties")
    for name, value in known.items():
        if value:
            SubElement(properties, "property", name=name, value=value)


def _write(parent: Element, case: _Case) -> None:
    element = SubElement(parent, "testcase", classname=case.classname, name=case.name, time="0")
    if case.tag == "skipped":
        SubElement(element, "skipped", message=case.message)
    elif case.tag:
        SubElement(element, case.tag, message=case.message, type=case.tag).text = case.text
    if case.out:
        SubElement(element, "system-out").text = case.out


def _run_case(view: ReportView) -> Iterable[_Case]:
    """A run without a single verdict must not look like a green one: no tests, no failures."""
    if not view.verdicts and not view.broken_journeys:
        text = "\n".join((*view.notes, *(f"{source}: {why}" for source, why in view.spoilt.items())))
        yield _Case("run", "footfall.run", "can be judged", "error" if view.exit_code else "skipped", headline(view), text)


def _verdict_cases(view: ReportView, folder: str) -> Iterable[_Case]:
    for verdict in view.verdicts:
        suite = _SUITES.get(Source(verdict.source), "budgets") if verdict.source in set(Source) else "budgets"
        seen = f" [{labels(verdict.series)}]" if labels(verdict.series) else ""
        yield _Case(
            suite=suite,
            classname=f"footfall.{suite}.{verdict.subject}",
            name=f"{verdict.part + ': ' if verdict.part else ''}{verdict.metric} {verdict.text}{seen}",
            tag=_tag(verdict, view),
            message=f"{verdict.outcome.value}: {comparison(verdict)}",
            text=_explanation(verdict),
            out=_told(verdict, view, folder),
        )


def _told(verdict: Verdict, view: ReportView, folder: str) -> str:
    """What a budget's case prints: the finding and, where it is broken, the files of its step, each on a line of its own."""
    line = f"{verdict.outcome.value}: {place(verdict)} {verdict.metric} {comparison(verdict)}. {verdict.reason}"
    seen = view.artifacts if verdict.outcome in BROKEN else ()
    files = [a for a in seen if a.subject == verdict.subject and (verdict.part == a.part or not verdict.part or not a.part)]
    return "\n".join((line.replace("[[", "[ ["), *_attachments(files[:_MOST_FILES], folder)))  # a text from outside attaches nothing


def _tag(verdict: Verdict, view: ReportView) -> str:
    """An inconclusive budget is an error unless the command was told to allow it: then the exit code is 0.

    A warning is a failure where it alone made the exit code 1 (`--strict`), so that a CI which reads this file is not green.
    """
    if verdict.outcome == Outcome.INCONCLUSIVE:
        return "error" if view.exit_code else "skipped"
    if verdict.outcome == Outcome.WARN and view.exit_code == 1 and not view.of(*BROKEN) and not view.broken_journeys:
        return "failure"
    return {Outcome.FAIL: "failure", Outcome.MISSING: "failure", Outcome.LEARNING: "skipped"}.get(verdict.outcome, "")


def _explanation(verdict: Verdict) -> str:
    lines = [
        f"{verdict.key} = {verdict.text}",
        f"measured: {comparison(verdict)} ({verdict.count:,} samples)",
        f"why: {verdict.reason}",
        f"budget: {where(verdict)}",
    ]
    lines += [f"{name}: {value}" for name, value in (("owner", verdict.owner), ("runbook", verdict.runbook)) if value]
    return "\n".join(lines)


def _journey_case(broken: BrokenJourney, view: ReportView, folder: str) -> _Case:
    subject = broken.series.subject
    seen = f" [{labels(broken.series)}]" if labels(broken.series) else ""
    return _Case(
        suite="journeys",
        classname=f"footfall.journeys.{subject}",
        name=f"reaches the end{seen}",
        tag="failure",
        message=f"{broken.failed} of {broken.iterations} iterations failed",
        text="\n".join(broken.reasons),
        out="\n".join(_attachments((a for a in view.artifacts if a.subject == subject), folder)),
    )


def _attachments(artifacts: Iterable[Artifact], folder: str) -> Iterable[str]:
    """Name the files that lie below the run's own folder: Jenkins would copy any file of its machine that is named."""
    for artifact in artifacts:
        if stays_below(artifact.path) and "[[" not in artifact.path and "]]" not in artifact.path:
            yield f"[[ATTACHMENT|{PurePosixPath(folder, artifact.path)}]]"


def _unique(cases: Iterable[_Case]) -> list[_Case]:
    """Number what would otherwise be dropped: two cases of the same class and name."""
    seen: Counter[tuple[str, str]] = Counter()
    fresh = []
    for case in cases:
        seen[case.classname, case.name] += 1
        again = seen[case.classname, case.name]
        fresh.append(case if again == 1 else _renamed(case, again))
    return fresh


def _renamed(case: _Case, again: int) -> _Case:
    return _Case(**{**vars(case), "name": f"{case.name} #{again}"})
