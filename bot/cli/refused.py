"""What a command raises when it cannot do what was asked; light to import."""


class Refused(Exception):
    """Its words are the line that is printed."""
