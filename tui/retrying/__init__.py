"""Planning a retry: what is reused, what runs, and with which inputs."""
