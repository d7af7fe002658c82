"""A customer of the sandbox: taps, types and sends photos, and waits for what the bot says."""

from typing import Any

from bot.sandbox.client import SandboxClient

Json = dict[str, Any]
PATIENCE = 30.0


def labels(message: Json) -> list[str]:
    """The texts of a message's buttons."""
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    return [button["text"] for row in rows for button in row]


def words(message: Json) -> str:
    """A message's text or caption."""
    return str(message.get("text") or message.get("caption") or "")


class Customer:
    """One chat, driven as a person does."""

    def __init__(self, client: SandboxClient, chat: Json) -> None:
        self.client = client
        self.chat = chat
        self._acted = 0  # what the chat showed before the last act is history: nobody taps it by intent

    @classmethod
    async def arrive(cls, client: SandboxClient, *, name: str = "Anna", language: str = "en") -> "Customer":
        return cls(client, await client.new_chat(name, language_code=language))

    async def start(self, payload: str = "") -> None:
        self._acted = self.client.mark()
        await self.client.start(self.chat, payload)

    async def sees(self, text: str, *, button: str = "", within: float = PATIENCE) -> Json:
        """Wait for the newest message that holds `text` and bears `button`."""
        return await self.client.wait_for(
            self.chat,
            lambda m: text in words(m) and (not button or any(button in label for label in labels(m))),
            within,
        )

    async def tap(self, button: str) -> None:
        """Press the newest button whose text holds `button`, as soon as one came or changed since the last act."""
        message = await self.client.wait_for(
            self.chat, lambda m: any(button in label for label in labels(m)), PATIENCE, after=self._acted
        )
        label = next(label for label in labels(message) if button in label)
        self._acted = self.client.mark()
        await self.client.press(self.chat, message, label, within=PATIENCE)

    async def type(self, text: str) -> None:
        self._acted = self.client.mark()
        await self.client.send_text(self.chat, text)

    async def photos(self, *pictures: bytes, as_file: bool = False) -> None:
        self._acted = self.client.mark()
        await self.client.send_photos(self.chat, pictures, as_file=as_file)
