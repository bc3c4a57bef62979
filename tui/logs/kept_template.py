"""What stands in a line of a log, kept in the home: one line of text in `log-template.txt`."""

from pathlib import Path

from flowtui.engine.errors import UsageError

__all__ = ["keep_template", "kept_template"]


def _file() -> Path:
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - read when it is asked for

    return current_settings().home / "log-template.txt"


def kept_template() -> str:
    """The template; empty when there is none, or it cannot be read."""
    try:
        return _file().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        return ""


def keep_template(text: str) -> None:
    """Keep a template; an empty one is forgotten. Raises `UsageError` when it cannot be written."""
    file = _file()
    try:
        if text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{text}\n", encoding="utf-8")
        else:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from None
