"""Exceptions: what somebody who answers for it reads in the morning, made of records and entries of the log alone.

What waits too long, what failed or is not known, what was refused, which money is at stake, what changed.
"""

from app.views.exceptions.summary import exceptions

__all__ = ["exceptions"]
