"""`import prefect` in a process that a program with the names of Prefect has started, where nobody has installed them.

The folder of this file is put on `sys.path`, which such a process is given.
"""

import sys

from flowtui.engine.compat.modules import install

sys.modules.pop("prefect", None)
install()
sys.modules["prefect"] = __import__("prefect")
