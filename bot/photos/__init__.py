"""Photos: from bytes to verdicts, sellers' copies and explaining pictures; only `pool` is for the bot's own process."""
