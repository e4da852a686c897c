"""Text of strangers, made fit to be shown in a line of ours."""


def one_line(text: str, most: int) -> str:
    """Return *text* in one line of at most *most* characters that show, none of which turns it."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())[:most]
