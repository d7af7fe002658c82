"""Probes: /health/live says that the process answers, /health (and /health/ready) that it can do its work."""

from collections.abc import Awaitable, Callable

from aiohttp import web

Check = Callable[[], Awaitable[str]]
"""Says what was seen, or raises."""


def health_routes(checks: dict[str, Check]) -> list[web.RouteDef]:
    """Make the routes; `checks` by name, each of which must pass for the process to be ready."""

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    async def ready(_request: web.Request) -> web.Response:
        faults = {}
        for name, check in checks.items():
            try:
                await check()
            except Exception as fault:  # noqa: BLE001 - whatever is wrong, it is not ready
                faults[name] = type(fault).__name__
        body = {"status": "not ready" if faults else "ready", **({"faults": faults} if faults else {})}
        return web.json_response(body, status=503 if faults else 200)

    return [web.get("/health/live", live), web.get("/health", ready), web.get("/health/ready", ready)]
