"""What a page must be for anybody who looks at it: nothing too wide, too pale, too small to touch, or without a name."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Page

WIDTHS = (390, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
NAMED = {
    "button",
    "link",
    "textbox",
    "searchbox",
    "combobox",
    "checkbox",
    "radio",
    "image",
    "progressbar",
    "Date",
}
"""Roles that a screen reader has to have a name for."""

TOO_PALE = """() => {
  const channel = (one) => (one /= 255) <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const parse = (text) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((n) => top[n] * top[3] + below[n] * (1 - top[3])).concat(1);
  const ground = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const faults = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const one = text.parentElement;
    if (!text.data.trim() || !one.checkVisibility() || one.closest('.unseen, .skip, option, script, :disabled')) continue;
    const back = ground(one), fore = over(parse(getComputedStyle(one).color), back);
    const [a, b] = [light(fore), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push(`${ratio.toFixed(2)} ${one.tagName}.${one.className}: ${text.data.trim().slice(0, 30)}`);
  }
  return faults;
}"""
"""Words whose contrast with what they stand on is below 4.5 (WCAG 2.2, 1.4.3)."""

TOO_SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary, textarea')]
  .filter((one) => one.checkVisibility() && !one.closest('.skip, p:not(.touch), dd'))
  .map((one) => [one, (one.type === 'checkbox' || one.type === 'radio' ? one.closest('label') : one).getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
  .map(([one, box]) => `${one.outerHTML.slice(0, 90)} ${box.width.toFixed()}x${box.height.toFixed()}`)"""
"""What is pressed and smaller than a finger; links within a sentence are not meant."""

TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.outerHTML.slice(0, 90))"""


@dataclass
class Looker:
    """Looks at pages and writes down what is wrong with them; takes pictures where a folder is given."""

    page: Page
    folder: Path | None
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._heard(said.type, said.text))
        self.page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))

    def _heard(self, kind: str, text: str) -> None:
        refused = (
            "Failed to load resource: the server responded with a status of 4"  # pages that are meant to be
        )
        if kind in {"error", "warning"} and not text.startswith(refused):
            self.faults.append(f"console: {text}")

    async def look(
        self,
        name: str,
        *,
        full: bool = True,
        widths: Sequence[int] = WIDTHS,
        schemes: Sequence[Literal["light", "dark"]] = SCHEMES,
    ) -> None:
        """Look at the page as it is, on a phone and on a desk, by day and by night."""
        await self.page.wait_for_load_state()  # a page without its style is nobody's
        for width in widths:
            await self.page.set_viewport_size({"width": width, "height": 844 if width < 600 else 860})
            for scheme in schemes:
                await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                await self.page.evaluate("() => document.fonts.ready")
                await self._judge(f"{name} {width} {scheme}")
                if self.folder is not None:
                    path = self.folder / f"{name}-{width}-{scheme}.png"
                    await self.page.screenshot(path=str(path), full_page=full)

    async def _judge(self, where: str) -> None:
        for what in (TOO_WIDE, TOO_PALE, TOO_SMALL):
            self.faults += [f"{where}: {fault}" for fault in await self.page.evaluate(what)]
        self.faults += [f"{where}: no name: {role}" for role in await self._nameless()]

    async def _nameless(self) -> list[str]:
        session = await self.page.context.new_cdp_session(self.page)
        nodes: list[dict[str, Any]] = (await session.send("Accessibility.getFullAXTree"))["nodes"]
        await session.detach()
        return [
            f"{node['role']['value']} {node.get('properties', [])}"[:120]
            for node in nodes
            if not node.get("ignored")
            and node.get("role", {}).get("value") in NAMED
            and not node.get("name", {}).get("value", "").strip()
        ]
