"""The verbs `send` and `handover`: the bundle is put together and given to its inbox; what became of it is told."""

from dataclasses import replace

from flows.conversation import Bundled, Claim, ShotState
from flows.definition import Step
from flows.effects import DeliverBundle, ForwardText
from flows.engine import reviewing, shooting
from flows.engine.lookup import accepted, shots_of
from flows.engine.timeline import note
from flows.engine.turn import Turn
from flows.engine.walk import path
from flows.engine.wishes import is_follow_up
from flows.values import Bundle, BundlePhoto, MissingShot, Order, Seller

NOBODY = Seller(id="", name="")
LONGEST_WORDS = 4000
"""Characters passed on at once: no more than one message of Telegram's."""


def send(turn: Turn, step: Step) -> None:
    """Give the bundle to the seller's inbox."""
    turn.flush()
    bundle = bundled(turn)
    taken = turn.conv.inbox if is_follow_up(turn.conv.flow) else ""  # an addition goes to whom the case went
    inbox = "support" if step.send is not None and step.send.to == "support" else taken
    _deliver(turn, bundle, inbox=inbox)
    _name_case(turn, bundle)
    turn.change(phase="handed_over" if taken else "sending", inbox=inbox, tray=_on_its_way(turn))
    _pass_captions_on(turn)
    said = turn.own(step.say) if step.say else turn.words("send.sending")
    turn.tell(said, slot=f"prompt:{turn.conv.id}", closing=turn.closing())
    if not taken:
        turn.tell(turn.words("send.on_its_way"), slot=f"delivery:{turn.conv.id}")
    turn.change(last_prompt=(), history=(), editing="")


def _on_its_way(turn: Turn) -> tuple[Claim, ...]:
    """The extra photos whose bytes are not here yet: they follow in an addition."""
    return tuple(claim for claim in turn.conv.tray if claim.photo is None)


def hand_over(turn: Turn, step: Step) -> None:
    """A person takes over: what there is goes to support at once, texts are passed on."""
    turn.flush()
    inbox = step.handover.to if step.handover else "support"
    bundle = bundled(turn)
    _deliver(turn, bundle, inbox=inbox)
    _name_case(turn, bundle)
    turn.change(phase="handed_over", inbox=inbox, mode="", tray=_on_its_way(turn))
    _pass_captions_on(turn)
    said = turn.own(step.say) if step.say else ()
    turn.next_serial()
    turn.tell(
        said or turn.words("handover.started"),
        slot=f"prompt:{turn.conv.id}",
        closing=turn.closing(),
    )
    if said:
        turn.tell(turn.words("handover.started"))


def _deliver(turn: Turn, bundle: Bundle, *, inbox: str) -> None:
    bundle = replace(bundle, thread=_thread(turn, inbox))
    ids = tuple(photo.photo.id for photo in bundle.photos)
    turn.change(bundles=(*turn.conv.bundles, Bundled(number=bundle.number, photo_ids=ids, inbox=inbox)))
    note(turn, "sent", number=bundle.number)
    turn.do(DeliverBundle(bundle=bundle, inbox=inbox))


def bundled(turn: Turn) -> Bundle:
    """Put the bundle together: labelled photos in the flow's order, extras last, the message, what is missing."""
    conv, flow = turn.conv, turn.flow
    seller = conv.seller or NOBODY
    message = reviewing.message_of(turn)
    return Bundle(
        case=conv.id,
        number=len(conv.bundles) + 1,
        seller=seller,
        order=conv.order or Order(number="", seller=seller.id),
        item=conv.item,
        issue=conv.origin or flow.issue,
        issue_title=turn.own_plain(flow.title, locale=seller.locale) or conv.issue_title,
        summary=_summary(turn),
        locale=_message_locale(turn),
        message=message or conv.pending_note,
        customer_name=conv.customer_name,
        customer_locale=conv.locale,
        photos=(*_labelled(turn), *_extras(turn)),
        missing=_missing(turn),
        answers=_answers(turn),
        follow_up_to=1 if conv.bundles else None,
    )


def _thread(turn: Turn, inbox: str) -> str:
    """Look up what this inbox called the case when it took something of it."""
    return next((sent.reference for sent in turn.conv.bundles if sent.inbox == inbox and sent.reference), "")


def _name_case(turn: Turn, bundle: Bundle) -> None:
    """What the case is called from now on; additions keep the name of the first bundle."""
    if not turn.conv.summary:
        own = turn.own_plain(turn.flow.summary) if turn.flow.summary else turn.conv.issue_title
        turn.change(summary=bundle.summary, own_summary=" ".join(own.split())[:200])


def _summary(turn: Turn) -> str:
    seller_locale = turn.conv.seller.locale if turn.conv.seller else None
    summary = turn.own_plain(turn.flow.summary, locale=seller_locale) if turn.flow.summary else ""
    return " ".join((summary or turn.conv.summary or turn.conv.issue_title).split())[:200]


def _message_locale(turn: Turn) -> str:
    seller = turn.conv.seller
    composed = next((step.compose for step in turn.flow.steps.values() if step.compose), None)
    if composed and seller and seller.locale in composed.template:
        return seller.locale
    return turn.conv.locale


def _labelled(turn: Turn) -> tuple[BundlePhoto, ...]:
    found = []
    locale = turn.conv.seller.locale if turn.conv.seller else None
    for shot in shots_of(turn):
        claims = accepted(turn.conv.shots.get(shot.label, ShotState()))
        for n, claim in enumerate(claims, 1):
            label = f"{shot.label}_{n}" if shot.most > 1 else shot.label
            found.append(_photo(claim, label, shooting.title(turn, shot, locale=locale)))
    return tuple(photo for photo in found if photo is not None)


def _photo(claim: Claim, label: str, title: str) -> BundlePhoto | None:
    if claim.photo is None:
        return None
    verdict = claim.verdict
    return BundlePhoto(
        label=label,
        title=title,
        photo=claim.photo,
        flags=claim.flags,
        barcode=verdict.barcode if verdict else "",
        text=verdict.text if verdict else "",
        cards=verdict.cards if verdict else (),
    )


def _extras(turn: Turn) -> tuple[BundlePhoto, ...]:
    """Photos that no shot claimed: nothing that a customer sent is dropped."""
    locale = turn.conv.seller.locale if turn.conv.seller else turn.conv.locale
    title = turn.catalogue.texts.plain(locale, "more.photos_title", {})
    stored = [claim for claim in turn.conv.tray if claim.photo is not None]
    photos = (_photo(claim, f"MorePhotos_{n}", title) for n, claim in enumerate(stored, 1))
    return tuple(photo for photo in photos if photo is not None)


def _missing(turn: Turn) -> tuple[MissingShot, ...]:
    locale = turn.conv.seller.locale if turn.conv.seller else None
    return tuple(
        MissingShot(label=shot.label, title=shooting.title(turn, shot, locale=locale), reason=state.missing)
        for shot in shots_of(turn)
        if (state := turn.conv.shots.get(shot.label, ShotState())).missing
    )


def _answers(turn: Turn) -> tuple[tuple[str, str], ...]:
    locale = turn.conv.seller.locale if turn.conv.seller else turn.conv.locale
    pairs = []
    for step_id in path(turn):
        step = turn.flow.steps[step_id]
        if step.internal or step.compose or step.shots or step_id not in turn.conv.answers:
            continue
        text = turn.value(f"{step_id}.text", locale=locale)
        if text:
            pairs.append((reviewing.question(turn, step_id, locale=locale), str(text)))
    return tuple(pairs)


# -- words in the case's thread -------------------------------------------------------------------------------


def forward_text(turn: Turn, text: str, *, author: str = "") -> None:
    """Pass the customer's words on in the case's thread, or those of `author`."""
    conv = turn.conv
    if not author:
        note(turn, "note", text=text, number=conv.notes + 1)
    turn.change(notes=turn.conv.notes + 1)
    turn.do(
        ForwardText(
            case=conv.id,
            number=conv.notes + 1,
            text=text,
            seller=conv.seller or NOBODY,
            subject=conv.summary,
            customer_name=author or conv.customer_name,
            locale=conv.locale,
            inbox=conv.inbox,
            thread=_thread(turn, conv.inbox),
        )
    )


def _pass_captions_on(turn: Turn) -> None:
    together = ""
    for words in turn.conv.captions:
        joint = f"{together}\n{words}" if together else words
        if len(joint) > LONGEST_WORDS and together:
            forward_text(turn, together)
            joint = words
        together = joint
    if together:
        forward_text(turn, together)
        turn.change(captions=())


def add_extra_bundle(turn: Turn) -> None:
    """Send what the tray holds as an addition to what went before, and say so."""
    if any(claim.photo for claim in turn.conv.tray):
        bundle = replace(bundled(turn), photos=_extras(turn), missing=(), message="")
        _deliver(turn, bundle, inbox=turn.conv.inbox)
        turn.change(tray=_on_its_way(turn))
        turn.tell(turn.words("handover.passed_on"))
