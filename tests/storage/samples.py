"""One value of every kind that is stored, each field set; each release records them once: `python -m tests.storage.samples`."""

import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flows.conversation import (
    Bundled,
    Chat,
    Claim,
    Conversation,
    Entry,
    FlowRef,
    ShotState,
)
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
    SetTimer,
    StorePhoto,
)
from flows.events import (
    CaseAssigned,
    CaseSettled,
    ChatBlocked,
    ChoiceMade,
    CommandGiven,
    Delivered,
    DeliveryDelayed,
    DeliveryFailed,
    Garbled,
    HandedBack,
    LeftToCustomer,
    OrderLinked,
    OrdersFound,
    PhotoJudged,
    PhotoReceived,
    PhotoRefused,
    PhotoRequested,
    PhotoStored,
    RemarkMade,
    SellerAnswered,
    SellerSaw,
    Started,
    TextReceived,
    TimerFired,
    UnsupportedReceived,
)
from flows.values import (
    Answer,
    Bundle,
    BundlePhoto,
    Button,
    Errand,
    Item,
    MissingShot,
    Order,
    Photo,
    Picture,
    Quality,
    Seller,
    Span,
    Upload,
    Verdict,
)
from storage.codec import encode

AT = datetime(2026, 11, 23, 12, 30, 15, 250000, tzinfo=UTC)
NONCE = "00ff13a9c4d5e6b7"
ITEM = Item(
    title='Mug "Rå" 🏺',
    sku="MUG-1",
    quantity=2,
    image="https://shop.example/mug.jpg",
    barcode="4006381333931",
    personalization="For Zoë\n& Ole",
)
ORDER = Order(
    number="A-17",
    seller="acme",
    items=(ITEM,),
    placed_on=date(2026, 11, 1),
    delivered_on=date(2026, 11, 20),
    customer_name="Zoë",
    hazardous=True,
    verified=True,
)
SELLER = Seller(
    id="acme",
    name="Acme",
    locale="de",
    attributes={"tier": "gold"},
    answer_within=86400,
    next_step={"en": "Write"},
)
UPLOAD = Upload(
    file_id="AgAC",
    unique_id="AQAD",
    kind="file",
    mime="image/jpeg",
    name="a.jpg",
    size=1234,
    width=800,
    height=600,
)
PHOTO = Photo(
    id=NONCE,
    kind="file",
    key="K7F3QX/" + "ab" * 32,
    sha256="ab" * 32,
    size=1234,
    mime="image/jpeg",
    width=600,
    height=800,
)
VERDICT = Verdict(
    problems=("blur", "dark"),
    sharpness=0.25,
    measures={"mean": 12.5},
    fingerprint="f0" * 8,
    barcode="4006381333931",
    text="fragile",
    explained="K7F3QX/" + "cd" * 32,
)
SPANS = (Span(text="Hello "), Span(text="Zoë", style="bold"))
BUNDLE = Bundle(
    case="K7F3QX",
    number=2,
    seller=SELLER,
    order=ORDER,
    item=ITEM,
    issue="shipping_damage",
    issue_title="Damaged",
    summary="Mug: broken",
    locale="de",
    message="Guten Tag",
    customer_name="Zoë",
    customer_locale="en",
    photos=(
        BundlePhoto(
            label="ShippingDamage_Packaging", title="Box", photo=PHOTO, flags=("blur",), barcode="1", text="t"
        ),
    ),
    missing=(MissingShot(label="L", title="T", reason="gone"),),
    answers=(("What?", "That"),),
    follow_up_to=1,
    thread="4711",
)
ERRAND = Errand(
    place="Amazon", text="Hello", way="Your Orders, Contact seller", url="https://amazon.example/orders"
)
COMMON: dict[str, Any] = {"at": AT, "nonce": NONCE}
FROM: dict[str, Any] = {**COMMON, "message": 7, "name": "Zoë", "language": "de-AT"}
SAMPLES: tuple[Any, ...] = (
    Started(payload="abc", **FROM),
    CommandGiven(command="status", argument="x", **FROM),
    TextReceived(text="broken \u0000 & <b>", **FROM),
    ChoiceMade(data="K7F3QX.3.keep", **FROM),
    PhotoReceived(upload=UPLOAD, caption="c", album="9", reply_to=3, reply_data="K7F3QX.3.x", **FROM),
    UnsupportedReceived(what="voice", **FROM),
    ChatBlocked(blocked=True, **FROM),
    PhotoStored(case="K7F3QX", photo=PHOTO, **COMMON),
    PhotoRefused(case="K7F3QX", photo_id=NONCE, reason="heic", **COMMON),
    PhotoJudged(case="K7F3QX", photo_id=NONCE, verdict=VERDICT, **COMMON),
    OrdersFound(case="K7F3QX", query="order", orders=(ORDER,), exhausted=True, **COMMON),
    OrderLinked(order=ORDER, **COMMON),
    OrderLinked(order=None, **COMMON),
    Delivered(
        case="K7F3QX",
        number=2,
        place="email",
        manifest="K7F3QX/" + "b" * 64,
        copies=("K7F3QX/" + "a" * 64,),
        reference="4711",
        answer_by=AT,
        remind_at=AT,
        **COMMON,
    ),
    LeftToCustomer(
        case="K7F3QX",
        number=0,
        errand=ERRAND,
        note=2,
        manifest="K7F3QX/" + "b" * 64,
        copies=("K7F3QX/" + "a" * 64,),
        names=("A_B.jpg",),
        **COMMON,
    ),
    DeliveryDelayed(case="K7F3QX", number=2, **COMMON),
    DeliveryFailed(case="K7F3QX", number=2, **COMMON),
    SellerAnswered(case="K7F3QX", text="Sorry", author="Ann", **COMMON),
    SellerSaw(case="K7F3QX", author="Ann", **COMMON),
    CaseAssigned(case="K7F3QX", agent="ben", author="Ann", **COMMON),
    RemarkMade(case="K7F3QX", text="second time", author="Ann", **COMMON),
    PhotoRequested(case="K7F3QX", text="the bag", labels=("A_B",), author="Ann", **COMMON),
    CaseSettled(case="K7F3QX", text="done", author="Ann", **COMMON),
    HandedBack(case="K7F3QX", **COMMON),
    TimerFired(case="K7F3QX", name="waiting", serial=4, **COMMON),
    Garbled(what="KeyError", detail={"a": "b"}, **COMMON),
    Say(
        spans=SPANS,
        slot="prompt:K7F3QX",
        place="edit",
        buttons=((Button(text="Yes", data="K7F3QX.3.yes"), Button(text="Site", url="https://x.example")),),
        picture=Picture(source="sheet", refs=("K7F3QX/" + "ab" * 32,), captions=("1",)),
        closing=SPANS,
        delay=timedelta(seconds=1.5),
        placeholder="type",
    ),
    StorePhoto(case="K7F3QX", photo_id=NONCE, upload=UPLOAD, accept=("photo", "pdf")),
    JudgePhoto(
        case="K7F3QX",
        photo=PHOTO,
        quality=Quality(
            actions={"blur": "retake", "screen": "warn"}, min_side=640, sharp_from=0.4, readable="text"
        ),
        locale="de",
        others=("f0" * 8,),
        shas=("ab" * 32,),
    ),
    FindOrders(case="K7F3QX", query="order", what="number", number="A-17", fact="10115"),
    RedeemLink(token="tok"),
    DeliverBundle(bundle=BUNDLE, inbox="support"),
    ForwardText(
        case="K7F3QX",
        number=3,
        text="and this",
        seller=SELLER,
        subject="Mug: broken",
        customer_name="Zoë",
        locale="de",
        inbox="",
        thread="4711",
    ),
    SetTimer(case="K7F3QX", name="waiting", serial=4, after=timedelta(hours=20, seconds=1)),
    ForgetPhotos(case="K7F3QX", keys=("K7F3QX/" + "ab" * 32,)),
    AlertOperators(text="Given up"),
    HandOutCopy(locale="de"),
    ForgetChat(locale="de"),
    Chat(
        id=-100123,
        language="de",
        chosen=True,
        name="Zoë",
        orders=(ORDER,),
        focus="K7F3QX",
        open=("K7F3QX",),
        blocked=False,
        greeted=True,
        revision=12,
    ),
    Conversation(
        id="K7F3QX",
        chat=42,
        flow=FlowRef(name="shipping_damage@acme", hash="e" * 64),
        phase="open",
        step="photos",
        serial=3,
        mode="reason:A",
        editing="review",
        answers={"kind": Answer(value="size", text="Größe", phrase="p")},
        many={"parts": ("a", "b")},
        shots={
            "A_B": ShotState(
                claims=(
                    Claim(
                        photo_id=NONCE,
                        upload=UPLOAD,
                        status="accepted",
                        photo=PHOTO,
                        verdict=VERDICT,
                        flags=("blur",),
                        message=9,
                    ),
                ),
                retakes=1,
                done=True,
                missing="no",
            )
        },
        tray=(Claim(photo_id="0" * 16, upload=UPLOAD),),
        history=("kind",),
        shown=("keep",),
        order=ORDER,
        item=ITEM,
        seller=SELLER,
        found=(ORDER,),
        exhausted=True,
        locale="de",
        customer_name="Zoë",
        draft="Guten Tag",
        bundles=(
            Bundled(
                number=1,
                photo_ids=(NONCE,),
                status="delivered",
                manifest="K7F3QX/" + "b" * 64,
                copies=("K7F3QX/" + "a" * 64,),
                inbox="support",
                reference="4711",
            ),
        ),
        timeline=(Entry(at=AT, kind="answer", author="Ann", text="Sorry", number=1),),
        assigned="ann",
        answer_by=AT,
        wished=("A_B",),
        errand=ERRAND,
        notes=2,
        pending_note="p",
        request="r",
        origin="shipping_damage",
        origin_ref=FlowRef(name="shipping_damage", hash="d" * 64),
        issue_title="Damaged",
        own_summary="Becher: kaputt",
        summary="Mug: broken",
        last_prompt=SPANS,
        burst=(NONCE,),
        touched=AT,
        armed=True,
        reminded=1,
        own_words=True,
        inbox="support",
        revision=8,
    ),
    ORDER,
)


def main() -> None:
    """Write the rows of this release."""
    sys.stdout.writelines(f"{encode(value)}\n" for value in SAMPLES)


if __name__ == "__main__":
    main()
