"""Everything that was loaded: flows by name and by hash, words that belong to no flow, sellers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from flows import templates
from flows.conversation import FlowRef
from flows.definition import Flow
from flows.expressions import evaluate
from flows.expressions import parse as parse_expression
from flows.values import Order, Seller, Span, Spans

Names = Mapping[str, Any] | Callable[[str], Any]


class Texts:
    """Words that belong to no flow, by language and id; the first language is the fallback."""

    def __init__(self, by_locale: Mapping[str, Mapping[str, str]]) -> None:
        self._words = by_locale
        self.locales = tuple(by_locale)

    def say(self, locale: str, text_id: str, names: Names) -> Spans:
        """Render a text; an id that no language has shows as itself (the checks refuse that at start)."""
        tongue = locale if text_id in self._words.get(locale, {}) else next(iter(self.locales), "")
        words = self._words.get(tongue, {}).get(text_id)
        if words is None:
            return (Span(text=text_id),)
        lookup = names if callable(names) else names.get
        return templates.render(templates.parse(words), lookup, locale=tongue)

    def plain(self, locale: str, text_id: str, names: Names) -> str:
        """Render without styles, on one piece."""
        return "".join(span.text for span in self.say(locale, text_id, names)).strip()

    def has(self, text_id: str) -> bool:
        """Whether the fallback language has the text."""
        return bool(self.locales) and text_id in self._words[self.locales[0]]

    def ids(self, locale: str) -> frozenset[str]:
        """The ids that a language has."""
        return frozenset(self._words.get(locale, {}))

    def words(self, locale: str, text_id: str) -> str:
        """The text as written, "" when there is none."""
        return self._words.get(locale, {}).get(text_id, "")


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The flows that run, merged and pinned by hash, and the revisions that running conversations need."""

    flows: Mapping[str, Flow]  # by full name, variants included
    texts: Texts
    sellers: Mapping[str, Seller] = field(default_factory=dict)
    older: Mapping[str, Flow] = field(default_factory=dict)  # by hash
    drawings: frozenset[str] = frozenset()
    kept_days: int = 90  # how long a chat is kept, as customers are told

    @cached_property
    def _by_hash(self) -> dict[str, Flow]:
        return {**self.older, **{flow.hash: flow for flow in self.flows.values()}}

    def flow(self, ref: FlowRef) -> Flow:
        """The revision a conversation is pinned to; KeyError names it when it is not there."""
        try:
            return self._by_hash[ref.hash]
        except KeyError:
            raise KeyError(f"no stored revision {ref.name} {ref.hash[:12]}") from None

    def current(self, name: str) -> Flow:
        """The newest revision of a flow."""
        return self.flows[name]

    def ref(self, flow: Flow) -> FlowRef:
        """Name a revision."""
        return FlowRef(name=flow.flow, hash=flow.hash)

    @cached_property
    def _issues(self) -> tuple[Flow, ...]:
        plain = [flow for flow in self.flows.values() if flow.kind == "issue" and "@" not in flow.flow]
        return tuple(sorted(plain, key=lambda flow: (flow.order, flow.flow)))

    def issues(self) -> tuple[Flow, ...]:
        """The issues a customer can pick, in their order."""
        return self._issues

    def resolve(self, issue: str, *, order: Order | None, seller: Seller | None, locale: str) -> Flow:
        """Pick the seller's variant of an issue's flow: the matching one of highest priority, else the flow itself."""
        lookup = _variant_lookup(order, seller, locale)
        matching = [
            flow
            for flow in self.flows.values()
            if flow.issue == issue
            and "@" in flow.flow
            and flow.when
            and evaluate(parse_expression(flow.when), lookup)
        ]
        return min(matching, key=lambda flow: (-flow.priority, flow.flow)) if matching else self.flows[issue]

    def with_revisions(self, stored: Mapping[str, str]) -> "Catalogue":
        """Add the stored revisions (hash -> JSON) that running conversations may be pinned to."""
        known = self._by_hash
        older = {key: Flow.model_validate_json(text) for key, text in stored.items() if key not in known}
        return replace(self, older={**self.older, **older})

    def revisions(self) -> dict[str, str]:
        """The current flows as JSON by hash, for the store."""
        return {
            flow.hash: flow.model_dump_json(by_alias=True, exclude_defaults=True)
            for flow in self.flows.values()
        }

    def with_sellers(self, sellers: Iterable[Seller]) -> "Catalogue":
        """The same catalogue with these sellers."""
        return replace(self, sellers={seller.id: seller for seller in sellers})


def _variant_lookup(order: Order | None, seller: Seller | None, locale: str) -> Callable[[str], Any]:
    names: dict[str, Any] = {"locale": locale}
    if seller is not None:
        names |= {"seller.id": seller.id, "seller.name": seller.name, "seller.locale": seller.locale}
        names |= {f"seller.{key}": value for key, value in seller.attributes.items()}
    if order is not None:
        names |= {
            "order.number": order.number or None,
            "order.hazardous": order.hazardous,
            "order.verified": order.verified,
            "order.items.count": len(order.items),
            "order.placed_on": order.placed_on,
            "order.delivered_on": order.delivered_on,
        }
    return names.get
