"""A parcel or note -> the errand that its customer runs: the text to paste and the way there; pure."""

from collections.abc import Sequence

from bot.desk_text import plain
from bot.inboxes.marketplace.rules import allowed, fitted
from bot.inboxes.marketplace.settings import MarketplaceSettings
from bot.ports import LabelledFile, Parcel
from flows.effects import ForwardText
from flows.values import Bundle, Errand


def errand_of(parcel: Parcel, settings: MarketplaceSettings) -> Errand:
    """Write what the customer pastes; the order stands on the marketplace's page already, so it is not repeated."""
    bundle = parcel.bundle
    kept = _kept(bundle, parcel.files)
    code = f"({bundle.case})"
    message = allowed(plain(bundle.message or bundle.summary).strip(), kept=kept)
    photos = [f"{place}. {file.name}: {file.title}" for place, file in enumerate(parcel.files, 1)]
    missing = [f"- {one.title}: {one.reason}" for one in bundle.missing]
    rest = [allowed(plain("\n".join(lines)), kept=kept) for lines in (missing, photos)]
    text = fitted([message, *rest], most=settings.most_text - len(code) - 2)
    return _errand(f"{text}\n\n{code}".strip(), settings, locale=bundle.customer_locale)


def errand_of_note(note: ForwardText, settings: MarketplaceSettings) -> Errand:
    """Write the customer's own words as they may be pasted."""
    code = f"({note.case})"
    text = fitted(
        [allowed(plain(note.text).strip(), kept=[note.case])], most=settings.most_text - len(code) - 2
    )
    return _errand(f"{text}\n\n{code}", settings, locale=note.locale)


def _kept(bundle: Bundle, files: Sequence[LabelledFile]) -> list[str]:
    items = [*bundle.order.items, *([bundle.item] if bundle.item else [])]
    names = [bundle.order.number, bundle.case, *(item.sku for item in items), *(file.name for file in files)]
    return [*names, *(file.barcode for file in files)]


def _errand(text: str, settings: MarketplaceSettings, *, locale: str) -> Errand:
    way = settings.way.get(locale, "")
    return Errand(place=settings.name, text=text, way=way, url=settings.orders_url)
