"""A form with a PDF, processed in the background."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from footfall.demo import papers
from footfall.demo.refusals import Refusal
from footfall.demo.web.http import Json, origin_of, remember_wish, row_of
from footfall.demo.web.pages import check_csrf, fields_of, form_origin, render, see, submission, take_form
from footfall.demo.web.site import site_of

_MOST_BODY = papers.MOST_PDF + 64 * 1024


async def page(request: Request) -> Response:
    """The form."""
    return _page(request, {})


def _page(request: Request, form: dict[str, str], refusal: Refusal | None = None) -> Response:
    key = form.get("submission") or submission()
    return render(request, "forms.html", refusal.status if refusal else 200, form=form, refusal=refusal, submission=key)


async def _read(request: Request) -> tuple[dict[str, str], str, bytes]:
    """The texts of the form, the name of its file and its content."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Refusal(415, "not_multipart", "Send the form as multipart/form-data, with a file.")
    return await take_form(request, _MOST_BODY, files=1)


def _paper(texts: dict[str, str], name: str, content: bytes) -> papers.Paper:
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
    site = site_of(request)
    async with site.uploads:
        texts, name, content = await _read(request)
        check_csrf(request, texts.get("csrf", ""))
        try:
            paper = _paper(texts, name, content)
        except Refusal as refusal:
            return _page(request, texts, refusal)
        row, _ = await site.desk.take(paper, form_origin(request, texts))
    return see(f"/forms/{row['ref']}")


async def form(request: Request) -> Response:
    """How far the form is."""
    return render(request, "form.html", form=papers.form_json(row_of(request, "forms", "form")))


async def api_send(request: Request) -> Response:
    """Take a form in (multipart)."""
    site = site_of(request)
    async with site.uploads:
        texts, name, content = await _read(request)
        remember_wish(request, [texts, name, hashlib.sha256(content).hexdigest()])
        row, new = await site.desk.take(_paper(texts, name, content), origin_of(request))
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
