"""The REST API: thin endpoints over the workflow functions and the views."""
