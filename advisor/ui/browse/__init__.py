"""Looking at the items themselves on the Profile page: some of each class, and those of one size."""
