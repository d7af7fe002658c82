"""Which performer carries out which effect: one literal table, and what it is put together from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.app import deliveries, finding, photographs
from bot.app.alarm import Alarm
from bot.app.clock import Timepiece
from bot.app.deliveries import Deliverer, LinkTo, NameFiles, Packer, WriteManifest
from bot.app.erasing import Eraser
from bot.app.finding import ANSWER_TAKES, Finder, Redeemer
from bot.app.jobs import Job, Jobs, Result
from bot.app.patience import DELIVERING, FETCHING, LOOKING, SENDING
from bot.app.photographs import Forgetting, Judging, Storer
from bot.app.privacy import ForgettingChat, HandingOut
from bot.app.speaking import Speaker
from bot.ports import Chat, OrderSource, PhotoJudge, Pictures, Preparation, SellerInbox
from bot.promptness import Promptness
from flows.catalogue import Texts
from flows.effects import (
    AlertOperators,
    DeliverBundle,
    FindOrders,
    ForgetChat,
    ForgetPhotos,
    ForwardText,
    HandOutCopy,
    JudgePhoto,
    RedeemLink,
    Say,
    StorePhoto,
)
from storage.ports import BlobStore, OutboxRow, Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The adapters that the performers act through."""

    chat: Chat
    pictures: Pictures
    judge: PhotoJudge
    blobs: BlobStore
    inboxes: Mapping[str, SellerInbox]
    preparations: Mapping[str, Preparation]
    sources: Sequence[OrderSource]
    texts: Texts
    name_files: NameFiles
    write_manifest: WriteManifest
    link_to: LinkTo
    promptness: Mapping[str, Promptness] = field(default_factory=dict)
    answer_takes: float = ANSWER_TAKES
    record_for: timedelta = timedelta(0)  # what a seller must keep of a forgotten customer's case


def performers(outside: Outside, *, storage: Storage, alarm: Alarm, clock: Timepiece) -> Jobs:
    """Make the table of effects and their performers; SetTimer is the relay's own."""
    speak = Speaker(chat=outside.chat, pictures=outside.pictures, outbox=storage.outbox)
    store = Storer(chat=outside.chat, judge=outside.judge, blobs=outside.blobs)
    judge = Judging(
        judge=outside.judge,
        blobs=outside.blobs,
        cases=storage.cases,
        texts=outside.texts,
    )
    packer = Packer(
        blobs=outside.blobs,
        judge=outside.judge,
        name_files=outside.name_files,
        write_manifest=outside.write_manifest,
        preparations=outside.preparations,
        link_to=outside.link_to,
    )
    post = Deliverer(inboxes=outside.inboxes, packer=packer, promptness=outside.promptness, clock=clock)
    find = Finder(
        orders=storage.orders, sources=outside.sources, clock=clock, answer_takes=outside.answer_takes
    )
    redeem = Redeemer(orders=storage.orders, clock=clock)
    forget = Forgetting(blobs=outside.blobs)

    async def alert(row: OutboxRow) -> Result:
        await alarm.tell(getattr(row.effect, "text", ""))
        return Result()

    return {
        Say: Job(perform=speak, pool="sends", patience=SENDING),
        StorePhoto: Job(perform=store, pool="photos", patience=FETCHING, surrender=photographs.never_stored),
        JudgePhoto: Job(perform=judge, pool="photos", patience=LOOKING, surrender=photographs.cannot_tell),
        ForgetPhotos: Job(perform=forget, pool="rest", patience=SENDING),
        FindOrders: Job(perform=find, pool="rest", patience=LOOKING, surrender=finding.nothing_found),
        RedeemLink: Job(perform=redeem, pool="rest", patience=LOOKING, surrender=finding.not_linked),
        DeliverBundle: Job(
            perform=post.deliver,
            pool="deliveries",
            patience=DELIVERING,
            surrender=deliveries.failed,
            delayed=deliveries.delayed,
            gate=post.gate,
        ),
        ForwardText: Job(perform=post.forward, pool="deliveries", patience=DELIVERING, gate=post.gate),
        AlertOperators: Job(perform=alert, pool="rest", patience=SENDING),
        **_own_data(storage, outside, clock),
    }


def _own_data(storage: Storage, outside: Outside, clock: Timepiece) -> Jobs:
    """A customer's own data: handed out, or forgotten."""
    hand_out = HandingOut(
        chat=outside.chat,
        blobs=outside.blobs,
        cases=storage.cases,
        streams=storage.streams,
        texts=outside.texts,
    )
    erase = Eraser(cases=storage.cases, blobs=outside.blobs, clock=clock, record_for=outside.record_for)
    forget = ForgettingChat(chat=outside.chat, erase=erase, texts=outside.texts)
    return {
        HandOutCopy: Job(perform=hand_out, pool="rest", patience=SENDING),
        ForgetChat: Job(perform=forget, pool="rest", patience=SENDING),
    }
