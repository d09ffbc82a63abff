"""The description of the API for programs, and a page of it for people that asks nobody else for anything.

The page is plain HTML without a script, so that it needs no exception from the rules for pages, works offline, and can be read
by any browser.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from html import escape
from typing import Any, Final

from starlette.responses import Response

from hawknest.doors.web.openapi import document, kind_of, members, noun
from hawknest.doors.web.route import Ask, Need, Route, reply

WHO: Final = {
    Need.NOBODY: "anybody",
    Need.USER: "who is signed in",
    Need.DOMAINS: "who administers the nest or the domain in question",
    Need.ADMIN: "who administers the whole nest",
}


class Description:
    """The description of routes, made when it is first asked for."""

    def __init__(self, routes: Callable[[], Iterable[Route]]) -> None:
        self._routes = routes

    @cached_property
    def document(self) -> dict[str, Any]:
        """The description for programs."""
        return document(self._routes())

    @cached_property
    def page(self) -> str:
        """The description for people."""
        told = [route for route in self._routes() if not route.aside]
        nouns = list(dict.fromkeys(map(noun, told)))
        links = " ".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in nouns)
        parts = [
            f'<h2 id="{escape(name)}">{escape(name)}</h2>'
            + "".join(self._section(route) for route in told if noun(route) == name)
            for name in nouns
        ]
        about = escape(str(self.document["info"]["description"]))
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<title>The API of Hawknest</title><link rel="stylesheet" href="/api/docs.css"></head>'
            f"<body><main><h1>The API of Hawknest</h1><p>{about}</p>"
            '<p><a href="/api/v1/openapi.json">As OpenAPI 3.1</a></p>'
            f"<nav>{links}</nav>{''.join(parts)}</main></body></html>"
        )

    async def give_document(self, _ask: Ask) -> Response:
        """Answer with the description for programs."""
        return reply(self.document)

    async def give_page(self, _ask: Ask) -> Response:
        """Answer with the description for people."""
        return Response(self.page, media_type="text/html; charset=utf-8")

    def _section(self, route: Route) -> str:
        found = self.document["paths"][route.path][route.method.lower()]
        rows = [f"<p>{escape(route.summary)}</p>", f"<p>For {WHO[route.need]}{_scope(route)}.</p>"]
        if found["parameters"]:
            cells = "".join(
                f"<tr><td><code>{escape(p['name'])}</code><td>{p['in']}<td>{escape(p.get('description', ''))}</tr>"
                for p in found["parameters"]
            )
            rows.append(f"<table><tr><th>parameter<th>in<th>meaning</tr>{cells}</table>")
        if route.body is not None:
            schema = found["requestBody"]["content"][route.media]["schema"]
            rows.append(f"<p>It takes <code>{escape(route.media)}</code>:</p>{self._fields(schema)}")
        if route.answer is not None:
            schema = found["responses"]["2XX"]["content"]["application/json"]["schema"]
            rows.append(f"<p>It gives:</p>{self._fields(schema)}")
        head = f"<h3><b>{route.method}</b> <code>{escape(route.path)}</code></h3>"
        return f"<section>{head}{''.join(rows)}</section>"

    def _fields(self, schema: dict[str, Any]) -> str:
        """The members of a type in a table, or its kind in a word."""
        rows = "".join(
            f"<tr><td><code>{escape(one.name)}</code>{'' if one.needed else ' ?'}"
            f"<td><code>{escape(one.kind)}</code><td>{escape(one.meaning)}</tr>"
            for one in members(self.document, schema)
        )
        if not rows:
            return f"<p><code>{escape(kind_of(schema))}</code></p>"
        return f"<table><tr><th>member<th>kind<th>meaning</tr>{rows}</table>"


async def style(_ask: Ask) -> Response:
    """Give the looks of the page, which must be a file of their own."""
    return Response(_STYLE, media_type="text/css; charset=utf-8")


def _scope(route: Route) -> str:
    return f", or a token with the scope <code>{escape(str(route.scope))}</code>" if route.scope else ""


_STYLE: Final = """\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
nav a { margin-inline-end: .6rem; white-space: nowrap }
h2 { border-block-end: 1px solid; padding-block: 1.5rem .2rem }
section { margin-block: 1.2rem } h3 { font-weight: normal; margin-block: 0 }
p { margin-block: .3rem } table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { text-align: start; vertical-align: top; padding: .15rem .8rem .15rem 0 }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
"""


def rows(routes: Callable[[], Iterable[Route]]) -> tuple[Route, ...]:
    """Make the routes that describe all routes, themselves among them."""
    told = Description(routes)
    return (
        Route(
            method="GET",
            path="/api/v1/openapi.json",
            handler=told.give_document,
            need=Need.USER,
            summary="The description of the API, as OpenAPI 3.1",
            answer=dict[str, Any],
        ),
        Route(
            method="GET",
            path="/api/docs",
            handler=told.give_page,
            need=Need.USER,
            summary="The description of the API as a page",
            aside=True,
        ),
        Route(
            method="GET",
            path="/api/docs.css",
            handler=style,
            need=Need.NOBODY,
            summary="The looks of that page",
            aside=True,
        ),
    )
