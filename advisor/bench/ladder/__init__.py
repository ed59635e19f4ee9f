"""LadderBench: how good is the advice? Every rung carried out on many small tasks, and the advice judged by them."""
