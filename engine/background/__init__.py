"""Background tasks: runs that are left to task workers, in other processes and perhaps on other machines."""
