"""The engine: `Engine.step` is the pure function of a chat; `transition` that of one conversation."""

from flows.engine.chat import Engine
from flows.engine.transition import transition

__all__ = ["Engine", "transition"]
