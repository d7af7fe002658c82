"""Regular expressions that operators write: readable, and unable to hang the bot."""

import re
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

LONGEST = 200
REPEATS = {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}


def pattern_fault(pattern: str) -> str:
    """Say what is wrong with a pattern, "" when it is fine.

    A repeat within a repeat can take exponential time on a typed line, so it is refused, as are back references.
    """
    if len(pattern) > LONGEST:
        return f"a pattern has at most {LONGEST} characters"
    try:
        re.compile(pattern)
        tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"no pattern: {error}"
    return _problem(tree, inside_repeat=False)


def _problem(tree: Any, *, inside_repeat: bool) -> str:
    for operation, argument in tree:
        if operation in {sre.GROUPREF, sre.GROUPREF_EXISTS}:
            return "no back references, please"
        if operation in REPEATS:
            if inside_repeat and argument[1] > 1:
                return "a repeat within a repeat can hang: write it flat"
            problem = _problem(argument[2], inside_repeat=inside_repeat or argument[1] > 1)
        elif operation is sre.SUBPATTERN:
            problem = _problem(argument[3], inside_repeat=inside_repeat)
        elif operation is sre.BRANCH:
            found = (_problem(branch, inside_repeat=inside_repeat) for branch in argument[1])
            problem = next((one for one in found if one), "")
        else:
            problem = ""
        if problem:
            return problem
    return ""
