"""Backup and restore of an installation's database. The firms' systems of record are outside and no part of it."""
