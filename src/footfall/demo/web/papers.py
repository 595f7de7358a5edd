"""A form with a PDF, processed in the background."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import papers
from footfall.demo.refusals import Refusal
from footfall.demo.web.http import Json, origin_of, row_of
from footfall.demo.web.pages import check_csrf, fields_of, form_origin, render, see, submission, within
from footfall.demo.web.site import site_of

_MOST_BODY = papers.MOST_PDF + 64 * 1024


async def page(request: Request) -> Response:
    """The form."""
    return _page(request, {})


def _page(request: Request, form: dict[str, str], refusal: Refusal | None = None) -> Response:
    key = form.get("submission") or submission()
    return render(request, "forms.html", refusal.status if refusal else 200, form=form, refusal=refusal, submission=key)


async def _read(request: Request) -> tuple[dict[str, str], tuple[str, bytes]]:
    """The texts and the file of the form."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refusal(415, "not_multipart", "Send the form as multipart/form-data, with a file.")
    await within(request, _MOST_BODY)
    async with request.form(max_files=1, max_fields=20) as form:
        texts = {name: value for name, value in form.items() if isinstance(value, str)}
        file = form.get("file")
        content = await file.read() if isinstance(file, UploadFile) else b""
        return texts, ((file.filename or "form.pdf") if isinstance(file, UploadFile) else "", content)


def _paper(texts: dict[str, str], file: tuple[str, bytes]) -> papers.Paper:
    name, content = file
    fields = fields_of(texts)
    if not content.startswith(b"%PDF-"):
        fields.wrong["file"] = "must be a PDF"
    elif len(content) > papers.MOST_PDF:
        fields.wrong["file"] = "may have at most 5 MB"
    paper = papers.Paper(
        fields.text("name"), fields.email(), fields.text("message", most=2000, required=False), name.rpartition("/")[2][:120], content
    )
    fields.done()
    return paper


async def send(request: Request) -> Response:
    """Take the form in."""
    texts, file = await _read(request)
    check_csrf(request, texts.get("csrf", ""))
    try:
        paper = _paper(texts, file)
    except Refusal as refusal:
        return _page(request, texts, refusal)
    row, _ = await site_of(request).desk.take(paper, form_origin(request, texts))
    return see(f"/forms/{row['ref']}")


async def form(request: Request) -> Response:
    """How far the form is."""
    return render(request, "form.html", form=papers.form_json(row_of(request, "forms", "form")))


async def api_send(request: Request) -> Response:
    """Take a form in (multipart)."""
    texts, file = await _read(request)
    row, new = await site_of(request).desk.take(_paper(texts, file), origin_of(request))
    return Json(papers.form_json(row), 202 if new else 200)


async def api_form(request: Request) -> Response:
    """How far the form is."""
    return Json(papers.form_json(row_of(request, "forms", "form")))


ROUTES = [
    Route("/forms", page, methods=["GET"]),
    Route("/forms", send, methods=["POST"]),
    Route("/forms/{ref}", form),
    Route("/api/forms", api_send, methods=["POST"]),
    Route("/api/forms/{ref}", api_form),
]
