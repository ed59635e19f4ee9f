"""What goes wrong on real machines, done on purpose: kills, full disks, damaged files, crowds."""
