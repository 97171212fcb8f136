"""People from a plain list: a CSV of person, attribute and value becomes a data set in the shape of ReMem."""
