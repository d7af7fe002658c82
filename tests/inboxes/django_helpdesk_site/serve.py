"""Make the database with a queue and users, then serve on a port of the system's choice; prints the port and goes on."""

import os
import sys
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "django_helpdesk_site.settings"
TOKEN = "token-of-the-bot-0123456789abcdef0123"


class ThreadedServer(ThreadingMixIn, WSGIServer):
    """A thread for each call."""

    daemon_threads = True
    request_queue_size = 64


class Quiet(WSGIRequestHandler):
    """Calls are not written down."""

    def log_message(self, *_parts: object) -> None:
        """Say nothing."""


def fill() -> None:
    """Make the tables, a queue, the bot's account, an agent, and an account that is no staff."""
    from django.contrib.auth.models import User  # noqa: PLC0415 - after setup
    from django.core.management import call_command  # noqa: PLC0415
    from helpdesk.models import Queue  # noqa: PLC0415
    from rest_framework.authtoken.models import Token  # noqa: PLC0415

    call_command("migrate", verbosity=0, interactive=False)
    for name, is_staff in (("clearshot", True), ("agent", True), ("visitor", False)):
        user = User.objects.create_user(name, f"{name}@desk.example", f"{name}-password", is_staff=is_staff)
        Token.objects.create(user=user, key=TOKEN if name == "clearshot" else f"token-of-{name}")
    Queue.objects.create(title="Claims", slug="claims", allow_public_submission=True)


def main() -> None:
    """Serve until killed."""
    import django  # noqa: PLC0415 - needs the settings
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    django.setup()
    fill()
    server = make_server(
        "127.0.0.1", 0, get_wsgi_application(), server_class=ThreadedServer, handler_class=Quiet
    )
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
