"""Generated and mutated inputs for every reader: what each must hold, whatever it is fed."""
