"""The server: the services that keep runs moving, the workers that start them, and the HTTP API."""
