"""Where does a model look a person up? Causal tracing over layers and groups of tokens."""
