"""What a run is: its settings, what is to be forgotten, recipes, and its folder."""
