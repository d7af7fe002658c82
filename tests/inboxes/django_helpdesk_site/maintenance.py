"""Breakdowns: while the file `down` is there, nothing is taken; with `fails`, a change is taken and an error answered."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def break_down_when_told(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Make the middleware."""

    def answer(request: HttpRequest) -> HttpResponse:
        if (settings.FOLDER / "down").exists():
            return HttpResponse("<html>down for maintenance</html>", status=503)
        response = get_response(request)
        if request.method == "POST" and (settings.FOLDER / "fails").exists():
            (settings.FOLDER / "fails").unlink()
            return HttpResponse("<html>bad gateway</html>", status=502)
        return response

    return answer
