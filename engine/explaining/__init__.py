"""Why a run waits: pure rules that turn what is known of a run into sentences with live values."""
