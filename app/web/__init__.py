"""Web pages: server-rendered, without script, over the same workflow functions and views as the API."""
