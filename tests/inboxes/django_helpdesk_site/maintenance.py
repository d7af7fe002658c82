"""A page for maintenance: while the file `down` is there, every call is answered with it."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def answer_503_while_down(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Make the middleware."""

    def answer(request: HttpRequest) -> HttpResponse:
        if (settings.FOLDER / "down").exists():
            return HttpResponse("<html>down for maintenance</html>", status=503)
        return get_response(request)

    return answer
