"""All methods of a run side by side: over seeds, with intervals, and which of them cannot be told apart."""
