"""How the engines for more than one process and for more items than memory holds behave; see `__main__`."""
