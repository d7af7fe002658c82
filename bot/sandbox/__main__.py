"""Runs the local Telegram by itself: `python -m bot.sandbox --port 8081 --data FOLDER`."""

import argparse
import asyncio
import contextlib
import logging
import sys
from pathlib import Path

from bot.sandbox.server import DEFAULT_TOKEN, DEFAULT_USERNAME, Sandbox


def main() -> int:
    """Serve until interrupted; 1 and one line when that is not possible."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve(options))
    except (OSError, ValueError) as failure:
        sys.stderr.write(f"sandbox: {failure}\n")
        return 1
    return 0


async def _serve(options: argparse.Namespace) -> None:
    sandbox = Sandbox(
        host=options.host,
        port=options.port,
        data=options.data,
        token=options.token,
        bot_username=options.username,
    )
    async with sandbox:
        sys.stdout.write(f"Chat page   {sandbox.address}/\n")
        sys.stdout.write(f"Bot API     {sandbox.base_url}\n")
        sys.stdout.write(f"Token       {sandbox.token}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description="A Telegram on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8081, help="port to listen on; 0 takes a free one")
    parser.add_argument("--data", type=Path, default=None, help="folder in which chats and files are kept")
    parser.add_argument("--token", default=DEFAULT_TOKEN, help="the bot's token")
    parser.add_argument("--username", default=DEFAULT_USERNAME, help="the bot's name without the @")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
