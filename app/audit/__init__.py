"""The log: tamper-evident, signed, verifiable by anyone who holds the public key."""
