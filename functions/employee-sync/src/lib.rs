//! Read, plan, apply.
