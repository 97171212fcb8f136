"""All methods of a run side by side: over seeds, with intervals, and how far each is from others."""
