"""Settings for every method at an equal number of trials, on people other than those they are for."""
