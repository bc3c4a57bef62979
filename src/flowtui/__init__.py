"""flowtui: write Python flows, and run, schedule, watch, retry and explain them from the terminal.

Every public name comes from here and is loaded on first use, so that `import flowtui` costs next to nothing.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
