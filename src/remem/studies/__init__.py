"""Many runs at once, or a look inside one: tuning, comparing, diagnosis, tracing."""
