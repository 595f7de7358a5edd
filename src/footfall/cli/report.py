"""`footfall report`: draw the reports of a stored run again, or hand out its figures in another form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from footfall.cli.course import Span
    from footfall.cli.workplace import Workplace
    from footfall.gate.slo import Slo
    from footfall.report.view import ReportView

DAYS = 90


def report(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="More reports beside index.html: `trends`, `weekly`, `executive`, `operations`, `product`, `finance`, your own."
        ),
    ] = None,
    run: Annotated[str, typer.Option("--run", help="Which run: its id, the beginning of it, or `latest`.")] = "latest",
    days: Annotated[int, typer.Option("--days", min=1, max=36525, help="How many days back trends and forecasts look.")] = DAYS,
    last: Annotated[int | None, typer.Option("--last", min=2, help="At most this many of the newest runs in trends.")] = None,
    form: Annotated[
        list[str] | None,
        typer.Option(
            "--format", "-f", help="Also write the run as `csv`, `openmetrics` (GitLab's metrics report too) or `codequality` (GitLab)."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print verdicts.json on stdout instead of words.")] = False,
) -> int:
    """Draw the reports of a stored run again.

    The run is judged by today's thresholds.toml. Exits 0 whatever the verdict is; `footfall gate --run` exits with it.
    """
    from footfall.cli.course import Span  # noqa: PLC0415
    from footfall.cli.judge import judge  # noqa: PLC0415
    from footfall.cli.progress import progress  # noqa: PLC0415
    from footfall.cli.results import check_forms  # noqa: PLC0415
    from footfall.cli.tell import tell  # noqa: PLC0415
    from footfall.cli.workplace import budgets_of, open_workplace  # noqa: PLC0415
    from footfall.store import reader  # noqa: PLC0415

    more = [name for name in dict.fromkeys(names or ()) if name != "index"]
    forms = check_forms(form or ())
    with progress() as shown:
        workplace = open_workplace(shown)
        thresholds = budgets_of(workplace.suite)
        view = judge(workplace, reader.run(workplace.store, run), thresholds.budgets, slos=thresholds.slos)
        if more:
            view = _with_history(workplace, view, thresholds.slos, Span(days, last))
    tell(workplace, view, json=json, more=more, forms=forms)
    return 0


def _with_history(workplace: Workplace, view: ReportView, slos: Sequence[Slo], span: Span) -> ReportView:
    """Add the longer history and the objectives that reports beside index.html may tell of."""
    from datetime import timedelta  # noqa: PLC0415

    from footfall.cli.course import read_course  # noqa: PLC0415
    from footfall.cli.deployment import deployment_figures  # noqa: PLC0415
    from footfall.cli.gather import slo_statuses  # noqa: PLC0415
    from footfall.report.view import with_history  # noqa: PLC0415
    from footfall.store.deployments import deployments  # noqa: PLC0415

    target, until = view.run.target, view.ended or view.run.started
    course = read_course(workplace.store, target, view.verdicts, view.run.started, span)
    made = deployments(workplace.store, target=target, since=until - timedelta(days=span.days))
    counted = deployment_figures(workplace, target, [each for each in made if each.at <= until])
    return with_history(view, course, slo_statuses(workplace, target, slos, until), counted)
