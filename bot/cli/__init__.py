"""The command line: thin commands over the composition root; each module is imported when its command is run."""
