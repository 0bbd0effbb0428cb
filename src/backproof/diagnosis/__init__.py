"""Why answers are wrong: the search for mistakes, clues, and the proof that the suite catches all.

Knows `judging` and everything below it; how it is shown is not decided here.
"""

__all__ = ["broken", "clues", "proof", "questions", "search", "tolerances"]
