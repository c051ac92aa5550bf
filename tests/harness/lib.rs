//! What the end-to-end tests and benchmarks stand on: a local stack with tenants, ready to tick.
