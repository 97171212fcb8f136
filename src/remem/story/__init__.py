"""The whole story, top to bottom: what steps a run has, what each does, and how they are carried out."""
