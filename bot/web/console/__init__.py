"""The operators' console: server-rendered pages over the store, the sellers and what could not be done."""
