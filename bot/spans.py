"""Which spans tell what the bot did: one of each event, each chat's commit, each attempt at an effect, each call; pure.

Laws:
 1. Ids are derived and nothing is stored for them. A trace's id is made of the case's code, so that all of a case is
    one trace over days, restarts and replicas, and a sampler that goes by trace ids keeps or drops whole cases. What
    is for no case has the trace of the commit that it came of. An effect finds the commit in its own row's id.
 2. A row that is tried again hangs below its first attempt, and so does what came of it. One that a crash repeats has
    the same span twice: that is what happened.
 3. Attributes are codes, kinds and counts; of a failure only its class is told.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.logs import case_of
from flows.events import TimerFired
from storage.ports import Arrival, Committed, OutboxRow

ROW_ID = re.compile(r"([0-9a-f]+-[0-9a-f]+)-[0-9a-f]+")
"""See storage.rows.row_id: all but the last part names the chat's commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a span stands: its trace and itself."""

    trace: int
    span: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSpan:
    """One span that has ended; times are nanoseconds since 1970, `failure` is a class's name."""

    name: str
    at: Place
    parent: Place | None
    kind: Literal["consumer", "internal", "client"]
    began: int
    ended: int
    attributes: Mapping[str, str | int]
    links: Sequence[Place] = field(default=())
    failure: str = ""


def written_by(row: OutboxRow) -> Place:
    """Find the commit that wrote a row."""
    cause = _cause(row.id)
    return Place(trace=_trace(case_of(row.effect) or cause), span=_number(cause, 8))


def attempt_at(row: OutboxRow) -> tuple[Place, Place]:
    """Place the attempt that is made now at a row; answers it and its parent."""
    commit = written_by(row)
    first = Place(trace=commit.trace, span=_number(row.id, 8))
    if not row.attempts:
        return first, commit
    return Place(trace=commit.trace, span=_number(f"{row.id}:{row.attempts}", 8)), first


def of_effect(row: OutboxRow, *, gate: str) -> dict[str, str | int]:
    """Say what an attempt is at; `gate` names the inbox that it goes to."""
    effect: Any = row.effect
    bundle = getattr(effect, "bundle", effect)
    seller = getattr(getattr(bundle, "seller", None), "id", "")
    return _said(
        effect=type(effect).__name__,
        case=case_of(effect),
        seller=seller,
        issue=getattr(bundle, "issue", ""),
        inbox=gate,
        attempt=row.attempts + 1,
    )


def of_group(worked: Sequence[tuple[Arrival, Committed]], *, began: int, ended: int) -> list[TraceSpan]:
    """Tell of a transaction: its events, each from its arrival on, and the commit of each chat that got effects.

    Events of a chat that were worked together share one commit: it hangs below the first, and is linked to the others.
    A commit has a span in every trace for which it wrote rows.
    """
    spans: list[TraceSpan] = []
    causes: dict[tuple[Place, str], dict[Place, None]] = {}
    for arrival, committed in worked:
        event = _event(arrival, committed, ended=ended)
        spans.append(event)
        for row in committed.rows:
            causes.setdefault((written_by(row), case_of(row.effect)), {})[event.at] = None
    for (at, case), events in causes.items():
        about = _said(case=case, group=len(worked))
        spans.append(_commit(at, list(events), about=about, began=began, ended=ended))
    return spans


def _event(arrival: Arrival, committed: Committed, *, ended: int) -> TraceSpan:
    event, rows = arrival.event, committed.rows
    case = _case(arrival, committed)
    origin = _origin(arrival)
    key = f"{arrival.source}:{arrival.id}:{event.nonce}"
    at = Place(trace=_trace(case or (_cause(rows[0].id) if rows else key)), span=_number(key, 8))
    same_trace = origin is not None and origin.trace == at.trace
    return TraceSpan(
        name=type(event).__name__,
        at=at,
        parent=origin if same_trace else None,
        kind="consumer",
        began=min(int(event.at.timestamp() * 1e9), ended),
        ended=ended,
        attributes=_said(
            event=type(event).__name__,
            source=arrival.source,
            case=case,
            effects=len(rows),
            outcome=_outcome(committed),
        ),
        links=(origin,) if origin is not None and not same_trace else (),
    )


def _case(arrival: Arrival, committed: Committed) -> str:
    """The case that an event is of: the one it names, else the first that it had an effect on."""
    named = str(getattr(arrival.event, "case", ""))
    return named or next(filter(None, (case_of(row.effect) for row in committed.rows)), "")


def _origin(arrival: Arrival) -> Place | None:
    """Where a result comes from: the effect, or the commit that set a timer."""
    found = ROW_ID.match(arrival.id) if arrival.source == "outbox" else None
    if found is None:
        return None
    trace = _trace(str(getattr(arrival.event, "case", "")) or found[1])
    timer = isinstance(arrival.event, TimerFired)
    return Place(trace=trace, span=_number(found[1] if timer else found[0], 8))


def _outcome(committed: Committed) -> str:
    said = {"repeated": committed.repeated, "set_aside": committed.set_aside, "waiting": committed.waiting}
    return next((name for name, true in said.items() if true), "done")


def _commit(
    at: Place, events: Sequence[Place], *, about: Mapping[str, str | int], began: int, ended: int
) -> TraceSpan:
    """Tell of one chat's part of a transaction, as far as it is of one trace."""
    parent = next((one for one in events if one.trace == at.trace), None)
    return TraceSpan(
        name="commit",
        at=at,
        parent=parent,
        kind="internal",
        began=began,
        ended=ended,
        attributes=about,
        links=tuple(one for one in events if one != parent),
    )


def _said(**values: str | int) -> dict[str, str | int]:
    return {f"clearshot.{name}": value for name, value in values.items() if value != ""}


def _cause(row_id: str) -> str:
    found = ROW_ID.match(row_id)
    return found[1] if found else row_id


def _trace(of: str) -> int:
    return _number(of, 16)


def _number(of: str, size: int) -> int:
    """Make an id of `size` bytes; it is never 0, which means "none" in OpenTelemetry."""
    return int.from_bytes(hashlib.blake2b(of.encode(), digest_size=size).digest()) or 1
