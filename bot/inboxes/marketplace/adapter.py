"""The marketplace inbox: buyers have no API there, so it prepares what the customer sends by hand, and nothing else."""

from bot.inboxes.marketplace.settings import MarketplaceSettings
from bot.inboxes.marketplace.wire import errand_of, errand_of_note
from bot.ports import Parcel, PermanentFailure, Receipt
from flows.effects import ForwardText

MOST_BYTES = 10_000_000
"""Of all files of a message together (Amazon's buyer-seller messaging)."""


class MarketplaceInbox:
    """See bot.ports.SellerInbox. Reaches nobody by itself: the same bundle always makes the same errand."""

    def __init__(self, settings: MarketplaceSettings) -> None:
        self._settings = settings

    async def deliver(self, parcel: Parcel, *, idempotency_key: str) -> Receipt:  # noqa: ARG002 - nothing leaves
        """Prepare the text; files that are too heavy together are for a person to look at."""
        if sum(len(file.content) for file in parcel.files) > self._settings.most_bytes:
            raise PermanentFailure(
                f"marketplace: the files are over {self._settings.most_bytes} bytes; set photos.bundle_bytes below it"
            )
        return Receipt(place=self._settings.name, errand=errand_of(parcel, self._settings))

    async def forward(self, note: ForwardText, *, idempotency_key: str) -> Receipt:  # noqa: ARG002 - as above
        """Prepare the customer's words."""
        return Receipt(place=self._settings.name, errand=errand_of_note(note, self._settings))

    async def check(self) -> str:
        """Say what it is: there is nothing to reach."""
        return f"customers send by hand on {self._settings.name}"

    async def aclose(self) -> None:
        """Hold nothing."""
