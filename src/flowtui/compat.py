"""Programs written for Prefect: after `flowtui.compat.install()`, `import prefect` gives flowtui's objects."""

from flowtui.engine.compat.modules import install, uninstall

__all__ = ["install", "uninstall"]
