"""The edge of a request: where its transaction commits, and where the domain's errors become pages."""

from __future__ import annotations

import errno
import logging
import traceback
from typing import Any

from flask import Flask, Response, current_app, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from portal.core import audit, errors, ui
from portal.core.access import SAFE_METHODS, refuse_unmarked
from portal.core.db import reading, session, transaction
from portal.core.rest import problems
from portal.core.rest.place import is_machine

log = logging.getLogger(__name__)

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# The pages for when the database may be away: drawn without anything that could ask it.
BARE = frozenset({500, 503})

# Beyond it an offset would not fit the database's numbers; no list is that long.
LAST_PAGE = 1_000_000

HIDDEN_FIELDS = frozenset({"csrf_token", "once", "version"})

# Reading the body of a request that was refused could mean parsing a large one for nobody.
SHOW_WHAT_WAS_TYPED = frozenset({409, 422})


class PortalFlask(Flask):
    """A Flask whose unsafe requests commit once, after the view, and whose safe ones never write.

    An answer that is an error (422 for a form sent back) undoes what a service had written before it refused.
    """

    def dispatch_request(self) -> ResponseReturnValue:
        if request.method in SAFE_METHODS:
            with reading():
                return super().dispatch_request()
        answer = self.make_response(super().dispatch_request())
        if answer.status_code < 400 or g.get("keeps_writes"):
            session.commit()
        else:
            session.rollback()
        return answer

    def log_exception(self, exc_info: Any) -> None:
        """An unhandled error, once. What the database says of a row could identify an applicant (rule 1)."""
        error = exc_info[1]
        if isinstance(error, DBAPIError):
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("Unhandled %s at %s\n%s", type(error.orig).__name__, request.path, where)
        else:
            log.error("Unhandled error at %s", request.path, exc_info=error)


def init_app(app: Flask) -> None:
    """Install the edge: the refusal of unmarked endpoints, the error pages, the end of the session."""
    app.before_request(refuse_unmarked)
    app.teardown_appcontext(_close_session)
    app.register_error_handler(errors.DomainError, _domain_error)
    app.register_error_handler(StaleDataError, lambda _: _domain_error(errors.Stale()))
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(OSError, _no_room)
    app.register_error_handler(HTTPException, _http_error)


def done(message: str, to: str) -> ResponseReturnValue:
    """Say what was done, on the page that comes next."""
    flash(message, "success")
    return redirect(to, 303)


def keep_writes() -> None:
    """Commit this request though it answers with an error: a failed try is counted, good answers are saved."""
    g.keeps_writes = True


def page(template: str, status: int = 200, **context: Any) -> Response:
    """A page or fragment with a status; 422 for a form that could not be accepted."""
    return make_response(render_template(template, **context), status)


def page_number() -> int:
    """Which page of a list is asked for, from 1; whatever is no such number is the first."""
    return min(max(request.args.get("page", 1, int), 1), LAST_PAGE)


def seen_version() -> int | None:
    """The version that the form sent was filled in against, or None where it carries none."""
    return request.form.get("version", type=int)


def form_status(form: Any) -> int:
    """The status of a page that shows this form: 422 where it goes back to be put right."""
    return 422 if form.errors else 200


def beside(form: Any, error: errors.Invalid) -> None:
    """Show a rule's answer beside the field it speaks of; nothing of the attempt is kept.

    Raises the error again where the form has no such field.
    """
    session.rollback()
    if error.field not in form:
        raise error
    form[error.field].errors = [*form[error.field].errors, error.message]


def typed() -> list[tuple[str, str]]:
    """What the person had typed, to be shown back when it could not be saved."""
    return [
        (name.replace("_", " ").replace("-", " ").capitalize(), value)
        for name, value in request.form.items(multi=True)
        if name not in HIDDEN_FIELDS and "password" not in name and value
    ]


def _close_session(_: BaseException | None) -> None:
    session.remove()


def _domain_error(error: errors.DomainError) -> Response:
    session.rollback()
    answer = _answer_to(error)
    if error.event is not None:  # after the page is drawn, which still needs this session's person
        with transaction():
            audit.append(error.event)
    return answer


def _answer_to(error: errors.DomainError) -> Response:
    if is_machine():
        return problems.of_error(error)
    if isinstance(error, errors.AlreadyDone):
        flash(error.message, "notice")
        return make_response(redirect(_page_before(), 303))
    if error.status not in SHOW_WHAT_WAS_TYPED:
        return _error_page(error.status, reason=error.message)
    return _error_page(error.status, reason=error.message, typed=typed())


def _page_before() -> str:
    before = request.referrer or ""
    return before if before.startswith(request.host_url) else request.path


def _csrf_error(_: CSRFError) -> Response:
    session.rollback()
    return _error_page(400, typed=typed())


def _too_large(_: RequestEntityTooLarge) -> Response:
    session.rollback()
    return _error_page(413)


def _no_room(error: OSError) -> Response:
    """A large body is written to disk as it arrives, also before any view runs."""
    if error.errno not in NO_ROOM:
        raise error
    log.error("There is no room on the disk for what %s was sent", request.path)
    session.rollback()
    return _error_page(503)


def _http_error(error: HTTPException) -> Response:
    session.rollback()
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    if is_machine():
        kept = {"Allow": allow} if (allow := error.get_response().headers.get("Allow")) else {}
        return problems.of_status(error.code, headers=kept)
    return _error_page(error.code)


def _database_away(error: DBAPIError) -> Response:
    log.error("The database did not answer", exc_info=error)
    session.remove()
    return _error_page(503)


def _error_page(status: int, **context: Any) -> Response:
    if is_machine():
        return problems.of_status(status)
    known = status if status in {400, 403, 404, 405, 409, 413, 422, 429, 500, 503} else 400
    if status in BARE:
        text = ui.render_bare(current_app, f"errors/{known}.html", support=ui.support(current_app))
        response = make_response(text, status)
    else:
        response = page(f"errors/{known}.html", status, **context)
    # A fragment's place on the page is no place for an error: it takes the whole page instead.
    response.headers["HX-Retarget"] = "body"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
