"""Slack: cards, modals and commands over the same workflow functions and views as the API and the web.

What happens reaches Slack from the log (outbox), as messages that are kept as they should be (sender). What people do
there arrives over HTTP or a socket (bolt), is tied to a person (people), and is said to the workflow as anywhere else.
"""
