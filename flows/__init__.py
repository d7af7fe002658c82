"""The core: decides what happens next; no I/O, clock, randomness or logging lives here."""
