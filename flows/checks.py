"""What a flow must keep to beyond its shape: ways that lead somewhere, texts in every language, names that are there."""

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations

from flows import plurals, templates
from flows.catalogue import Texts
from flows.check_ways import check_ways, surely_answered
from flows.definition import VERBS, Flow, Shot, Step, Text
from flows.expressions import ExpressionFault, type_faults, unknown
from flows.expressions import parse as parse_expression
from flows.names import VARIANT_NAMES, Name, names_of, options_of
from flows.patterns import pattern_fault
from flows.yaml_source import Fault, Map, Mark, mark_of

BUTTON = 40
"""Characters on a button that a phone shows whole."""
SAY = 900
"""Characters of a question: with heading and tip it still fits a caption of 1024."""

Path = tuple[str | int, ...]


class _Checker:
    """One flow under inspection."""

    def __init__(self, flow: Flow, root: Map, drawings: Collection[str]) -> None:
        self.flow, self.root, self.drawings = flow, root, drawings
        self.names = names_of(flow)
        self.options = options_of(flow)
        self.kinds = {name: found.kind for name, found in self.names.items()}
        self.faults: list[Fault] = []

    def fault(self, path: Path, message: str) -> None:
        self.faults.append(Fault(mark_of(self.root, path), message))

    def run(self) -> list[Fault]:
        if not self.flow.locales:
            self.fault((), "`locales` is missing")
        if not self.flow.steps:
            self.fault((), "a flow needs `steps`")
            return self.faults
        if not self.flow.title:
            self.fault((), "`title` is missing")
        for step_id, step in self.flow.steps.items():
            self.step(step_id, step)
        self.unique_labels()
        self.flow_texts()
        self.faults += check_ways(self.flow, self.root)
        return self.faults

    # -- one step ------------------------------------------------------------------------------------------------

    def step(self, step_id: str, step: Step) -> None:
        path: Path = ("steps", step_id)
        verbs = [verb for verb in VERBS if getattr(step, verb) is not None]
        if len(verbs) > 1:
            self.fault((*path, verbs[1]), f"one verb a step: {verbs[0]!r} or {verbs[1]!r}")
        if not verbs and step.say is None:
            self.fault(path, f"step {step_id!r} does nothing: it needs a verb or `say`")
        if step.waits and step.say is None and step.verb in {"choose", "ask"}:
            self.fault(path, f"step {step_id!r} asks nothing: `say` is missing")
        self.condition(step.when, (*path, "when"))
        self.text(step.say, (*path, "say"), step_id, longest=SAY)
        self.text(step.title, (*path, "title"), step_id)
        self.choices(step_id, step, path)
        self.branches(step, path)
        self.asked(step, path)
        if step.shots == ():
            self.fault((*path, "shots"), f"{step_id!r} asks for no shot")
        for place, shot in enumerate(step.shots or ()):
            self.shot(step_id, shot, (*path, "shots", place))
        if step.compose is not None:
            self.text(
                step.compose.template, (*path, "compose", "template"), step_id, longest=step.compose.max
            )
        if step.find is not None:
            self.found(step, path)
        if step.start is not None:
            self.started(step, path)

    def choices(self, step_id: str, step: Step, path: Path) -> None:
        if step.choose is None:
            return
        if not step.choose.options and step.choose.from_ is None:
            self.fault((*path, "choose"), "a choice needs options")
        seen: set[str] = set()
        for place, option in enumerate(step.choose.options):
            inner: Path = (*path, "choose", "options", place)
            if option.value in seen:
                self.fault((*inner, "value"), f"option {option.value!r} stands here twice")
            if "," in option.value:
                self.fault((*inner, "value"), "a value holds no comma")
            seen.add(option.value)
            self.condition(option.when, (*inner, "when"))
            self.text(option.text, (*inner, "text"), step_id, longest=BUTTON)
            self.text(option.phrase, (*inner, "phrase"), step_id)

    def branches(self, step: Step, path: Path) -> None:
        if step.check is None:
            return
        for place, branch in enumerate(step.check):
            inner: Path = (*path, "check", place)
            self.condition(branch.if_, (*inner, "if"))
            if branch.else_ is not None and place != len(step.check) - 1:
                self.fault((*inner, "else"), "`else` comes last")
        if not step.check or step.check[-1].else_ is None:
            self.fault((*path, "check"), "a `check` ends with {else: ...}")

    def asked(self, step: Step, path: Path) -> None:
        if step.ask is None:
            return
        if step.ask.pattern is not None and (problem := pattern_fault(step.ask.pattern)):
            self.fault((*path, "ask", "pattern"), problem)
        if step.ask.min is not None and step.ask.max is not None and step.ask.min > step.ask.max:
            self.fault((*path, "ask", "min"), "`min` is above `max`")

    def shot(self, step_id: str, shot: Shot, path: Path) -> None:
        self.condition(shot.when, (*path, "when"))
        for key, text, longest in (
            ("say", shot.say, SAY),
            ("title", shot.title, BUTTON),
            ("tip", shot.tip, SAY),
        ):
            self.text(text, (*path, key), step_id, longest=longest)
        if shot.example is not None and shot.example not in self.drawings:
            self.fault(
                (*path, "example"),
                unknown(shot.example, dict.fromkeys(self.drawings)).replace("name", "drawing"),
            )
        if shot.least > shot.most:
            self.fault((*path, "count"), "the first number is above the second")

    def found(self, step: Step, path: Path) -> None:
        rules = step.find
        for key in ("number", "fact"):
            named = getattr(rules, key)
            if rules is not None and rules.orders == "number" and named is None:
                self.fault((*path, "find"), f"a look-up by number needs `{key}`: the step that asks for it")
            if named is not None and (named not in self.flow.steps or self.flow.steps[named].ask is None):
                self.fault((*path, "find", key), f"{named!r} is no step that asks for words")

    def started(self, step: Step, path: Path) -> None:
        named = self.flow.steps.get(step.start.flow) if step.start else None
        if named is None or named.choose is None or named.choose.from_ != "issues":
            self.fault((*path, "start"), "`start` names a step that chooses from issues")

    # -- texts and conditions ------------------------------------------------------------------------------------

    def text(self, text: Text | None, path: Path, step_id: str, *, longest: int = 4000) -> None:
        if text is None:
            return
        for locale in self.flow.locales:
            if locale not in text:
                self.fault(path, f"the text in {locale!r} is missing")
        for locale, words in text.items():
            if locale not in self.flow.locales:
                self.fault((*path, locale), f"{locale!r} is none of the flow's locales")
            self.template(words, (*path, locale), step_id)
            if len(words) > longest:
                self.fault((*path, locale), f"{len(words)} characters: at most {longest} fit here")

    def template(self, words: str, path: Path, step_id: str) -> None:
        try:
            template = templates.parse(words)
        except templates.TemplateFault as fault:
            self.fault(path, str(fault))
            return
        for name in sorted(template.names):
            if name not in self.names:
                self.fault(path, unknown(name, self.names))
        wanted = plurals.forms(str(path[-1]))
        if any(count != wanted for count in template.plurals):
            self.fault(path, f"a plural in {path[-1]!r} has {wanted} forms")
        sure = surely_answered(self.flow, step_id)
        for name in sorted(template.required & set(self.names)):
            if not self.sure(name, sure):
                self.fault(path, f"{name!r} can be missing: put the part that needs it in [ ]")

    def sure(self, name: str, answered: frozenset[str]) -> bool:
        found: Name = self.names[name]
        owner = next(
            (step_id for step_id in (name, name.rpartition(".")[0]) if step_id in self.flow.steps), None
        )
        return found.always and (owner is None or owner in answered)

    def condition(self, text: str | None, path: Path) -> None:
        if text is None:
            return
        try:
            expression = parse_expression(text)
        except ExpressionFault as fault:
            self.fault(path, f"{fault} (character {fault.column + 1})")
            return
        for message in type_faults(expression, self.kinds, self.options):
            self.fault(path, message)

    # -- the whole -----------------------------------------------------------------------------------------------

    def unique_labels(self) -> None:
        seen: set[str] = set()
        for step_id, step in self.flow.steps.items():
            for place, shot in enumerate(step.shots or ()):
                if shot.label in seen:
                    path: Path = ("steps", step_id, "shots", place, "label")
                    self.fault(path, f"label {shot.label!r} stands here twice")
                seen.add(shot.label)

    def flow_texts(self) -> None:
        last = list(self.flow.steps)[-1]
        self.text(self.flow.title, ("title",), next(iter(self.flow.steps)), longest=BUTTON)
        self.text(self.flow.summary or None, ("summary",), last)
        if self.flow.kind == "issue" and not self.flow.summary:
            self.fault((), "`summary` is missing: the subject of the seller's mail")
        if self.flow.when is not None:
            self.variant_condition(self.flow.when)

    def variant_condition(self, text: str) -> None:
        try:
            names = parse_expression(text).names
        except ExpressionFault as fault:
            self.fault(("when",), str(fault))
            return
        for name in sorted(names - VARIANT_NAMES):
            if not name.startswith("seller."):
                self.fault(("when",), f"a variant's `when` sees only order, seller and locale, not {name!r}")


def check_flow(flow: Flow, root: Map, *, drawings: Collection[str]) -> list[Fault]:
    """Every fault of a merged flow."""
    return _Checker(flow, root, drawings).run()


def check_texts(texts: Texts, sources: Mapping[str, str]) -> list[Fault]:
    """Every language has the same ids, and every text can be read."""
    faults: list[Fault] = []
    everything = frozenset().union(*(texts.ids(locale) for locale in texts.locales))
    for locale in sources:
        mark = Mark(f"texts/{locale}.yaml", 1, 1)
        faults += [
            Fault(mark, f"{text_id!r} is missing") for text_id in sorted(everything - texts.ids(locale))
        ]
        for text_id in sorted(texts.ids(locale)):
            faults += [
                Fault(mark, f"{text_id}: {message}") for message in _text_problems(texts, locale, text_id)
            ]
    return faults


def _text_problems(texts: Texts, locale: str, text_id: str) -> Iterator[str]:
    try:
        template = templates.parse(texts.words(locale, text_id))
    except templates.TemplateFault as fault:
        yield str(fault)
        return
    if any(count != plurals.forms(locale) for count in template.plurals):
        yield f"a plural has {plurals.forms(locale)} forms"


def check_variants(flows: Mapping[str, Flow], roots: Mapping[str, Map]) -> list[Fault]:
    """Two variants with the same `when` and no `priority` between them cannot be told apart."""
    variants = [flow for flow in flows.values() if "@" in flow.flow]
    faults = [
        Fault(mark_of(roots[flow.flow], ("flow",)), "a variant needs `when`")
        for flow in variants
        if flow.when is None
    ]
    for one, other in combinations(variants, 2):
        if (one.issue, one.when, one.priority) == (other.issue, other.when, other.priority):
            mark = mark_of(roots[other.flow], ("when",))
            faults.append(Fault(mark, f"matches whenever {one.flow!r} does: give one of them a `priority`"))
    return faults
